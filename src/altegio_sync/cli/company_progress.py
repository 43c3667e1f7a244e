"""Shows the progress of one company of a run: log lines for its pages and its bookings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from altegio_sync.domain.lessons import Skipped, count_reasons
from altegio_sync.log import get_logger
from altegio_sync.messages import commands as texts
from altegio_sync.messages.lessons import NONE_SKIPPED
from altegio_sync.messages.template import Message
from altegio_sync.messages.words import LISTED
from altegio_sync.ports import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.counts import Outcome, RecordCounts
    from altegio_sync.domain.field_change import FieldChange
    from altegio_sync.domain.lessons import Verdict
    from altegio_sync.domain.period import Period


def _skipped_text(counts: RecordCounts) -> Message:
    reasons = count_reasons(counts.skipped)
    return LISTED(ids=reasons) if reasons else NONE_SKIPPED()


class Screen(Protocol):
    """What all companies of a run share: the bar, the warnings, the list of skipped bookings."""

    @property
    def has_bar(self) -> bool: ...

    @property
    def is_verbose(self) -> bool: ...

    @property
    def has_several(self) -> bool:
        """Whether the run has several companies, so that each line must name its company."""
        ...

    def show_company(self, company_id: str) -> None: ...

    def show_announced(self, records: int) -> None: ...

    def show_read(self, rows: int, pages: str) -> None: ...

    def list_skipped(self, skipped: Skipped, zone: ZoneInfo) -> None: ...

    def list_doubtful(self, verdict: Verdict, zone: ZoneInfo) -> None: ...

    def warn(self, event: str, /, **fields: object) -> None: ...


class CompanyProgress(SilentProgress):
    """The progress of one company."""

    def __init__(self, screen: Screen, company_id: str) -> None:
        self._screen = screen
        self._company_id = company_id
        self._log = get_logger()
        self._pages = 0
        self._pages_done = 0
        self._zone = ZoneInfo("UTC")

    def begin(self, company_id: str, period: Period | None, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        if self._screen.has_bar:
            self._screen.show_company(company_id)
            return
        if period is None:
            self._log.info("changes_started", company_id=company_id, timezone=timezone)
            return
        self._log.info(
            "sync_started",
            company_id=company_id,
            first=period.start,
            last=period.last_day,
            timezone=timezone,
        )

    def expect(self, records: int, pages: int) -> None:
        self._pages += pages
        self._screen.show_announced(records)

    def resume(self, done_days: int, days: int) -> None:
        if self._screen.has_several:
            company_id = self._company_id
            self._log.info("resumed_company", done=done_days, days=days, company_id=company_id)
        else:
            self._log.info("resumed", done=done_days, days=days)

    def page_done(self, number: int, rows: int, counts: RecordCounts) -> None:
        self._pages_done += 1
        self._pages = max(self._pages, self._pages_done)
        if self._screen.has_bar:
            self._screen.show_read(rows, f"{self._pages_done}/{self._pages}")
            return
        several = self._screen.has_several
        self._log.info(
            "page_of_company" if several else "page",
            page=number,
            pages=self._pages,
            rows=rows,
            saved=counts.saved,
            updated=counts.updated,
            duplicates=counts.duplicates,
            skipped=_skipped_text(counts),
            **({"company_id": self._company_id} if several else {}),
        )

    def appointment(
        self, verdict: Verdict, outcome: Outcome, changes: Sequence[FieldChange] = ()
    ) -> None:
        if not self._screen.is_verbose:
            return
        skipped = verdict if isinstance(verdict, Skipped) else None
        self._log.info(
            "appointment",
            appointment_id=verdict.booking.id,
            outcome=outcome.value,
            reason=skipped.reason.value if skipped else "",
            detail=(skipped.detail or "") if skipped else "; ".join(map(str, changes)),
        )

    def skipped(self, skipped: Skipped) -> None:
        self._screen.list_skipped(skipped, self._zone)

    def doubtful(self, verdict: Verdict) -> None:
        self._screen.list_doubtful(verdict, self._zone)

    def warn(self, event: str, /, **fields: object) -> None:
        message = fields.get("message")
        if self._screen.has_several and isinstance(message, Message):
            fields["message"] = texts.OF_COMPANY(error=message, company=self._company_id)
        self._screen.warn(event, **fields)
