"""What people have to correct, from stored appointments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from altegio_sync.domain.findings import FoundDocument, Group
from altegio_sync.domain.todo import TodoReport
from altegio_sync.domain.validation import RuleContext
from altegio_sync.usecases.todo import collect_stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

START = datetime(2026, 10, 7, 9, 30, tzinfo=UTC)
ZONES = {"77": ZoneInfo("Europe/Kyiv"), "78": ZoneInfo("Europe/Lisbon")}


class OneOfEachCompany:
    """Each rule finds an appointment of each company, with the same start."""

    async def find_groups(self, rule_id: str, context: RuleContext) -> AsyncIterator[Group]:
        del context
        for company in ZONES:
            yield (
                FoundDocument("1", f"{rule_id}-{company}", company, "9", "Марко", START, None, "1"),
            )


async def test_the_start_is_local_at_its_location() -> None:
    report = TodoReport()
    context = RuleContext(START)

    await collect_stored(OneOfEachCompany(), context, lambda each: ZONES[str(each)], report)

    hours = {(each.company_id, each.starts_at and each.starts_at.hour) for each in report.items}
    assert hours == {("77", 12), ("78", 10)}
