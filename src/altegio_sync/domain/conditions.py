"""Lasting conditions that need attention: finds them, and decides when to report them again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.kept_share import MIN_RECORDS
from altegio_sync.domain.stored import Moment
from altegio_sync.messages import Message, as_message
from altegio_sync.messages.sync import SINCE_LAST_REPORT
from altegio_sync.messages.words import BOTH, join, some_ids

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.domain.report import CompanyReport, SyncReport

NO_TEXT = as_message("")
#: Less than a day, since nightly runs are not exactly a day apart.
_REPORTED_EVERY = timedelta(hours=23)
#: Reported by `-q` too. Other warnings belong to a single run.
LASTING = frozenset(
    {
        "company_missing",
        "doubtful",
        "index_remade",
        "no_longer_kept",
        "no_total",
        "no_unique_index",
        "nothing_listed",
        "staff_list_refused",
        "too_little_kept",
        "unknown_setting",
    }
)
#: Reported whenever they occur, since they occur once.
SINGLE = frozenset({"lead_changed", "not_begun", "rules_changed", "zone_changed"})
_OF_THE_COLLECTION = frozenset({"index_remade", "no_unique_index"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that a run found; ``ids`` are the appointments that it concerns."""

    code: str
    company: str | None
    message: Message
    ids: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        if self.code == "unknown_setting":
            return f"{self.code}/{self.message}"
        of_all = self.company is None or self.code in _OF_THE_COLLECTION
        return self.code if of_all else f"{self.code}/{self.company}"


@dataclass(frozen=True, slots=True)
class Reported:
    """The stored state of a condition; ``pending`` ids were found since the last report."""

    at: Moment | None = None
    message: Message = NO_TEXT
    pending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportPlan:
    """The lines to report now, and the states to store. None: the condition is deleted."""

    lines: list[Message] = field(default_factory=list)
    memory: dict[str, Reported | None] = field(default_factory=dict)


def find_conditions(report: SyncReport) -> list[Condition]:
    """The lasting conditions of the run."""
    ids = {each.company: each.appointment_ids for each in report.companies}
    return [
        Condition(
            each.code,
            each.company,
            each.message,
            tuple(ids.get(each.company or "", {}).get(each.code, ())),
        )
        for each in report.warnings
        if each.code in LASTING
    ]


def find_absent(report: SyncReport, found: list[Condition]) -> Iterator[str]:
    """The keys of the conditions that this run looked for and did not find.

    They may have been reported before or not. Only the codes of `_looked_for` are looked for.
    """
    present = {each.key for each in found}
    for company in report.companies:
        for code in _looked_for(report.command, company):
            key = Condition(code, company.company, NO_TEXT).key
            if key not in present:
                yield key


def _looked_for(command: str, company: CompanyReport) -> Iterator[str]:
    if company.gave_way or company.broke_off:
        return
    yield "no_unique_index"
    yield "company_missing"
    if command == "sync":
        yield "no_total"
        if company.records.fetched:
            yield "nothing_listed"
        if company.records.fetched >= MIN_RECORDS:
            yield "too_little_kept"


def plan_report(
    found: list[Condition], ended: list[str], memory: dict[str, Reported], now: datetime
) -> ReportPlan:
    """Report a condition when it appears, then once a day, with the ids found since then."""
    plan = ReportPlan()
    for each in found:
        known = memory.get(each.key, Reported())
        pending = tuple(dict.fromkeys(known.pending + each.ids))
        if _is_due(known, now):
            others = [one for one in known.pending if one not in each.ids]
            also = [SINCE_LAST_REPORT(ids=some_ids(others))] if others else []
            plan.lines.append(join(BOTH, [each.message, *also]))
            plan.memory[each.key] = Reported(now, each.message)
        else:
            plan.memory[each.key] = Reported(known.at, each.message, pending)
    present = {each.key for each in found}
    for key, known in memory.items():
        if key in present:
            continue
        if known.pending and _is_due(known, now):
            plan.lines.append(known.message)
            plan.memory[key] = Reported(now, known.message)
        elif key in ended:
            plan.memory[key] = None
    return plan


def _is_due(known: Reported, now: datetime) -> bool:
    """Whether to report again. A last report in the future is from a wrong clock and is ignored."""
    return known.at is None or not timedelta() <= now - known.at < _REPORTED_EVERY
