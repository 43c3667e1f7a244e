"""The status as metrics in Prometheus's text format, of one school or of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.status import StatusReport

    Samples = Sequence[tuple[Mapping[str, str], float]]

_HELP = "# HELP altegio_sync_"


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name without the prefix, its help text, and its samples by labels."""

    name: str
    help_text: str
    samples: Samples

    def of_school(self, name: str) -> Family:
        """The same with a label for the school."""
        samples = [({"school": name, **labels}, value) for labels, value in self.samples]
        return Family(self.name, self.help_text, samples)

    def lines(self) -> Iterator[str]:
        yield f"{_HELP}{self.name} {self.help_text}"
        yield f"# TYPE altegio_sync_{self.name} gauge"
        for labels, value in self.samples:
            inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            number = int(value) if float(value).is_integer() else value
            yield f"altegio_sync_{self.name}{f'{{{inner}}}' if inner else ''} {number}"


def is_metrics(beginning: bytes) -> bool:
    """Whether a file that begins so has metrics of this program, or nothing."""
    return not beginning or beginning.startswith(_HELP.encode())


def render_metrics(families: Iterable[Family]) -> str:
    """Metrics for the textfile collector of the node exporter.

    Prometheus wants the samples of one name together, so families of the same name are joined.
    """
    joined: dict[str, Family] = {}
    for each in families:
        known = joined.get(each.name)
        samples = [*(known.samples if known else ()), *each.samples]
        joined[each.name] = Family(each.name, each.help_text, samples)
    return "\n".join(line for each in joined.values() if each.samples for line in each.lines())


def unreachable_families() -> list[Family]:
    """The metrics if MongoDB is unreachable. Without them, the file would keep old metrics."""
    return [_needs_attention(1)]


def _needs_attention(value: int) -> Family:
    return _gauge("needs_attention", "Whether something needs attention", value)


def metric_families(report: StatusReport) -> list[Family]:
    return [
        _needs_attention(report.exit_code),
        *_last_run(report),
        *_ends(report),
        *_coverage(report),
        Family(
            "cursor_age_seconds",
            "How far changes are behind",
            [
                ({"company": company}, (report.now - at).total_seconds())
                for company, at in sorted(report.cursors.items())
            ],
        ),
        _gauge("leases_held", "Runs at work", sum(not each.is_expired for each in report.leases)),
        _gauge(
            "budget_requests_last_minute",
            "Requests started in the last minute",
            report.budget_spent,
        ),
        _gauge("documents", "Stored appointments", report.documents),
        _gauge("stale", "Stored appointments that differed at the last sync", report.stale),
        _gauge("validation_errors", "Open validation errors", report.validation_errors),
    ]


def _last_run(report: StatusReport) -> Iterator[Family]:
    run = report.last_run
    if run is not None:
        samples = [({"command": run.command}, int(run.ok))]
        yield Family("last_run_ok", "Whether the last run went well", samples)


def _ends(report: StatusReport) -> Iterator[Family]:
    ends = [
        ({"company": each.company, "command": each.command}, each)
        for each in sorted(report.ends, key=lambda mark: (mark.command, mark.company or ""))
        if each.company is not None
    ]
    yield Family(
        "last_run_timestamp_seconds",
        "When the last run ended",
        [(labels, _timestamp(each.at)) for labels, each in ends if each.at is not None],
    )
    yield Family(
        "last_success_timestamp_seconds",
        "When the last successful run ended",
        [
            (labels, _timestamp(each.succeeded_at))
            for labels, each in ends
            if each.succeeded_at is not None
        ],
    )


def _coverage(report: StatusReport) -> Iterator[Family]:
    by_company = [({"company": each.company}, each) for each in report.coverage]
    yield Family(
        "covered_days",
        "Days of the last 30 known to be complete",
        [(labels, len(each.graded)) for labels, each in by_company],
    )
    yield Family(
        "proved_days",
        "Days of the last 30 proved to be complete",
        [(labels, each.proved) for labels, each in by_company],
    )
    yield Family(
        "gap_days",
        "Days of the last 30 not known to be complete",
        [(labels, len(each.days) - len(each.graded)) for labels, each in by_company],
    )
    yield Family(
        "oldest_proof_age_seconds",
        "Age of the oldest proof of the last 30 days",
        [
            (labels, (report.now - each.oldest_proof_at).total_seconds())
            for labels, each in by_company
            if each.oldest_proof_at is not None
        ],
    )


def _gauge(name: str, help_text: str, value: float) -> Family:
    return Family(name, help_text, [({}, value)])


def _timestamp(moment: datetime) -> float:
    return round(moment.timestamp(), 3)


def _escaped(text: str) -> str:
    return plain(text).replace("\\", r"\\").replace('"', r"\"")
