"""What needs a person: a rule for each thing that can look well and is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.stats import Attention
from altegio_sync.domain.validation import Remedy, Severity
from altegio_sync.domain.warnings import counted, some_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.run_marks import RunMark
    from altegio_sync.domain.stats import LastRun
    from altegio_sync.domain.status import LeaseState
    from altegio_sync.domain.validation import RuleFinding

#: A run or a cursor that is this late was left behind by a crontab line that no longer runs.
MAX_AGE = timedelta(hours=26)
#: No run takes so long; one that does has hung.
_MAX_AT_WORK = timedelta(hours=24)
#: For so long a company that was taken out of the settings is mentioned.
_REMOVED_FOR = timedelta(days=7)
_CLOCKS_DIFFER_BY = timedelta(minutes=10)
_RERUN = {"sync": "altegio-sync sync PERIOD", "changes": "altegio-sync changes"}


def about_run(run: LastRun, company: str | None = None) -> Iterator[Attention]:
    """How the last run of its kind ended."""
    if run.ok:
        return
    of = f" of company {company}" if company else ""
    if run.interrupted:
        text = f"The last {run.command}{of} ({run.run_id}) was interrupted; to continue: "
        yield Attention("WARNING", text + run.continued_by, "interrupted", company)
        return
    why = f": {run.problem}" if run.problem else ""
    text = f"The last {run.command}{of} ({run.run_id}) failed{why}"
    yield Attention("ERROR", text, "run_failed", company)


def about_run_age(
    what: str, at: datetime | None, now: datetime, company: str | None = None
) -> Iterator[Attention]:
    """A run must not be old, nor from the future, by the clock of MongoDB's server."""
    if at is None:
        yield Attention("WARNING", f"{what} has no time of its end", "old_run", company)
    elif at - now > _CLOCKS_DIFFER_BY:
        yield _ahead(f"{what} ended", at - now, company)
    elif now - at > MAX_AGE:
        text = f"{what} ended {_hours(now - at)} ago, more than {_hours(MAX_AGE)}"
        yield Attention("WARNING", text, "old_run", company)


def about_cursor(company: str, at: datetime, now: datetime) -> Iterator[Attention]:
    what = f"The cursor of company {company} is"
    if at - now > _CLOCKS_DIFFER_BY:
        yield _ahead(what, at - now, company)
    elif now - at > MAX_AGE:
        text = f"{what} {_hours(now - at)} old: does altegio-sync changes still run?"
        yield Attention("WARNING", text, "old_cursor", company)


def _ahead(what: str, span: timedelta, company: str | None) -> Attention:
    text = f"{what} {_hours(span)} in the future: check the clocks"
    return Attention("WARNING", text, "clock", company)


def about_companies(
    marks: Iterable[RunMark], known: Iterable[str], configured: Sequence[str], now: datetime
) -> Iterator[Attention]:
    """A company that was never read, and one that is no longer read."""
    ends = _find_ends(marks)
    for company in configured:
        if company not in ends and company not in known:
            text = f"Company {company} was never read: altegio-sync sync PERIOD --company {company}"
            yield Attention("ERROR", text, "never_read", company)
    for company, (at, has_succeeded) in sorted(ends.items()):
        if configured and company not in configured:
            if has_succeeded and now - at < _REMOVED_FOR:
                text = (
                    f"Company {company} was read until {at:%Y-%m-%d %H:%M} UTC and is no longer "
                    "in ALTEGIO_COMPANY_ID"
                )
                yield Attention("WARNING", text, "company_removed", company)
        elif len(configured) != 1:
            yield from about_run_age(f"The last run of company {company}", at, now, company)


def _find_ends(marks: Iterable[RunMark]) -> dict[str, tuple[datetime, bool]]:
    """By company, when its last run ended, and whether the last run of any command succeeded."""
    ends: dict[str, tuple[datetime, bool]] = {}
    for mark in marks:
        if mark.company is not None and mark.at is not None:
            at, has_succeeded = ends.get(mark.company, (mark.at, False))
            is_ok = (mark.last or {}).get("ok") is True
            ends[mark.company] = max(at, mark.at), has_succeeded or is_ok
    return ends


def about_kept(marks: Iterable[RunMark]) -> Iterator[Attention]:
    for mark in marks:
        if mark.too_little:
            yield Attention("WARNING", mark.too_little, "too_little_kept", mark.company)


def about_clocks(marks: Iterable[RunMark]) -> Iterator[Attention]:
    """A machine whose clock differs from MongoDB's: its "today" is another day."""
    for mark in marks:
        finished_at = (mark.last or {}).get("finished_at")
        if mark.company is None and mark.at is not None and isinstance(finished_at, datetime):
            ahead = finished_at - mark.at
            if abs(ahead) > _CLOCKS_DIFFER_BY:
                text = (
                    f"The machine of the last {mark.command} is {_hours(abs(ahead))} "
                    f"{'ahead of' if ahead > timedelta() else 'behind'} MongoDB's clock: set the "
                    "clocks"
                )
                yield Attention("WARNING", text, "clock")


def about_doubtful(marks: Iterable[RunMark]) -> Iterator[Attention]:
    for mark in marks:
        records = (mark.last or {}).get("records") or {}
        count = records.get("doubtful") if mark.command == "sync" else 0
        if count:
            text = (
                f"{counted(count, 'booking')} in the last sync of company {mark.company} have a "
                "doubtful lead: altegio-sync sync PERIOD --skipped FILE lists them"
            )
            yield Attention("WARNING", text, "doubtful_leads", mark.company)


def about_warnings(marks: Iterable[RunMark]) -> Iterator[Attention]:
    """What the last runs warned of, and what lasts until a run finds it in order."""
    told: set[tuple[str, str | None]] = set()
    for mark in marks:
        for each in (mark.last or {}).get("warnings", ()):
            code, company = str(each.get("code", "")), each.get("company")
            if (code, company) not in told:
                told.add((code, company))
                yield Attention("WARNING", str(each.get("message", "")), code, company)


def about_days(coverage: CompanyCoverage) -> Iterator[Attention]:
    """Days that were not read completely; days read under earlier rules are no alarm."""
    gaps = [day for gap in coverage.gaps for day in gap.each_day()]
    missing = [day for day in gaps if day not in coverage.outdated]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        text = (
            f"{len(missing)} of the last {len(coverage.days)} days of company {coverage.company} "
            f"{are} not known to be complete: altegio-sync coverage shows them"
        )
        yield Attention("WARNING", text, "incomplete_days", coverage.company)


def about_index(
    documents: int, *, has_unique_index: bool, in_its_place: str | None, duplicates: int
) -> Iterator[Attention]:
    if not documents or has_unique_index:
        return
    if duplicates:
        why = (
            f"{counted(duplicates, 'document')} that share an appointmentId would prevent it: "
            "altegio-sync clean merges them and creates the index"
        )
    elif in_its_place is not None:
        why = f"{in_its_place} is in its place and does not serve: altegio-sync check"
    else:
        why = "the next sync creates it, or says what prevents it"
    text = f"There is no unique index on appointmentId; {why}"
    yield Attention("WARNING", text, "no_unique_index")


def about_validation(findings: Iterable[RuleFinding]) -> Iterator[Attention]:
    """The open errors, and the leads that may be wrong, each with some of the appointments."""
    errors = [each for each in findings if each.severity is Severity.ERROR and each.count]
    if errors:
        count = sum(each.count for each in errors)
        rules = "; ".join(f"{each.rule} {each.count}{_sample(each.sample)}" for each in errors)
        are = "error is" if count == 1 else "errors are"
        text = f"{count} validation {are} open ({rules}): {_remedy(errors)}"
        yield Attention("ERROR", text, "validation_errors")
    for each in findings:
        if each.rule == "doubtful-lead" and each.count:
            leads = f"{counted(each.count, 'stored appointment')} with a doubtful leadId"
            text = f"{leads}{_sample(each.sample)}: altegio-sync validate shows them"
            yield Attention("WARNING", text, "doubtful_leads")


def _remedy(errors: Sequence[RuleFinding]) -> str:
    """What corrects the errors: `validate --fix` corrects neither duplicates nor double lessons."""
    remedies = {each.remedy for each in errors}
    if remedies - {Remedy.CLEAN, Remedy.TELL}:
        return "altegio-sync validate --fix"
    if Remedy.CLEAN in remedies:
        return "altegio-sync clean"
    listed = " ".join(f"--list {each.rule}" for each in errors)
    return f"altegio-sync validate {listed}, then correct them in Altegio"


def about_leases(
    leases: Iterable[LeaseState], now: datetime, reported: Iterable[str] = ()
) -> Iterator[Attention]:
    """A run that was killed, and one that never ends; ``reported`` are ids of runs."""
    for each in leases:
        company = None if each.company == "all" else each.company
        if each.is_expired:
            if each.run_id not in reported:
                text = f"{each.holder} was interrupted: run it again"
                yield Attention("WARNING", text, "interrupted", company)
        elif each.since is not None and now - each.since > _MAX_AT_WORK:
            text = f"{each.holder} has been at work for {_hours(now - each.since)}: has it hung?"
            yield Attention("WARNING", text, "hung_run", company)


def about_killed(
    marks: Iterable[RunMark], at_work: Mapping[str, str], continued_by: Mapping[str, str]
) -> Iterator[Attention]:
    """Runs that began and left neither an end nor a lease; ``at_work`` are run ids."""
    for mark in marks:
        for run in mark.open_runs[-1:]:
            if run.run_id not in at_work:
                command = continued_by.get(run.run_id) or _RERUN[mark.command]
                text = (
                    f"The last {mark.command} of company {mark.company} ({run.run_id}) was "
                    f"interrupted before its end; to continue: {command}"
                )
                yield Attention("WARNING", text, "interrupted", mark.company)


def _sample(ids: Sequence[str]) -> str:
    return f" (appointments {some_ids(list(dict.fromkeys(ids)))})" if ids else ""


def _hours(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return counted(round(hours), "hour") if hours < 72 else f"{hours / 24:.0f} days"
