"""What the rules found, and what a repair did about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.exit_code import ExitCode, decide_exit_code
from altegio_sync.domain.leads import USUAL_LEADS, LeadRules
from altegio_sync.domain.repair import Unrepaired

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.findings import Group
    from altegio_sync.domain.period import Period
    from altegio_sync.domain.repair import SchoolZones


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What the rules depend on beside the documents."""

    now: datetime
    #: How leads are read: what their ids may look like.
    leads: LeadRules = USUAL_LEADS
    #: The stored ids of leads that are doubtful by these.
    doubtful_leads: Sequence[str] = ()
    #: Documents, by `_id`, for whose appointment one that was updated later speaks; None where they
    #: are too many to name.
    superseded_ids: Sequence[object] | None = ()
    #: Rules that are neither reported nor repaired.
    ignored: frozenset[str] = frozenset()
    #: Only documents that start from the first moment up to, and without, the second one.
    scope: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class ValidationScope:
    """The local days on which the checked documents start."""

    period: Period
    zone: ZoneInfo

    @property
    def moments(self) -> tuple[datetime, datetime]:
        return self.period.moments(self.zone)

    def to_json(self) -> dict[str, str]:
        return {
            "from": self.period.start.isoformat(),
            "to": self.period.last_day.isoformat(),
            "timezone": self.zone.key,
        }


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Remedy(StrEnum):
    """What corrects a rule's findings, as it is shown."""

    ASK = "--fix asks Altegio"
    CONVERT = "--fix converts"
    FLAGS = "--fix takes dates from the document's own id, flags from Altegio"
    TIDY = "--fix removes extra spaces"
    CLEAN = "altegio-sync clean"
    TELL = "correct it in Altegio"


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule over the whole collection: how many documents it concerns, and some of them."""

    rule: str
    severity: Severity
    remedy: Remedy
    count: int
    fields: dict[str, int] = field(default_factory=dict)
    sample: tuple[str, ...] = ()
    #: Where the store finds the sample again.
    places: tuple[object, ...] = ()

    def to_json(self) -> dict[str, Any]:
        fields = {"fields": self.fields} if self.fields else {}
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "count": self.count,
            **fields,
            "sample": list(self.sample),
        }


@dataclass(slots=True)
class RepairPlan:
    """What a repair would do: documents mended here, and what Altegio is to be asked."""

    local: int = 0
    asked: int = 0
    requests: int = 0
    by_pages: bool = False
    seconds: float = 0.0
    unaskable: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "local": self.local,
            "asked": self.asked,
            "requests": self.requests,
            "by_pages": self.by_pages,
            "seconds": round(self.seconds, 1),
            "unaskable": self.unaskable,
        }


@dataclass(slots=True)
class ValidationReport:
    """The findings; after a repair what is still wrong, with what was done."""

    checked: int
    findings: list[RuleFinding]
    fixed: int = 0
    trashed: int = 0
    run_id: str | None = None
    plan: RepairPlan | None = None
    unrepaired: Unrepaired = field(default_factory=Unrepaired)
    zones: SchoolZones | None = None
    out_of_reach: str | None = None
    interrupted: bool = False
    #: All documents of the rules that were asked for.
    listed: dict[str, list[Group]] = field(default_factory=dict)
    scope: ValidationScope | None = None

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

    def _listed_json(self, rule: str) -> dict[str, Any]:
        if rule not in self.listed:
            return {}
        return {"documents": [[each.to_json() for each in group] for group in self.listed[rule]]}

    def to_json(self) -> dict[str, Any]:
        plan = {} if self.plan is None else {"plan": self.plan.to_json()}
        reach = self.out_of_reach
        errors = [] if reach is None else [{"code": "fetch_failed", "message": reach}]
        errors += [each.to_json() for each in self.unrepaired.errors]
        return {
            "command": "validate",
            "ok": self.exit_code == 0,
            **({} if self.scope is None else {"period": self.scope.to_json()}),
            "checked": self.checked,
            "errors": self.errors,
            "warnings": self.warnings,
            "rules": [each.to_json() | self._listed_json(each.rule) for each in self.findings],
            "fixed": self.fixed,
            "trashed": self.trashed,
            "run_id": self.run_id,
            **plan,
            **({} if self.zones is None else {"timezone": self.zones.to_json()}),
            **({"left": self.unrepaired.to_json()} if self.unrepaired.counts else {}),
            **({"failures": errors} if errors else {}),
        }
