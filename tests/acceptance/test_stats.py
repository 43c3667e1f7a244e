"""`altegio-sync stats`, end to end."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.acceptance.cli import NO_MONGODB

if TYPE_CHECKING:
    from tests.acceptance.cli import Cli

#: With the keys of what is an object, or a list of them.
KEYS: dict[str, set[str]] = {
    **{key: set() for key in ("command", "total", "active", "deleted", "trial", "warnings")},
    "by_status": {"status", "label", "count"},
    "top_teachers": {"teacherId", "teacherName", "count"},
    "top_services": {"serviceId", "serviceName", "count"},
    "dates": {"oldest", "newest", "last_30_days", "upcoming", "by_day"},
    "duplicates": {"appointment_ids", "extra_documents"},
    "last_run": {"run_id", "ok", "finished_at", "age_hours"},
}


def test_what_was_synced_is_shown(cli: Cli) -> None:
    empty = cli.run("stats")
    saved = cli.run("sync", "last-month", "--json").json["records"]["saved"]

    shown = cli.run("stats")
    report = cli.run("stats", "--json").json
    narrow = cli.run("stats", "--json", "--from", "2020-01-01", "--to", "2020-01-31").json

    assert empty.code == 0, empty.err + shown.err
    assert shown.code == 0, empty.err + shown.err
    assert f"total {saved} " in shown.out
    assert "Europe/Kyiv (of the last run)" in shown.out
    assert "The week by hour" in shown.out
    assert "\x1b" not in shown.out
    assert report.keys() >= KEYS.keys()
    for key, inner in KEYS.items():
        first = report[key][0] if isinstance(report[key], list) and inner else report[key]
        assert not inner or first.keys() >= inner
    assert report["dates"]["by_day"][0].keys() == {"date", "count"}
    assert report["total"] == saved
    assert report["last_run"]["ok"] is True
    assert narrow["total"] == 0


REPORTS = [
    *(["stats"], ["stats", "--json"], ["validate"], ["validate", "--json"]),
    *(["validate", "--fix", "--offline"], ["status"], ["status", "--json"]),
]


def test_a_report_of_an_unreachable_mongodb_is_an_error_on_stdout(cli: Cli) -> None:
    started_at = time.monotonic()
    processes = [cli.start(*arguments, **NO_MONGODB) for arguments in REPORTS]
    ended = [process.communicate(timeout=120) for process in processes]
    took_s = time.monotonic() - started_at

    assert [process.returncode for process in processes] == [3] * len(REPORTS)
    for arguments, (out, err) in zip(REPORTS, ended, strict=True):
        if "--json" in arguments:
            assert json.loads(out)["ok"] is False
        else:
            assert out.startswith("ERROR MongoDB cannot be reached: 127.0.0.1:9")
            assert out.count("\n") == 1
        assert "SECRET" not in out + err
    assert took_s >= 5  # of looking for a server


def test_wrong_dates_are_wrong_use(cli: Cli) -> None:
    ran = cli.run("stats", "--from", "2026-02-30")

    assert ran.code == 2
    assert "Invalid date format: '2026-02-30'" in ran.err


def test_clean_by_its_old_name(cli: Cli) -> None:
    by_old_name = cli.run("stats", "--clean", "--json", "--dry-run")
    clean = cli.run("clean", "--json", "--dry-run")

    assert by_old_name.code == clean.code
    assert by_old_name.out == clean.out
    assert clean.json == {"command": "clean", "appointment_ids": 0, "removed": 0} | clean.json
