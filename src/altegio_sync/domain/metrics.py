"""The metrics of a school for Prometheus: names, help texts and values, without a text format.

No label names a person: the labels are ids of companies, commands, and our own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.notices import HookOutcome
from altegio_sync.domain.versions import VersionClass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.counts import ApiUsage, RecordCounts
    from altegio_sync.domain.status import StatusReport

    Samples = Sequence[tuple[Mapping[str, str], float]]

PREFIX = "altegio_sync_"


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name without the prefix, its help text, and its samples by labels."""

    name: str
    help_text: str
    samples: Samples
    kind: Literal["gauge", "counter", "untyped"] = "gauge"

    def of_school(self, name: str) -> Family:
        """The same with a label for the school."""
        samples = [({"school": name, **labels}, value) for labels, value in self.samples]
        return Family(self.name, self.help_text, samples, self.kind)


def unreachable_families() -> list[Family]:
    """The metrics if MongoDB is unreachable. Without them, the file would keep old metrics."""
    return [_needs_attention(1)]


def _needs_attention(value: int) -> Family:
    return _gauge("needs_attention", "Whether something needs attention", value)


def status_families(report: StatusReport, *, is_reachable: bool = True) -> list[Family]:
    """What the status says. ``is_reachable``: whether MongoDB still answers."""
    return [
        _needs_attention(report.exit_code if is_reachable else 1),
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
        *_webhooks(report),
    ]


def metric_families(report: StatusReport) -> list[Family]:
    """The same of a status that has checked all documents."""
    found = _gauge("validation_errors", "Open validation errors", report.validation_errors)
    return [*status_families(report), found]


def work_families(
    records: RecordCounts, usage: ApiUsage, notices: Mapping[HookOutcome, int]
) -> list[Family]:
    """What a process has done since its start."""
    outcomes = {
        Outcome.SAVED: records.saved,
        Outcome.UPDATED: records.updated,
        Outcome.DUPLICATE: records.duplicates - records.stale,
        Outcome.STALE: records.stale,
        Outcome.FAILED: records.failed,
        Outcome.SKIPPED: sum(records.skipped.values()),
    }
    return [
        Family(
            "records_total",
            "Bookings read, by what was done with them",
            [({"outcome": each.value}, count) for each, count in outcomes.items()],
            "counter",
        ),
        _counter("api_requests_total", "Requests to Altegio", usage.requests),
        _counter(
            "rate_limited_total", "Requests that Altegio refused with 429", usage.rate_limited
        ),
        Family(
            "notices_total",
            "Webhooks received, by what was done with them",
            [({"outcome": each.value}, notices[each]) for each in HookOutcome],
            "counter",
        ),
    ]


def mongodb_family(*, is_up: bool) -> Family:
    return _gauge("mongodb_up", "Whether MongoDB answers", int(is_up))


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


def _webhooks(report: StatusReport) -> Iterator[Family]:
    if report.webhooks is None:
        return
    total, queue = report.webhooks.total, report.webhooks.queue
    classes = {
        VersionClass.ANNOUNCED: total.announced,
        VersionClass.LATE: total.late,
        VersionClass.LOST: total.lost,
        VersionClass.RECEIVER_DOWN: total.receiver_down,
    }
    yield Family(
        "hook_versions_total",
        "Changes of the last 90 days, by whether a webhook announced them",
        [({"class": each.value}, count) for each, count in classes.items()],
        # Changes that are older are deleted, and a lost webhook may still come. A counter of
        # Prometheus never becomes less.
        "untyped",
    )
    yield _gauge(
        "hook_queue_oldest_seconds",
        "Age of the oldest webhook that waits; 0 if none does",
        queue.oldest_age_s or 0,
    )


def _gauge(name: str, help_text: str, value: float) -> Family:
    return Family(name, help_text, [({}, value)])


def _counter(name: str, help_text: str, value: float) -> Family:
    return Family(name, help_text, [({}, value)], "counter")


def _timestamp(moment: datetime) -> float:
    return round(moment.timestamp(), 3)
