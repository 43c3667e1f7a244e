"""Looks for what is wrong in the collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from altegio_sync.domain.validation import ValidationReport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from altegio_sync.domain.findings import Group
    from altegio_sync.domain.validation import RuleContext, RuleFinding


class Validator(Protocol):
    """Runs the rules over the collection, or over the days of the context."""

    async def count(self, context: RuleContext) -> int: ...

    async def run_rules(self, context: RuleContext) -> list[RuleFinding]: ...


class FindingSource(Protocol):
    """Loads the documents behind the findings. Raises StoreError when MongoDB fails it."""

    async def find_examples(self, finding: RuleFinding) -> list[Group]: ...

    def find_groups(self, rule_id: str, context: RuleContext) -> AsyncIterator[Group]: ...


async def validate_appointments(validator: Validator, context: RuleContext) -> ValidationReport:
    """What the rules find; ``context`` is what they depend on beside the documents."""
    findings = await validator.run_rules(context)
    return ValidationReport(await validator.count(context), findings)
