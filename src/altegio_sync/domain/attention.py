"""What needs attention: one rule for each problem that is easy to overlook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from altegio_sync.domain.day_words import moment_in_table
from altegio_sync.domain.json_form import JsonForm, Key
from altegio_sync.domain.validation import Remedy, Severity
from altegio_sync.messages import status as texts
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.words import BECAUSE, BOTH, DAYS, HOURS, join, some_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from altegio_sync.domain.last_run import LastRun
    from altegio_sync.domain.lease_state import LeaseState
    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.locations import StoredLocation
    from altegio_sync.domain.run_marks import RunMark
    from altegio_sync.domain.validation import RuleFinding
    from altegio_sync.messages import Message

#: If the last run or cursor is older, a crontab line probably no longer runs.
MAX_AGE = timedelta(hours=26)
#: No run takes so long: an older run hangs.
_MAX_AT_WORK = timedelta(hours=24)
#: How long a company that was removed from the settings is mentioned.
_REMOVED_FOR = timedelta(days=7)
_CLOCKS_DIFFER_BY = timedelta(minutes=10)
#: Warnings that mean that stored appointments may be old, or that some are missing.
_DOUBTS = {"incomplete_days", "old_run", "old_cursor", "company_missing", "too_little_kept"}
_RERUN = {"sync": "altegio-sync sync PERIOD", "changes": "altegio-sync changes"}


@dataclass(frozen=True, slots=True)
class Attention(JsonForm):
    """Something that needs attention. `str()` gives the line that people search with `grep`."""

    json_keys = ("level", "code", Key("message", "line"), "company")

    level: Literal["WARNING", "ERROR"]
    text: Message | str
    code: str = ""
    company: str | None = None

    @property
    def line(self) -> str:
        return " ".join(plain(self.text).split())

    @property
    def is_doubt(self) -> bool:
        """Whether it means that something in the collection may be missing, old or wrong."""
        return self.level == "ERROR" or self.code in _DOUBTS

    def __str__(self) -> str:
        return f"{self.level} {self.line}"


def about_run(run: LastRun, company: str | None = None) -> Iterator[Attention]:
    """Report how the last run of its kind ended, unless it ended well."""
    if run.ok:
        return
    if run.interrupted:
        yield Attention("WARNING", _interrupted(run, company), "interrupted", company)
        return
    text = _failed(run, company)
    if run.problem:
        text = BECAUSE(what=text, reason=run.problem)
    yield Attention("ERROR", text, "run_failed", company)


def _interrupted(run: LastRun, company: str | None) -> Message:
    if company is None:
        return texts.RUN_INTERRUPTED(command=run.command, run_id=run.run_id, rerun=run.continued_by)
    return texts.RUN_INTERRUPTED_OF_COMPANY(
        command=run.command, company=company, run_id=run.run_id, rerun=run.continued_by
    )


def _failed(run: LastRun, company: str | None) -> Message:
    if company is None:
        return texts.RUN_FAILED(command=run.command, run_id=run.run_id)
    return texts.RUN_FAILED_OF_COMPANY(command=run.command, company=company, run_id=run.run_id)


def about_run_age(
    what: Message | str, at: datetime | None, now: datetime, company: str | None = None
) -> Iterator[Attention]:
    """Report a run that is old, or from the future, by MongoDB's clock."""
    if at is None:
        yield Attention("WARNING", texts.NO_TIME_OF_END(what=what), "old_run", company)
    elif at - now > _CLOCKS_DIFFER_BY:
        text = texts.ENDED_AHEAD(what=what, span=_hours(at - now))
        yield Attention("WARNING", text, "clock", company)
    elif now - at > MAX_AGE:
        text = texts.ENDED_LONG_AGO(what=what, span=_hours(now - at), limit=_hours(MAX_AGE))
        yield Attention("WARNING", text, "old_run", company)


def about_cursor(company: str, at: datetime, now: datetime) -> Iterator[Attention]:
    if at - now > _CLOCKS_DIFFER_BY:
        text = texts.CURSOR_AHEAD(company=company, span=_hours(at - now))
        yield Attention("WARNING", text, "clock", company)
    elif now - at > MAX_AGE:
        text = texts.OLD_CURSOR(company=company, span=_hours(now - at))
        yield Attention("WARNING", text, "old_cursor", company)


def about_companies(
    marks: Iterable[RunMark], known: Iterable[str], configured: Sequence[str], now: datetime
) -> Iterator[Attention]:
    """Report a company that was never read, and a company that is no longer read."""
    ends = _find_ends(marks)
    for company in configured:
        if company not in ends and company not in known:
            yield Attention("ERROR", texts.NEVER_READ(company=company), "never_read", company)
    for company, (at, has_succeeded) in sorted(ends.items()):
        if configured and company not in configured:
            if has_succeeded and now - at < _REMOVED_FOR:
                text = texts.COMPANY_REMOVED(company=company, moment=moment_in_table(at))
                yield Attention("WARNING", text, "company_removed", company)
        elif len(configured) != 1:
            what = texts.LAST_RUN_OF_COMPANY(company=company)
            yield from about_run_age(what, at, now, company)


def _find_ends(marks: Iterable[RunMark]) -> dict[str, tuple[datetime, bool]]:
    """By company: when its last run ended, and whether the last run of any command succeeded."""
    ends: dict[str, tuple[datetime, bool]] = {}
    for mark in marks:
        if mark.company is not None and mark.at is not None:
            at, has_succeeded = ends.get(mark.company, (mark.at, False))
            is_ok = mark.last is not None and mark.last.ok
            ends[mark.company] = max(at, mark.at), has_succeeded or is_ok
    return ends


def about_missing(missing: Iterable[StoredLocation]) -> Iterator[Attention]:
    """Report a location that the user token no longer sees."""
    for each in missing:
        yield Attention("WARNING", each.missing_message, "company_missing", each.id)


def about_kept(marks: Iterable[RunMark]) -> Iterator[Attention]:
    for mark in marks:
        if mark.too_little:
            yield Attention("WARNING", mark.too_little, "too_little_kept", mark.company)


def about_clocks(marks: Iterable[RunMark]) -> Iterator[Attention]:
    """Report a machine whose clock differs from MongoDB's: its "today" may be another day."""
    for mark in marks:
        finished_at = None if mark.last is None else mark.last.finished_at
        if mark.company is None and mark.at is not None and finished_at is not None:
            ahead = finished_at - mark.at
            if abs(ahead) > _CLOCKS_DIFFER_BY:
                template = texts.CLOCK_AHEAD if ahead > timedelta() else texts.CLOCK_BEHIND
                text = template(command=mark.command, span=_hours(abs(ahead)))
                yield Attention("WARNING", text, "clock")


def about_doubtful(marks: Iterable[RunMark]) -> Iterator[Attention]:
    for mark in marks:
        records = None if mark.last is None else mark.last.records
        count = 0 if records is None or mark.command != "sync" else records.doubtful
        if count:
            text = texts.DOUBTFUL_LAST_SYNC(count=count, company=mark.company)
            yield Attention("WARNING", text, "doubtful_leads", mark.company)


def about_warnings(marks: Iterable[RunMark]) -> Iterator[Attention]:
    """Report each warning of the last runs, once."""
    reported_before: set[tuple[str, str | None]] = set()
    for mark in marks:
        warnings = None if mark.last is None else mark.last.warnings
        for each in warnings or ():
            if (each.code, each.company) not in reported_before:
                reported_before.add((each.code, each.company))
                yield Attention("WARNING", each.message, each.code, each.company)


def about_days(coverage: CompanyCoverage) -> Iterator[Attention]:
    """Report days that were not read completely, except days that were read under earlier rules."""
    gaps = [day for gap in coverage.gaps for day in gap.each_day()]
    missing = [day for day in gaps if day not in coverage.outdated]
    if missing:
        text = texts.INCOMPLETE_DAYS(
            count=len(missing), days=len(coverage.days), company=coverage.company
        )
        yield Attention("WARNING", text, "incomplete_days", coverage.company)


def about_index(
    documents: int, *, has_unique_index: bool, in_its_place: str | None, duplicates: int
) -> Iterator[Attention]:
    if not documents or has_unique_index:
        return
    if duplicates:
        why = texts.INDEX_AFTER_CLEAN(count=duplicates)
    elif in_its_place is not None:
        why = texts.ANOTHER_INDEX(index=in_its_place)
    else:
        why = texts.INDEX_AT_NEXT_SYNC()
    yield Attention("WARNING", texts.NO_UNIQUE_INDEX(reason=why), "no_unique_index")


def about_validation(findings: Iterable[RuleFinding]) -> Iterator[Attention]:
    """Report open errors and doubtful leads, each with some appointment ids."""
    errors = [each for each in findings if each.severity is Severity.ERROR and each.count]
    if errors:
        count = sum(each.count for each in errors)
        found = [
            texts.RULE_FOUND(rule=each.rule, found=each.count, sample=_sample(each.sample))
            for each in errors
        ]
        text = texts.VALIDATION_ERRORS(count=count, rules=join(BOTH, found), remedy=_remedy(errors))
        yield Attention("ERROR", text, "validation_errors")
    for each in findings:
        if each.rule == "doubtful-lead" and each.count:
            text = texts.DOUBTFUL_STORED(count=each.count, sample=_sample(each.sample))
            yield Attention("WARNING", text, "doubtful_leads")


def _remedy(errors: Sequence[RuleFinding]) -> Message | str:
    """The command that corrects the errors; `validate --fix` does not correct duplicates."""
    remedies = {each.remedy for each in errors}
    if remedies - {Remedy.CLEAN, Remedy.TELL}:
        return "altegio-sync validate --fix"
    if Remedy.CLEAN in remedies:
        return "altegio-sync clean"
    listed = " ".join(f"--list {each.rule}" for each in errors)
    return texts.LIST_AND_CORRECT(options=listed)


def about_leases(
    leases: Iterable[LeaseState], now: datetime, reported: Iterable[str] = ()
) -> Iterator[Attention]:
    """Report a run that was killed, and a run that does not end; ``reported`` are run ids."""
    for each in leases:
        company = None if each.company == "all" else each.company
        if each.is_expired:
            if each.run_id not in reported:
                text = texts.LEASE_LEFT(holder=each.holder)
                yield Attention("WARNING", text, "interrupted", company)
        elif each.since is not None and now - each.since > _MAX_AT_WORK:
            text = texts.HUNG_RUN(holder=each.holder, span=_hours(now - each.since))
            yield Attention("WARNING", text, "hung_run", company)


def about_killed(
    marks: Iterable[RunMark], at_work: Collection[str], continued_by: Mapping[str, str]
) -> Iterator[Attention]:
    """Report runs that began, did not end, and hold no lease; ``at_work`` are run ids."""
    for mark in marks:
        for run in mark.open_runs[-1:]:
            if run.run_id not in at_work:
                command = continued_by.get(run.run_id) or _RERUN[mark.command]
                text = texts.RUN_KILLED(
                    command=mark.command, company=mark.company, run_id=run.run_id, rerun=command
                )
                yield Attention("WARNING", text, "interrupted", mark.company)


def _sample(ids: Sequence[str]) -> Message | str:
    return texts.SAMPLE(ids=some_ids(list(dict.fromkeys(ids)))) if ids else ""


def _hours(span: timedelta) -> Message:
    hours = span / timedelta(hours=1)
    return HOURS(count=round(hours)) if hours < 72 else DAYS(count=round(hours / 24))
