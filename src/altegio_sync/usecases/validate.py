"""Finds errors in the stored documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.company_scope import WITHOUT_COMPANY
from altegio_sync.domain.leads import USUAL_LEADS
from altegio_sync.domain.validation import RuleContext, ValidationReport, ValidationScope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.findings import Group
    from altegio_sync.domain.leads import LeadRules
    from altegio_sync.domain.period import AnyPeriod
    from altegio_sync.domain.validation import RuleFinding
    from altegio_sync.usecases.zones import LocalZone


class Validator(Protocol):
    """Runs the rules over the collection, or only over the days of the context."""

    async def count(self, context: RuleContext) -> int:
        """How many documents the rules check."""
        ...

    async def run_rules(self, context: RuleContext) -> list[RuleFinding]: ...


@dataclass(frozen=True, slots=True)
class KnownFindings:
    """A `Validator` that reads no document, for a status that must be cheap.

    It knows what the rules found before, by default nothing.
    """

    findings: Sequence[RuleFinding] = ()
    documents: int = 0
    without_company: int = 0

    async def count(self, context: RuleContext) -> int:
        return self.without_company if context.companies == WITHOUT_COMPANY else self.documents

    async def run_rules(self, _context: RuleContext) -> list[RuleFinding]:
        return list(self.findings)


class FindingSource(Protocol):
    """Loads the documents of the findings. Raises StoreError when MongoDB fails."""

    async def find_examples(self, finding: RuleFinding) -> list[Group]:
        """The documents of the finding's sample."""
        ...

    def find_groups(self, rule_id: str, context: RuleContext) -> AsyncIterator[Group]:
        """All documents that the rule finds. Documents that are corrected together are a group."""
        ...


@dataclass(frozen=True)
class ValidationRequest:
    """The rules to run at the moment ``now``; without a ``period``, over all days."""

    now: datetime
    local: LocalZone
    leads: LeadRules = USUAL_LEADS
    ignored: frozenset[str] = frozenset()
    period: AnyPeriod | None = None
    companies: CompanyScope | None = None

    @cached_property
    def scope(self) -> ValidationScope | None:
        if self.period is None:
            return None
        zone = self.local.zone
        return ValidationScope(self.period.on(self.now.astimezone(zone).date()), zone)

    @property
    def context(self) -> RuleContext:
        return RuleContext(
            self.now,
            leads=self.leads.in_zone(self.local.zone.key),
            ignored=self.ignored,
            scope=None if self.scope is None else self.scope.moments,
            companies=self.companies,
        )


async def validate_appointments(
    validator: Validator, context: RuleContext, scope: ValidationScope | None = None
) -> ValidationReport:
    """Run the rules. ``scope`` has the days of the context's scope; only the report shows it."""
    findings = await validator.run_rules(context)
    report = ValidationReport(await validator.count(context), findings, scope=scope)
    report.companies = context.companies
    report.without_company = await count_without_company(validator, context)
    return report


async def find_known(validator: Validator, context: RuleContext) -> KnownFindings:
    """What the rules find now. Raises StoreError when MongoDB fails."""
    return KnownFindings(
        await validator.run_rules(context),
        await validator.count(context) if context.companies is not None else 0,
        await count_without_company(validator, context) or 0,
    )


async def count_without_company(validator: Validator, context: RuleContext) -> int | None:
    """How many documents have no `companyId`; None where the context leaves none of them out."""
    companies = context.companies
    if companies is None or companies.includes_documents_without_company:
        return None
    return await validator.count(replace(context, companies=WITHOUT_COMPANY))
