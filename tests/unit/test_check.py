"""What `check` says of MongoDB's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from altegio_sync.ports import StoreState
from altegio_sync.usecases.check import Finding, Level, check_store

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offset_s", "ok", "text"),
    [(-0.02, True, "+0.0 s"), (0.26, True, "+0.3 s"), (-75.0, False, "-75.0 s")],
)
@time_machine.travel(NOW, tick=False)
def test_the_clock_is_held_against_ours(offset_s: float, ok: bool, text: str) -> None:
    server_time = NOW + timedelta(seconds=offset_s)

    finding = check_store(StoreState("6.0.5", 0, True, None, server_time))[-1]

    assert (finding.ok, finding.text) == (ok, f"{text} against ours")


def test_a_warning_lets_a_run_go_on() -> None:
    finding = Finding.warning("page size", "text", "what to do")

    assert (finding.ok, finding.level, finding.hint) == (True, Level.WARN, "what to do")
