"""What the log contains: sentences with ids and counts, and never a secret."""

from __future__ import annotations

import json
import os
import pty
import sys
from contextlib import redirect_stderr
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.log import _File, configure_logging, get_logger, log_into, message
from altegio_sync.messages.language import in_language_of
from altegio_sync.messages.words import LINES, join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.log import LogFormat
    from altegio_sync.messages.language import Language

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=40)
#: The sentence below stands in every line, and a secret may happen to be a part of it.
OWN_WORDS = '{"at": "", "message": "", "level": "error", "event": "failed"} ERROR failed for'


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(secret=SECRETS)
def test_a_secret_in_an_errors_text_is_blotted_out(
    capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    if secret in OWN_WORDS or not secret.isalnum():
        return
    formats: tuple[LogFormat, ...] = ("text", "json")
    for log_format in formats:
        configure_logging(log_format, "info", [secret])

        get_logger().error("failed", message=f"failed for {secret}", code="x")

        told = capsys.readouterr().err
        assert secret not in told
        assert "***" in told


def test_a_line_for_machines_is_json_of_the_events_fields(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("json", "info")

    get_logger().warning("offsets_disagree", count=3)

    line = json.loads(capsys.readouterr().err)
    assert {name: line[name] for name in ("event", "level", "count")} == {
        "event": "offsets_disagree",
        "level": "warning",
        "count": 3,
    }


def test_a_text_with_braces_is_told_as_it_is() -> None:
    assert message("failed", {"message": "odd {braces} 100 %"}) == "odd {braces} 100 %"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"outcome": "saved", "reason": "", "detail": ""}, "Appointment 501: saved"),
        (
            {"outcome": "skipped", "reason": "no_crm_id", "detail": ""},
            "Appointment 501: skipped (no_crm_id)",
        ),
        (
            {"outcome": "skipped", "reason": "invalid", "detail": "date, length"},
            "Appointment 501: skipped (invalid: date, length)",
        ),
        (
            {"appointment_id": "", "outcome": "skipped", "reason": "invalid", "detail": "no id"},
            "Appointment without an id: skipped (invalid: no id)",
        ),
    ],
    ids=["saved", "skipped", "with more", "without an id"],
)
def test_what_became_of_an_appointment_is_a_sentence(fields: dict[str, str], line: str) -> None:
    assert message("appointment", {"appointment_id": "501"} | fields) == line


def test_what_became_of_an_appointment_is_reported_in_ukrainian() -> None:
    fields = {"appointment_id": "501", "outcome": "skipped", "reason": "no_crm_id", "detail": ""}

    with in_language_of("uk"):
        assert message("appointment", fields) == "Запис 501: не збережено (без номера CRM)"


def test_a_document_with_a_moment_of_the_future_is_not_called_foreign() -> None:
    line = message("passed_over", {"collection": "altegio-sync-locations", "sample": "77"})

    assert "did not write" not in line
    assert "or a clock was wrong" in line


def test_a_line_that_can_be_written_nowhere_any_more_ends_nothing() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as terminal, redirect_stderr(terminal):
        os.close(ours)
        configure_logging("text", "info")

        get_logger().warning("stopping")

        with pytest.raises(OSError, match="Input/output error"):
            sys.stderr.flush()
        # What could not be written shall not be tried again when the file is closed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), theirs)


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("language", "days", "line"),
    [
        ("en", (1, 31), "Syncing 2026-10-01 to 2026-10-31 (UTC), company 77"),
        ("en", (1, 1), "Syncing 2026-10-01 (UTC), company 77"),
        ("uk", (1, 1), "Синхронізація за 1 жовтня 2026 (UTC), філія 77"),
    ],
)
def test_days_are_written_as_the_language_does_but_in_json(
    capsys: pytest.CaptureFixture[str], language: Language, days: tuple[int, int], line: str
) -> None:
    first, last = (date(2026, 10, day) for day in days)
    fields = {"first": first, "last": last, "timezone": "UTC", "company_id": "77"}
    configure_logging("json", "info")

    with in_language_of(language):
        assert message("sync_started", fields) == line
        get_logger().info("sync_started", **fields)

    told = json.loads(capsys.readouterr().err)
    assert (told["first"], told["last"]) == (str(first), str(last))


@pytest.fixture
def log_path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "sync.log"
    log_into(path)
    yield path
    _File.path, _File.has_failed = None, False


def test_a_log_file_has_also_what_quiet_keeps_from_the_screen(
    log_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("text", "warning", ["geheim"])

    get_logger().info("failed", message="went on")
    get_logger().warning("failed", message="of geheim")
    get_logger().debug("failed", message="small")

    assert capsys.readouterr().err == "WARNING of ***\n"
    lines = log_path.read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["INFO went on", "WARNING of ***"]
    assert [datetime.fromisoformat(line.partition(" ")[0]).tzinfo for line in lines] == [UTC, UTC]
    assert log_path.stat().st_mode & 0o777 == 0o600


def test_a_log_file_may_be_rotated_and_is_only_added_to(log_path: Path) -> None:
    log_path.write_text("before\n")
    configure_logging("json", "debug")
    get_logger().info("failed", message="one")
    log_path.rename(log_path.with_suffix(".1"))

    get_logger().debug("failed", message="two")

    old = log_path.with_suffix(".1").read_text().splitlines()
    assert (old[0], json.loads(old[1])["message"]) == ("before", "one")
    assert json.loads(log_path.read_text())["message"] == "two"


def test_a_full_disk_is_reported_once_and_fails_nothing(
    log_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_into(Path("/dev/full"))
    configure_logging("text", "warning")

    for _ in range(3):
        get_logger().warning("failed", message="went on")

    told = capsys.readouterr().err.splitlines()
    assert told.count("WARNING went on") == 3
    assert [line for line in told if "went on" not in line] == [
        "WARNING The log file /dev/full cannot be written, and the run goes on: "
        "No space left on device"
    ]
    assert log_path.read_text() == ""


@pytest.mark.parametrize("name", ["missing/sync.log", ""], ids=["no folder", "a folder"])
def test_a_path_that_cannot_be_written_is_refused_at_once(
    log_path: Path, tmp_path: Path, name: str
) -> None:
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        log_into(tmp_path / name)
    assert log_path.read_text() == ""


def test_in_the_journal_each_line_has_its_level(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    configure_logging("text", "info")

    get_logger().info("failed", message="went on")
    get_logger().error("failed", message=join(LINES, ["one", "two"]))

    assert capfd.readouterr().err == "<6>INFO went on\n<3>ERROR one\n<3>two\n"


def test_outside_the_journal_no_line_has_a_level_in_figures(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")  # of a service that sent stderr elsewhere
    configure_logging("text", "info")

    get_logger().info("failed", message="went on")

    assert capfd.readouterr().err == "INFO went on\n"
