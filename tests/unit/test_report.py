"""What a run is known by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.report import new_run_id

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(MOMENTS, st.integers(1, 10**7))
def test_run_ids_sort_by_the_moment_at_which_the_runs_began(moment: datetime, later: int) -> None:
    other = moment + timedelta(milliseconds=later)

    assert new_run_id(moment) < new_run_id(other)
