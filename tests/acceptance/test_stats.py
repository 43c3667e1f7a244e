"""`altegio-sync stats`, end to end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.acceptance.cli import NO_MONGODB

if TYPE_CHECKING:
    from tests.acceptance.cli import Cli

KEYS = {
    *("command", "total", "active", "deleted", "trial", "by_status", "top_teachers"),
    *("top_services", "dates", "duplicates", "last_run", "warnings"),
}


def test_what_was_synced_is_shown(cli: Cli) -> None:
    empty = cli.run("stats")
    saved = cli.run("sync", "last-month", "--json").json["records"]["saved"]

    shown = cli.run("stats")
    report = cli.run("stats", "--json").json
    narrow = cli.run("stats", "--json", "--from", "2020-01-01", "--to", "2020-01-31").json

    assert (empty.code, shown.code) == (0, 0), empty.err + shown.err
    assert f"total {saved} " in shown.out
    assert "Europe/Kyiv (of the last run)" in shown.out
    assert "The week by hour" in shown.out
    assert "\x1b" not in shown.out
    assert report.keys() >= KEYS
    assert report["total"] == saved
    assert report["last_run"]["ok"] is True
    assert narrow["total"] == 0


def test_an_unreachable_mongodb_is_an_error_on_stdout(cli: Cli) -> None:
    stats = cli.run("stats", **NO_MONGODB)
    as_json = cli.run("stats", "--json", **NO_MONGODB)

    assert stats.code == as_json.code == 3
    assert stats.out.startswith("ERROR MongoDB cannot be reached: 127.0.0.1:9")
    assert as_json.json["ok"] is False
    assert "SECRET" not in stats.out + stats.err + as_json.out


def test_wrong_dates_are_wrong_use(cli: Cli) -> None:
    ran = cli.run("stats", "--from", "2026-02-30")

    assert (ran.code, "Invalid date format: '2026-02-30'" in ran.err) == (2, True)


def test_clean_by_its_old_name(cli: Cli) -> None:
    assert cli.run("stats", "--clean", "--json").json["command"] == "clean"
