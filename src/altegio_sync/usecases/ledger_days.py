"""The days of one company in the ledger: finds open days, and enters complete days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.ledger import LedgerEntry, ResumeRule, days_to_read

if TYPE_CHECKING:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.period import Period
    from altegio_sync.usecases.reading.window import Window
    from altegio_sync.usecases.run_clock import RunClock
    from altegio_sync.usecases.run_context import RunContext


class LedgerDays:
    """The ledger for one company of a run. Without a ledger, all days are open and stay open."""

    def __init__(
        self, context: RunContext, company_id: str, zone: ZoneInfo, clock: RunClock
    ) -> None:
        self._context = context
        self._company_id = company_id
        self._zone = zone
        self._clock = clock

    async def find_open(
        self, period: Period, max_age: timedelta | None, *, proves: bool
    ) -> list[Period]:
        """The days to read: the whole period without ``max_age``.

        With ``max_age``, a day is left out if its entry still counts: it is no older, and was made
        by a run that did as much as this one, with the same rules. ``proves``: it must be proved.
        """
        context = self._context
        if max_age is None or context.ledger is None:
            return [period]
        rule = ResumeRule(
            mode=context.mode,
            proves=proves,
            settings=context.rules_fingerprint,
            now=self._clock.began_at,
            max_age=max_age,
        )
        records = await context.ledger.find_days(self._company_id, period)
        return days_to_read(period, records, self._zone, rule)

    async def enter(self, window: Window) -> None:
        """Enter the days of a graded window, after all of their appointments are stored."""
        context, grade = self._context, window.grade
        if grade is None or context.ledger is None or context.dry_run:
            return
        at = self._clock.believe(window.at)
        entries = [
            LedgerEntry(
                day=day,
                grade=grade,
                at=at,
                mode=context.mode,
                settings=context.rules_fingerprint,
                timezone=self._zone.key,
                run_id=context.opened.run_id,
            )
            for day in window.period_read.each_day()
        ]
        await context.ledger.write(self._company_id, entries)
