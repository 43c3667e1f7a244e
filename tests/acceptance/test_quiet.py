"""`-q`, for cron: a command prints only what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from pymongo import MongoClient

from altegio_sync.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.cli import Cli


def test_every_command_with_a_result_has_the_option() -> None:
    root: Any = typer.main.get_command(app)
    commands = {**root.commands, "purge": root.commands["trash"].commands["purge"]}
    options = {
        name: {option for each in command.params for option in each.opts}
        for name, command in commands.items()
    }
    with_result = {name for name, known in options.items() if "--json" in known}

    assert {name for name in with_result if "-q" not in options[name]} == set()
    assert len(with_result) == 18


def test_nothing_is_printed_while_all_is_well(cli: Cli, db_uri: str, tmp_path: Path) -> None:
    cli.run("sync", "yesterday", "-q")
    with MongoClient[dict[str, Any]](db_uri) as client:
        appointments = client.get_default_database()["altegio-appointments"]
        odd = appointments.find_one_and_update({}, {"$set": {"teacherName": " Іра "}})
    assert odd is not None
    cli.run("validate", "--fix", "--offline", "-q")
    repair = cli.run("undo", "--json").json["runs"][0]["run_id"]
    cli.run("backup", "night", "-q")

    ran = {
        line: cli.run(*line.split(), "-q")
        for line in (
            *("stats", "stats yesterday --html page.html", "stats --clean", "services"),
            *("todo todo.csv --period yesterday", "restore night", f"undo {repair}", "undo"),
            *("companies", "trash purge --older-than 90d", "runs --limit 1"),
        )
    }
    checked = cli.run("check", "-q")

    assert {line: (each.code, each.out, each.err) for line, each in ran.items()} == dict.fromkeys(
        ran, (0, "", "")
    )
    assert (tmp_path / "page.html").is_file()
    assert (tmp_path / "todo.csv").is_file()
    assert {line.split()[0] for line in checked.out.splitlines()} <= {"warn", "FAIL"}


def test_what_needs_attention_is_printed(cli: Cli) -> None:
    cli.run("sync", "yesterday", ALTEGIO_USER_TOKEN="wrong-token")

    stats = cli.run("stats", "-q")
    todo = cli.run("todo", "--period", "last-month", "-q")
    runs = cli.run("runs", "-q")

    assert [line.split()[0] for line in stats.out.splitlines()] == ["ERROR"]
    assert "no CRM id" in todo.out
    assert len(runs.out.splitlines()) == 1
    assert "failed" in runs.out
