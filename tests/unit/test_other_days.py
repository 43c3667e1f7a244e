"""An answer with other days than the requested ones is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.period import Period
from altegio_sync.errors import UnexpectedAnswerError
from altegio_sync.ports import Page, PageQuery
from altegio_sync.usecases.reading.other_days import refuse_other_days
from tests.fakes import booking

KYIV = ZoneInfo("Europe/Kyiv")
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def asked(period: Period | None) -> PageQuery:
    return PageQuery("77", period, KYIV, 1, 50)


def page(*starts: datetime | None) -> Page:
    rows = [booking(str(500 + n), starts_at=start) for n, start in enumerate(starts)]
    return Page(rows, rows=len(rows), total=len(rows))


ONE_DAY = Period.of_days(date(2026, 3, 2), date(2026, 3, 2))
FAR = DAY + timedelta(days=40)


@pytest.mark.parametrize("starts", [(FAR,), (FAR, None, FAR), (DAY - timedelta(days=3),)])
def test_rows_of_other_days_alone_are_refused(starts: tuple[datetime | None, ...]) -> None:
    with pytest.raises(UnexpectedAnswerError, match="of other days"):
        refuse_other_days(asked(ONE_DAY), page(*starts))


@pytest.mark.parametrize(
    "starts", [(), (None,), (DAY,), (FAR, DAY), (DAY + timedelta(hours=30),)], ids=str
)
def test_an_empty_page_and_one_with_a_row_of_these_days_are_taken(
    starts: tuple[datetime | None, ...],
) -> None:
    refuse_other_days(asked(ONE_DAY), page(*starts))


def test_a_list_that_is_not_by_days_has_rows_of_any_day() -> None:
    refuse_other_days(asked(None), page(FAR))


def test_days_at_the_ends_of_the_calendar_can_be_asked_for() -> None:
    earliest = Period.of_days(date(1, 1, 2), date(1, 1, 3))

    with pytest.raises(UnexpectedAnswerError):
        refuse_other_days(asked(earliest), page(DAY))
