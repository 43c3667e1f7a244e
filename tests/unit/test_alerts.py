"""People get a message when runs begin to fail and when they succeed again, and no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.alerts import Alert, AlertState, newer, plan_alert
from altegio_sync.notify.state_file import StateFile

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 10, 5, 3, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alerts_of(failures: list[bool], step: timedelta) -> list[str]:
    """What is said by runs that follow each other by ``step``; a dot where nothing is said."""
    state: AlertState | None = None
    said = []
    for number, has_failed in enumerate(failures):
        plan = plan_alert(state, NOW + number * step, has_failed=has_failed)
        said.append("." if plan is None else plan[0].value)
        state = state if plan is None else plan[1]
    return said


def test_an_alert_for_each_change_and_none_otherwise() -> None:
    well, fails = False, True
    assert alerts_of([well, well, fails, fails, well, well, fails, well], HOUR) == [
        *(".", ".", "fails", ".", "recovered", ".", "fails", "recovered")
    ]


def test_a_reminder_once_a_day() -> None:
    every_night = alerts_of([True] * 3, timedelta(days=1, seconds=-20))
    every_hour = alerts_of([True] * 60, HOUR)

    assert every_night == ["fails", "still fails", "still fails"]
    assert [number for number, each in enumerate(every_hour) if each != "."] == [0, 23, 46]


def test_a_failure_keeps_the_moment_when_it_began() -> None:
    state = AlertState(is_failing=True, since=NOW, said_at=NOW)

    plan = plan_alert(state, NOW + 30 * HOUR, has_failed=True)

    assert plan is not None
    assert plan[1].since == NOW


def test_an_alert_from_the_future_silences_nothing() -> None:
    later = NOW + timedelta(days=400)
    state = AlertState(is_failing=True, since=later, said_at=later)

    assert plan_alert(state, NOW, has_failed=True) is not None


@given(st.lists(st.booleans(), max_size=40))
def test_the_last_alert_is_true(failures: list[bool]) -> None:
    said = [each for each in alerts_of(failures, timedelta(minutes=5)) if each != "."]

    assert all(one != other for one, other in pairwise(said))
    if failures and failures[-1]:
        assert said[-1] == Alert.FAILS.value
    elif any(failures):
        assert said[-1] == Alert.RECOVERED.value
    else:
        assert said == []


def test_the_state_survives_on_the_disk(tmp_path: Path) -> None:
    state = AlertState(is_failing=True, since=NOW, said_at=NOW + HOUR)
    StateFile(tmp_path / "new", "db").write("kyiv/sync", state)

    found = StateFile(tmp_path / "new", "db").find("kyiv/sync")
    StateFile(tmp_path / "new", "db").forget("kyiv/sync")

    assert found == state
    assert StateFile(tmp_path / "new", "db").find("kyiv/sync") is None
    assert newer(found, None) == newer(None, found) == found


def test_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    for damage in (b"", b"[", b"[]", b'{"a": 7}', b'{"a": {"is_failing": 1}}', b"\xff"):
        (tmp_path / "alerts.json").write_bytes(damage)
        assert StateFile(tmp_path, "db").find("a") is None
    StateFile(tmp_path, "db").write("a", AlertState(is_failing=True, since=NOW, said_at=NOW))
    assert StateFile(tmp_path, "db").find("a") is not None


def test_two_databases_of_one_user_have_states_of_their_own(tmp_path: Path) -> None:
    early = AlertState(is_failing=True, since=NOW, said_at=NOW)
    late = AlertState(is_failing=True, since=NOW + HOUR, said_at=NOW + HOUR)
    one, other = StateFile(tmp_path, "one"), StateFile(tmp_path, "other")
    one.write("77/sync", early)
    other.write("77/sync", late)

    assert (one.find("77/sync"), other.find("77/sync")) == (early, late)
    one.forget("77/sync")
    assert (one.find("77/sync"), other.find("77/sync")) == (None, late)


def test_the_state_of_an_earlier_version_is_read_until_there_is_a_new_one(tmp_path: Path) -> None:
    stored = {"is_failing": True, "since": NOW.isoformat(), "said_at": NOW.isoformat()}
    (tmp_path / "alerts.json").write_text(json.dumps({"77/sync": stored}))
    file = StateFile(tmp_path, "db")

    assert file.find("77/sync") == AlertState(is_failing=True, since=NOW, said_at=NOW)
    file.forget("77/sync")
    assert file.find("77/sync") is None


def test_a_folder_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    file = StateFile(tmp_path / "file", "db")
    file.write("a", AlertState(is_failing=True, since=NOW, said_at=NOW))

    assert file.find("a") is None
