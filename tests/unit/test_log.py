"""What the log contains: sentences with ids and counts, and never a secret."""

from __future__ import annotations

import json
import os
import pty
import sys
from contextlib import redirect_stderr
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.log import configure_logging, get_logger, message
from altegio_sync.messages.language import in_language_of

if TYPE_CHECKING:
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
        assert message("appointment", fields) == "Запис 501: пропущено (без номера CRM)"


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
