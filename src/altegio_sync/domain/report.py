"""The report of a run, as `--json` prints it and `altegio-sync-runs` stores it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from altegio_sync.domain.counts import ApiUsage, DayCounts, RecordCounts, VanishedCounts
from altegio_sync.domain.exit_code import CommandReport, ExitCode, decide_exit_code
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.messages import Message, as_message
from altegio_sync.messages.stored import STORED_MESSAGE, from_data, to_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altegio_sync.domain.period import Period


def new_run_id(now: datetime) -> str:
    """An id that sorts by time, exact to the millisecond, and short enough to type."""
    milliseconds = now.microsecond // 1000
    return f"{now:%Y%m%d-%H%M%S}-{milliseconds:03}{secrets.token_hex(2)}"


class SyncMode(StrEnum):
    NEW_ONLY = "new-only"
    UPDATE = "update"

    def includes(self, other: SyncMode) -> bool:
        """Whether a run of this mode does everything that a run of the other mode does."""
        return self is other or self is SyncMode.UPDATE


@dataclass(frozen=True, slots=True)
class RunError(JsonForm):
    """An error or a warning of a run; ``code`` is for programs, ``message`` for people."""

    json_keys = ("code", "message", Key("company", optional=True))

    code: str
    message: Message
    company: str | None = None

    def __init__(self, code: str, message: Message | str, company: str | None = None) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "message", as_message(message))
        object.__setattr__(self, "company", company)

    def to_stored(self) -> dict[str, Any]:
        """The JSON with the message's code and fields, so that it can be shown in any language."""
        return self.to_json() | {STORED_MESSAGE: to_data(self.message)}

    @model_validator(mode="before")
    @classmethod
    def _of_stored(cls, stored: object) -> object:
        """Read the message. Earlier versions stored only the English text."""
        if isinstance(stored, Mapping) and isinstance(stored.get(STORED_MESSAGE), Mapping):
            return {**stored, "message": from_data(stored[STORED_MESSAGE])}
        return stored


@dataclass(frozen=True, slots=True)
class WritingRun:
    """The run that writes; the trash stores it with every entry."""

    run_id: str
    command: str


@dataclass(frozen=True, slots=True)
class LeadChange(JsonForm):
    """A stored appointment that now has the id of another lead."""

    json_keys = (Key("appointmentId", "appointment_id"), Key("from", "old"), Key("to", "new"))

    appointment_id: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class CursorMove(JsonForm):
    """The time from which changes were requested, and the new cursor (None if it did not move)."""

    since: datetime
    moved_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class DaysAsked(JsonForm):
    """The first and the last day that were requested, and the zone of their midnights."""

    json_keys = (Key("from", "first"), Key("to", "last"), "timezone")

    first: Annotated[str | None, Field(alias="from")] = None
    last: Annotated[str | None, Field(alias="to")] = None
    timezone: str | None = None


@dataclass(slots=True)
class CompanyReport(JsonForm):
    """The part of a run about one company; ``period`` is None if this part never began."""

    json_keys = (
        *("company", Key("period", "days_asked"), "api", "records", "days", "vanished"),
        *("errors", "warnings", "appointment_ids", "lead_changes", Key("cursor", optional=True)),
    )

    company: str
    period: Period | None = None
    timezone: str | None = None
    api: ApiUsage = field(default_factory=ApiUsage)
    records: RecordCounts = field(default_factory=RecordCounts)
    days: DayCounts = field(default_factory=DayCounts)
    vanished: VanishedCounts = field(default_factory=VanishedCounts)
    cursor: CursorMove | None = None
    errors: list[RunError] = field(default_factory=list)
    #: Things that need attention, although nothing failed.
    warnings: list[RunError] = field(default_factory=list)
    lead_changes: list[LeadChange] = field(default_factory=list)
    #: The appointment ids behind some of the counts, in order and each once.
    noted_ids: dict[str, dict[str, None]] = field(default_factory=dict)
    #: Another run works on the same company, so this run did not.
    gave_way: bool = False
    #: The run stopped because Altegio or MongoDB was unreachable or refused.
    broke_off: bool = False
    #: The run stopped because MongoDB went away and did not come back in time.
    lost_store: bool = False
    #: The run was stopped before the work on this company was done.
    was_interrupted: bool = False

    @property
    def days_asked(self) -> DaysAsked:
        if self.period is None:
            return DaysAsked(timezone=self.timezone)
        first, last = self.period.start.isoformat(), self.period.last_day.isoformat()
        return DaysAsked(first, last, self.timezone)

    @property
    def has_failed(self) -> bool:
        return bool(self.errors or self.records.failed or self.broke_off)

    def note_ids(self, name: str, appointment_ids: Iterable[str]) -> None:
        """Remember the appointments behind a count."""
        if found := dict.fromkeys(appointment_ids):
            self.noted_ids.setdefault(name, {}).update(found)

    @property
    def appointment_ids(self) -> dict[str, list[str]]:
        return {name: list(ids) for name, ids in self.noted_ids.items()}


@dataclass(slots=True)
class SyncReport(CommandReport):
    """One run of ``sync`` or ``changes`` over one or several companies."""

    json_keys = (
        *("command", "run_id", "ok", "mode", "dry_run", Key("period", "days_asked")),
        *(Key("companies", "company_ids"), "started_at", "finished_at", "seconds"),
        *("api", "records", "days", "vanished", "errors", "warnings"),
        *("appointment_ids", "lead_changes", "interrupted"),
        *(Key("cursor", optional=True), Key("by_company", optional=True)),
    )

    command: str
    run_id: str
    mode: SyncMode
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    companies: list[CompanyReport]
    interrupted: bool = False
    #: MongoDB, the database of the budget or Altegio went away and did not come back in time.
    had_outage: bool = False
    #: Warnings about the run as a whole.
    own_warnings: list[RunError] = field(default_factory=list)
    #: Errors of the run as a whole.
    own_errors: list[RunError] = field(default_factory=list)
    #: The period and the options as typed, for the command that continues an interrupted run.
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def gave_way(self) -> bool:
        """Whether the run did nothing, since other runs work on all of its companies."""
        return bool(self.companies) and all(each.gave_way for each in self.companies)

    @property
    def api(self) -> ApiUsage:
        return sum((each.api for each in self.companies), ApiUsage())

    @property
    def records(self) -> RecordCounts:
        return sum((each.records for each in self.companies), RecordCounts())

    @property
    def days(self) -> DayCounts:
        return sum((each.days for each in self.companies), DayCounts())

    @property
    def vanished(self) -> VanishedCounts:
        return sum((each.vanished for each in self.companies), VanishedCounts())

    @property
    def errors(self) -> list[RunError]:
        return self.own_errors + [error for each in self.companies for error in each.errors]

    @property
    def warnings(self) -> list[RunError]:
        of_companies = [warning for each in self.companies for warning in each.warnings]
        return self.own_warnings + of_companies

    @property
    def lead_changes(self) -> list[LeadChange]:
        return [change for each in self.companies for change in each.lead_changes]

    @property
    def appointment_ids(self) -> dict[str, list[str]]:
        """The ids of all companies, by the name of the count."""
        names = dict.fromkeys(name for each in self.companies for name in each.noted_ids)
        return {
            name: [one for each in self.companies for one in each.noted_ids.get(name, ())]
            for name in names
        }

    @property
    def company_ids(self) -> list[str]:
        return [each.company for each in self.companies]

    @property
    def days_asked(self) -> DaysAsked:
        return self.companies[0].days_asked if self.companies else DaysAsked()

    @property
    def cursor(self) -> CursorMove | None:
        return self.companies[0].cursor if self.companies else None

    @property
    def by_company(self) -> list[CompanyReport] | None:
        return self.companies if len(self.companies) > 1 else None

    @property
    def seconds(self) -> float:
        return round((self.finished_at - self.started_at).total_seconds(), 3)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code: wrong use if every company stopped only because of the settings."""
        has_nothing = bool(self.companies) and all(each.broke_off for each in self.companies)
        code = decide_exit_code(
            interrupted=self.interrupted,
            out_of_reach=has_nothing or self.had_outage,
            has_failed=bool(self.errors or self.records.failed),
        )
        is_config = {each.code for each in self.errors} == {"config"}
        return ExitCode.WRONG_USE if code is ExitCode.OUT_OF_REACH and is_config else code


def failure_json(command: str, errors: Iterable[RunError]) -> dict[str, Any]:
    """The output of ``--json`` when a command fails before it has anything to report."""
    return {"command": command, "ok": False, "errors": [error.to_json() for error in errors]}
