"""The status as a screen, and as metrics in Prometheus's text format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.cli.attention_lines import attention_line
from altegio_sync.cli.columns import name_lines
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.messages import figures as texts
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.messages import Message, Template

    _Samples = Sequence[tuple[Mapping[str, str], float]]


def render_status(report: StatusReport) -> str:
    """One screen; the lines that need attention come last, plain for `grep`."""
    is_fine = report.exit_code is ExitCode.DONE
    lines = [render(texts.EVERYTHING_FINE() if is_fine else texts.NEEDS_ATTENTION()), ""]
    lines += name_lines([(render(name()), render(value)) for name, value in _rows(report)])
    if attention := [attention_line(each) for each in report.attention]:
        lines += ["", *attention]
    return "\n".join(lines)


def _rows(report: StatusReport) -> Iterator[tuple[Template, Message | str]]:
    if report.companies is not None:
        yield texts.COMPANIES_ROW, ", ".join(report.companies.ids)
    yield texts.LAST_RUN_ROW, _last_run(report)
    several = len(report.coverage) > 1
    for each in report.coverage:
        complete = _complete(each, report.now)
        what = texts.OF_COMPANY(company=each.company, what=complete) if several else complete
        yield texts.COMPLETE_ROW, what
    for company, at in sorted(report.cursors.items()):
        yield texts.CURSOR_ROW, texts.CURSOR_AGE(company=company, span=age_text(report.now - at))
    for lease in report.leases:
        at_work = texts.AT_WORK_UNTIL_KILLED if lease.is_expired else texts.AT_WORK
        yield texts.AT_WORK_ROW, at_work(company=lease.company, holder=lease.holder)
    yield texts.BUDGET_ROW, _budget(report)
    yield texts.DOCUMENTS_ROW, str(report.documents)
    stale = texts.STALE_SOME if report.stale else texts.STALE_NONE
    yield texts.STALE_ROW, stale(number=report.stale)
    yield texts.ERRORS_ROW, texts.ERRORS_FOUND(number=report.validation_errors)
    if report.without_company:
        yield texts.NO_COMPANY_ROW, texts.WITHOUT_COMPANY(count=report.without_company)


def _last_run(report: StatusReport) -> Message:
    run = report.last_run
    if run is None:
        return texts.NO_RUN_YET()
    ending = texts.INTERRUPTED if run.interrupted else texts.FAILED
    if run.ok:
        ending = texts.SUCCEEDED
    age = None if run.finished_at is None else age_text(report.now - run.finished_at)
    when = texts.AT_UNKNOWN_TIME() if age is None else texts.AGO(span=age)
    return ending(command=run.command, run_id=run.run_id, when=when)


def _complete(coverage: CompanyCoverage, now: datetime) -> Message:
    complete = texts.COMPLETE_DAYS(
        graded=len(coverage.graded), days=len(coverage.days), proved=coverage.proved
    )
    if coverage.outdated:
        complete = texts.AND_OUTDATED(complete=complete, number=len(coverage.outdated))
    if coverage.oldest_proof_at is not None:
        span = age_text(now - coverage.oldest_proof_at)
        complete = texts.AND_OLDEST_PROOF(complete=complete, span=span)
    return complete


def _budget(report: StatusReport) -> Message:
    spent, limit = report.budget_spent, report.budget_limit
    return (
        texts.REQUESTS_OF_LIMIT(spent=spent, limit=limit) if limit else texts.REQUESTS(spent=spent)
    )


def render_metrics(report: StatusReport) -> str:
    """Metrics for the textfile collector of the node exporter: write a new file, then rename it."""
    return "\n".join(_metrics(report))


def render_unreachable() -> str:
    """The metrics if MongoDB is unreachable. Without them, the file would keep old metrics."""
    return "\n".join(_needs_attention(1))


def _needs_attention(value: int) -> Iterator[str]:
    yield from _gauge("needs_attention", "Whether something needs attention", value)


def _metrics(report: StatusReport) -> Iterator[str]:
    yield from _needs_attention(report.exit_code)
    run = report.last_run
    if run is not None:
        labels = {"command": run.command}
        yield from _gauge("last_run_ok", "Whether the last run went well", int(run.ok), labels)
        if run.finished_at is not None:
            yield from _gauge(
                "last_run_timestamp_seconds",
                "When the last run ended",
                round(run.finished_at.timestamp(), 3),
                labels,
            )
    yield from _coverage(report)
    yield from _family(
        "cursor_age_seconds",
        "How far changes are behind",
        [
            ({"company": company}, (report.now - at).total_seconds())
            for company, at in sorted(report.cursors.items())
        ],
    )
    held = sum(not each.is_expired for each in report.leases)
    yield from _gauge("leases_held", "Runs at work", held)
    yield from _gauge(
        "budget_requests_last_minute", "Requests started in the last minute", report.budget_spent
    )
    yield from _gauge("documents", "Stored appointments", report.documents)
    yield from _gauge("stale", "Stored appointments that differed at the last sync", report.stale)
    yield from _gauge("validation_errors", "Open validation errors", report.validation_errors)


def _coverage(report: StatusReport) -> Iterator[str]:
    families: list[tuple[str, str, _Samples]]
    by_company = [({"company": each.company}, each) for each in report.coverage]
    families = [
        (
            "covered_days",
            "Days of the last 30 known to be complete",
            [(labels, len(each.graded)) for labels, each in by_company],
        ),
        (
            "proved_days",
            "Days of the last 30 proved to be complete",
            [(labels, each.proved) for labels, each in by_company],
        ),
        (
            "gap_days",
            "Days of the last 30 not known to be complete",
            [(labels, len(each.days) - len(each.graded)) for labels, each in by_company],
        ),
        (
            "oldest_proof_age_seconds",
            "Age of the oldest proof of the last 30 days",
            [
                (labels, (report.now - each.oldest_proof_at).total_seconds())
                for labels, each in by_company
                if each.oldest_proof_at is not None
            ],
        ),
    ]
    for family in families:
        yield from _family(*family)


def _gauge(
    name: str, help_text: str, value: float, labels: Mapping[str, str] | None = None
) -> Iterator[str]:
    yield from _family(name, help_text, [(labels or {}, value)])


def _family(name: str, help_text: str, samples: _Samples) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP altegio_sync_{name} {help_text}"
    yield f"# TYPE altegio_sync_{name} gauge"
    for labels, value in samples:
        inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        number = int(value) if float(value).is_integer() else value
        yield (
            f"altegio_sync_{name}{{{inner}}} {number}"
            if inner
            else (f"altegio_sync_{name} {number}")
        )


def _escaped(text: str) -> str:
    return plain(text).replace("\\", r"\\").replace('"', r"\"")
