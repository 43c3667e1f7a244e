"""The marks of the last runs. They are stored even if the report of a run is not stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.kept_share import KeptSample
from altegio_sync.domain.run_summary import RunSummary
from altegio_sync.domain.stored import Moment
from altegio_sync.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.report import CompanyReport

#: Ids of skipped bookings that are compared with those of the next run.
SKIPPED_KEPT = 5000


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that has not ended yet, or was killed; ``words`` are the typed period."""

    run_id: str
    started_at: Moment
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunMark:
    """The last run of a command for one company, or for the whole run (``company`` is None).

    ``at`` is when the run ended, and ``succeeded_at`` when the last successful run ended, both by
    MongoDB's clock. Each run of `sync` is compared with the
    earlier ``samples``, which are in order of time.
    """

    command: str
    company: str | None
    last: RunSummary | None = None
    at: Moment | None = None
    succeeded_at: Moment | None = None
    open_runs: tuple[OpenRun, ...] = ()
    samples: tuple[KeptSample, ...] = ()
    too_little: Message | None = None
    skipped: frozenset[str] = frozenset()
    #: The settings under which days were last entered into the ledger.
    rules: str | None = None


@dataclass(frozen=True, slots=True)
class MarkChange:
    """The changes of a mark at the end of a run. None: the field is not changed."""

    company: str | None
    last: RunSummary | None = None
    sample: KeptSample | None = None
    too_little: Message | None = None
    skipped: Sequence[str] | None = None
    rules: str | None = None


def is_noteworthy(company: CompanyReport, mark: RunMark | None) -> bool:
    """Whether something was stored, newly skipped or wrong in this company."""
    records = company.records
    before = frozenset[str]() if mark is None else mark.skipped
    return bool(
        records.saved
        or records.updated
        or company.vanished.gone
        or company.days.unsettled
        or company.has_failed
        or not before.issuperset(skipped_ids(company))
    )


def skipped_ids(company: CompanyReport) -> list[str]:
    """The ids of skipped bookings that need attention."""
    names = ("no_crm_id", "teacher_not_found", "invalid")
    return [each for name in names for each in company.noted_ids.get(name, ())][:SKIPPED_KEPT]
