"""The status as a screen, and as metrics in Prometheus's text format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.durations import age_text
from altegio_sync.messages.foreign_text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from altegio_sync.domain.status import StatusReport

    _Samples = Sequence[tuple[Mapping[str, str], float]]


def render_status(report: StatusReport) -> str:
    """One screen; the lines that need attention come last, plain for `grep`."""
    lines = ["Everything looks fine." if report.exit_code == 0 else "Needs attention", ""]
    lines += [f"  {name:<14}{shown(value)}" for name, value in _rows(report)]
    if attention := [str(each) for each in report.attention]:
        lines += ["", *attention]
    return "\n".join(lines)


def _rows(report: StatusReport) -> Iterator[tuple[str, str]]:
    run = report.last_run
    if run is None:
        yield "last run", "none yet"
    else:
        at = run.finished_at
        age = "at an unknown time" if at is None else f"{age_text(report.now - at)} ago"
        ending = "succeeded" if run.ok else "was interrupted" if run.interrupted else "failed"
        yield "last run", f"{run.command} {run.run_id} {ending} {age}"
    several = len(report.coverage) > 1
    for each in report.coverage:
        told = f"{len(each.graded)} of the last {len(each.days)} days, {each.proved} proved"
        if each.outdated:
            told += f", {len(each.outdated)} more under earlier settings or rules"
        if each.oldest_proof_at is not None:
            told += f", the oldest proof {age_text(report.now - each.oldest_proof_at)} old"
        yield "complete", f"company {each.company}: {told}" if several else told
    for company, at in sorted(report.cursors.items()):
        yield "cursor", f"company {company}: {age_text(report.now - at)} old"
    for lease in report.leases:
        ended = " (interrupted)" if lease.is_expired else ""
        yield "at work", f"{lease.company}: {lease.holder}{ended}"
    limit = f" of {report.budget_limit}" if report.budget_limit else ""
    yield "budget", f"{report.budget_spent}{limit} requests in the last minute"
    yield "documents", str(report.documents)
    stale = "; --update brings them up to date" if report.stale else ""
    yield "stale", f"{report.stale} in the last sync{stale}"
    yield "errors", f"{report.validation_errors} found by validate"


def render_metrics(report: StatusReport) -> str:
    """For the textfile collector of the node exporter: write it to a file, then rename that."""
    return "\n".join(_metrics(report))


def render_unreachable() -> str:
    """The metrics where MongoDB cannot be reached: else the old metrics would stay in the file."""
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
    return shown(text).replace("\\", r"\\").replace('"', r"\"")
