"""The findings of the rules, and the changes of a repair."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.leads import USUAL_LEADS, LeadRules
from altegio_sync.domain.repair import Unrepaired
from altegio_sync.messages import validation as texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.company_scope import CompanyScope
    from altegio_sync.domain.findings import Group
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.repair import SchoolZones
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class RuleContext:
    """The settings and the facts that the rules need, in addition to the documents."""

    now: datetime
    #: The rules for ids of leads.
    leads: LeadRules = USUAL_LEADS
    #: The stored ids of leads that are doubtful by these rules.
    doubtful_leads: Sequence[str] = ()
    #: The `_id`s of documents that are superseded by a later document of the same appointment; None
    #: if there are too many for a query.
    superseded_ids: Sequence[object] | None = ()
    #: Rules that are neither reported nor repaired.
    ignored: frozenset[str] = frozenset()
    #: Only documents that start at the first moment or later, and before the second moment.
    scope: tuple[datetime, datetime] | None = None
    #: Only documents of these companies.
    companies: CompanyScope | None = None


@dataclass(frozen=True, slots=True)
class ValidationScope(JsonForm):
    """The local days on which the checked documents start."""

    json_keys = (Key("from", "period.start"), Key("to", "period.last_day"), Key("timezone", "zone"))

    period: Period
    zone: ZoneInfo

    @property
    def moments(self) -> tuple[datetime, datetime]:
        return self.period.moments(self.zone)


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Remedy(Enum):
    """The way in which the findings of a rule can be corrected."""

    ASK = texts.ASK
    CONVERT = texts.CONVERT
    FLAGS = texts.FLAGS
    TIDY = texts.TIDY
    CLEAN = texts.CLEAN
    TELL = texts.TELL

    @property
    def message(self) -> Message:
        return self.value()


@dataclass(frozen=True, slots=True)
class RuleFinding(JsonForm):
    """The findings of one rule: how many documents it concerns, and some of their ids."""

    json_keys = (
        "rule",
        "severity",
        "count",
        Key("fields", "found_fields", optional=True),
        "sample",
    )

    rule: str
    severity: Severity
    remedy: Remedy
    count: int
    fields: dict[str, int] = field(default_factory=dict)
    sample: tuple[str, ...] = ()
    #: Where the store finds the sample again.
    places: tuple[object, ...] = ()

    @property
    def found_fields(self) -> dict[str, int] | None:
        return self.fields or None


@dataclass(slots=True)
class RepairPlan(JsonForm):
    """What a repair would do: documents repaired locally, and requests to Altegio."""

    json_keys = ("local", "asked", "requests", "by_pages", Key("seconds", digits=1), "unaskable")

    local: int = 0
    asked: int = 0
    requests: int = 0
    by_pages: bool = False
    seconds: float = 0.0
    unaskable: int = 0


@dataclass(slots=True)
class ValidationReport(CommandReport):
    """The findings. After a repair, these are the remaining findings, beside the changes."""

    json_keys = (
        *("command", "ok", Key("companies", "company_ids", optional=True)),
        *(Key("period", "scope", optional=True), "checked", "errors", "warnings"),
        *("rules", "fixed", "trashed", "run_id", Key("plan", optional=True)),
        *(Key("timezone", "zones", optional=True), Key("left", "left_by_reason", optional=True)),
        *(Key("failures", optional=True), Key("without_company", optional=True)),
    )
    command: ClassVar[str] = "validate"

    checked: int
    findings: list[RuleFinding]
    fixed: int = 0
    trashed: int = 0
    run_id: str | None = None
    plan: RepairPlan | None = None
    unrepaired: Unrepaired = field(default_factory=Unrepaired)
    zones: SchoolZones | None = None
    out_of_reach: Message | None = None
    interrupted: bool = False
    #: All documents of the rules that were asked for.
    listed: dict[str, list[Group]] = field(default_factory=dict)
    scope: ValidationScope | None = None
    companies: CompanyScope | None = None
    #: Documents that are in no company's report, since they have no `companyId`.
    without_company: int | None = None

    def _count(self, severity: Severity) -> int:
        return sum(each.count for each in self.findings if each.severity is severity)

    @property
    def errors(self) -> int:
        return self._count(Severity.ERROR)

    @property
    def warnings(self) -> int:
        return self._count(Severity.WARNING)

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code(
            interrupted=self.interrupted,
            out_of_reach=self.out_of_reach is not None,
            has_failed=bool(self.errors or self.unrepaired.errors),
        )

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The findings, with all documents of the rules that were asked for."""
        return [
            each.to_json()
            | ({"documents": self.listed[each.rule]} if each.rule in self.listed else {})
            for each in self.findings
        ]

    @property
    def company_ids(self) -> Sequence[str] | None:
        return None if self.companies is None else self.companies.ids

    @property
    def left_by_reason(self) -> list[dict[str, Any]] | None:
        return self.unrepaired.by_reason or None

    @property
    def failures(self) -> list[RunError | dict[str, Any]] | None:
        reach = self.out_of_reach
        own = [] if reach is None else [{"code": "fetch_failed", "message": str(reach)}]
        return [*own, *self.unrepaired.errors] or None
