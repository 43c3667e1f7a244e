"""`altegio-sync init`: from an empty folder to a first synced month, and what can go wrong."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from altegio_sync.cli import init_command
from altegio_sync.cli.init_command import InitOptions, run_init
from altegio_sync.sandbox import Locations, SandboxServer
from altegio_sync.settings_file import values_in
from tests.acceptance.cli import NO_MONGODB, PARTNER_TOKEN, USER_TOKEN, Cli, Ran
from tests.acceptance.test_interactive import CTRL_C, ENTER, Terminal

if TYPE_CHECKING:
    from pathlib import Path

CTRL_D = "\x04"
_LOGIN, _PASSWORD = "admin@example.com", "sandbox-password"


@pytest.fixture
def cli(tmp_path: Path, server: SandboxServer) -> Cli:
    """Nothing is set but where the sandbox is, and what the machine can start."""
    folder = tmp_path / "school"
    folder.mkdir()
    return Cli(
        folder,
        {
            "ALTEGIO_API_URL": server.url,
            "ALTEGIO_REQUESTS_PER_SECOND": "0",
            "ALTEGIO_REQUESTS_PER_MINUTE": "0",
            **machine_that_starts_programs(tmp_path),
        },
    )


def answer(cli: Cli, *lines: str, words: tuple[str, ...] = (), **changes: str | None) -> Ran:
    return cli.answer("".join(f"{each}\n" for each in lines), "init", *words, **changes)


def written(cli: Cli) -> dict[str, str]:
    return values_in((cli.folder / ".env").read_text())


def test_answers_line_by_line_are_tested_and_written(cli: Cli, db_uri: str) -> None:
    ran = answer(cli, PARTNER_TOKEN, USER_TOKEN, "", "", "", "", "8", db_uri, "y")

    assert ran.code == 0, ran.out + ran.err
    assert "the user sees 1 location." in ran.out
    assert "Location 77: Школа мов «Приклад» (Europe/Kyiv)" in ran.out
    assert "Last month has 620 bookings; 9 services." in ran.out
    assert " with a number of 8 digits, " in ran.out
    assert "Would store " in ran.out
    assert {name: value for name, value in written(cli).items() if name != "ALTEGIO_API_URL"} == {
        "ALTEGIO_COMPANY_ID": "77",
        "ALTEGIO_COMPANY_TOKEN": PARTNER_TOKEN,
        "ALTEGIO_USER_TOKEN": USER_TOKEN,
        "DB_URI": db_uri,
        "ALTEGIO_SERVICE_IDS": written(cli)["ALTEGIO_SERVICE_IDS"],
        "ALTEGIO_TRIAL_SERVICE_IDS": written(cli)["ALTEGIO_TRIAL_SERVICE_IDS"],
        "ALTEGIO_LEAD_ID": "crm",
        "ALTEGIO_CRM_ID_DIGITS": "8",
    }
    assert stat.S_IMODE((cli.folder / ".env").stat().st_mode) == 0o600
    for secret in (PARTNER_TOKEN, USER_TOKEN):
        assert secret not in ran.out + ran.err


def test_the_services_are_guessed_from_titles(cli: Cli, server: SandboxServer, db_uri: str) -> None:
    answer(cli, PARTNER_TOKEN, USER_TOKEN, "", "", "", "", "8", db_uri, "y")

    found = written(cli)
    school = server.school
    assert set(found["ALTEGIO_SERVICE_IDS"].split(",")) == school.individual_service_ids
    assert set(found["ALTEGIO_TRIAL_SERVICE_IDS"].split(",")) == school.trial_service_ids


@pytest.mark.parametrize(
    ("lines", "words", "code", "told"),
    [
        (["a b"], (), 2, "Invalid ALTEGIO_COMPANY_TOKEN"),
        ([""], (), 2, "a value is needed"),
        ([PARTNER_TOKEN, "wrong-token"], (), 3, "Altegio refused the tokens (401"),
        (["wrong-token", USER_TOKEN], (), 3, "Altegio refused the tokens (401"),
        ([PARTNER_TOKEN, USER_TOKEN, "78"], (), 3, "check ALTEGIO_COMPANY_ID"),
        ([PARTNER_TOKEN, USER_TOKEN, "Kyiv"], (), 2, "Invalid ALTEGIO_COMPANY_ID"),
        ([PARTNER_TOKEN, USER_TOKEN, "", "4711"], (), 2, "The input ended"),
        ([PARTNER_TOKEN, USER_TOKEN, "", "4711", ""], (), 2, "Altegio does not list 4711"),
        ([PARTNER_TOKEN, USER_TOKEN, "", "", "", "lead"], (), 2, "Invalid ALTEGIO_LEAD_ID"),
        ([PARTNER_TOKEN, _LOGIN, "guess"], ("--login",), 3, "refused the login (401)"),
        (["wrong-token", _LOGIN, _PASSWORD], ("--login",), 3, "refused the login (401)"),
    ],
)
def test_a_wrong_value_is_reported_at_once_and_nothing_is_written(
    cli: Cli, lines: list[str], words: tuple[str, ...], code: int, told: str
) -> None:
    ran = answer(cli, *lines, words=words)

    assert (ran.code, told in ran.err) == (code, True), ran.out + ran.err
    assert list(cli.folder.iterdir()) == []
    assert _PASSWORD not in ran.out + ran.err


@pytest.mark.parametrize(
    ("words", "settings", "told"),
    [
        (("--db-uri", "x"), {}, "DB_URI is not a MongoDB address"),
        (("--lead-id", "client", "--crm-id-digits", "x"), {}, "Invalid ALTEGIO_CRM_ID_DIGITS"),
        (
            (),
            {"ALTEGIO_USER_TOKEN": ""},
            "ALTEGIO_USER_TOKEN: a value is needed: set this variable",
        ),
        ((), {"ALTEGIO_USER_TOKEN_FILE": "x"}, "ALTEGIO_USER_TOKEN_FILE is set, and init would"),
    ],
    ids=["address", "not asked for", "no token", "file of a secret"],
)
def test_what_cannot_work_ends_before_the_first_request(
    cli: Cli, server: SandboxServer, words: tuple[str, ...], settings: dict[str, str], told: str
) -> None:
    tokens = {"ALTEGIO_COMPANY_TOKEN": PARTNER_TOKEN, "ALTEGIO_USER_TOKEN": USER_TOKEN}

    ran = cli.run("init", "--yes", *words, **tokens | settings)

    assert (ran.code, told in ran.err) == (2, True), ran.err
    assert (server.requests, list(cli.folder.iterdir())) == ([], [])


def test_digits_beside_a_pattern_are_refused_and_not_written(cli: Cli, db_uri: str) -> None:
    ran = cli.run(
        *("init", "--yes", "--crm-id-digits", "8"),
        ALTEGIO_COMPANY_TOKEN=PARTNER_TOKEN,
        ALTEGIO_USER_TOKEN=USER_TOKEN,
        ALTEGIO_CRM_ID_PATTERN="(?P<id>[0-9]+)",
        DB_URI=db_uri,
    )

    assert ran.code == 2
    assert "ALTEGIO_CRM_ID_PATTERN" in ran.err
    assert list(cli.folder.iterdir()) == []


def test_a_missing_address_names_its_option(cli: Cli) -> None:
    ran = cli.run(
        *("init", "--yes"), ALTEGIO_COMPANY_TOKEN=PARTNER_TOKEN, ALTEGIO_USER_TOKEN=USER_TOKEN
    )

    assert "DB_URI: a value is needed: add --db-uri, or set this variable" in ran.err


def test_a_dead_mongodb_is_reported_and_nothing_is_written(cli: Cli) -> None:
    ran = answer(
        cli,
        *(PARTNER_TOKEN, USER_TOKEN, "", "", "", "", "8", NO_MONGODB["DB_URI"]),
        PYTHONWARNINGS=NO_MONGODB["PYTHONWARNINGS"],
    )

    assert ran.code == 3
    assert "MongoDB" in ran.err
    assert "SECRET" not in ran.out + ran.err
    assert list(cli.folder.iterdir()) == []


def test_the_token_comes_from_a_login(cli: Cli, db_uri: str) -> None:
    ran = answer(
        cli,
        *(PARTNER_TOKEN, _LOGIN, _PASSWORD, "", "", "", "", "8", db_uri, "y"),
        words=("--login",),
    )

    assert ran.code == 0, ran.err
    assert written(cli)["ALTEGIO_USER_TOKEN"] == USER_TOKEN
    shown = ran.out + ran.err + (cli.folder / ".env").read_text()
    assert _PASSWORD not in shown
    assert _LOGIN not in shown


def test_a_second_factor_is_explained(cli: Cli, server: SandboxServer) -> None:
    server.asks_second_factor = True

    ran = answer(cli, PARTNER_TOKEN, _LOGIN, _PASSWORD, words=("--login",))

    assert ran.code == 3
    assert "second factor" in ran.err


def test_nothing_is_asked_with_yes_and_the_month_is_synced(cli: Cli, db_uri: str) -> None:
    ran = cli.run(
        *("init", "--yes", "--crm-id-digits", "8", "--sync"),
        ALTEGIO_COMPANY_TOKEN=PARTNER_TOKEN,
        ALTEGIO_USER_TOKEN=USER_TOKEN,
        DB_URI=db_uri,
    )
    again = cli.run("sync", "last-month", "--json")

    assert ran.code == 0, ran.err
    assert "?" not in ran.out
    assert "Not written: ALTEGIO_REQUESTS_PER_SECOND" in ran.out
    assert "Stored " in ran.out
    assert again.json["records"]["duplicates"] > 0


def test_an_existing_file_keeps_its_lines_and_is_replaced_only_after_a_yes(
    cli: Cli, db_uri: str
) -> None:
    file = cli.folder / ".env"
    old = "# ours\nALTEGIO_USER_TOKEN=old # from May\n\nALTEGIO_PING_URL=\nOTHER='x y'\n"
    old += f"DB_URI={db_uri}\n"
    file.write_text(old)
    lines = [PARTNER_TOKEN, USER_TOKEN, "", "", "", "", "8", ""]

    refused = answer(cli, *lines, "n")
    kept = file.read_text()
    # No is proposed where the value comes from the environment.
    cli.settings["ALTEGIO_USER_TOKEN"] = USER_TOKEN
    from_environment = answer(cli, PARTNER_TOKEN, *[""] * 5, "8", "", "")
    kept_then = file.read_text()
    del cli.settings["ALTEGIO_USER_TOKEN"]
    unasked = cli.run(
        "init", "--yes", ALTEGIO_COMPANY_TOKEN=PARTNER_TOKEN, ALTEGIO_USER_TOKEN=USER_TOKEN
    )
    kept_again = file.read_text()
    replaced = answer(cli, *lines, "")

    assert (refused.code, kept) == (0, old), refused.err
    assert "other values for ALTEGIO_USER_TOKEN. Replace them?" in refused.out
    assert "Nothing was written" in refused.out
    assert (from_environment.code, kept_then) == (0, old), from_environment.err
    assert "Nothing was written" in from_environment.out
    assert (unasked.code, kept_again) == (2, old), unasked.out
    assert "add --replace" in unasked.err
    assert replaced.code == 0
    new = file.read_text()
    assert new.startswith(old.replace("=old ", f"={USER_TOKEN} "))
    assert "ALTEGIO_COMPANY_ID=77\n" in new
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_on_a_terminal_from_an_empty_folder_to_a_synced_month(cli: Cli, db_uri: str) -> None:
    terminal = Terminal(cli, "init", SYSTEMD="degraded")

    terminal.wait_for("Partner token")
    terminal.type("wrong-token" + ENTER)
    terminal.wait_for("User token")
    terminal.type(USER_TOKEN + ENTER)
    terminal.wait_for("Altegio refused the tokens (401")
    terminal.wait_for("Partner token")
    terminal.type(PARTNER_TOKEN + ENTER)
    terminal.wait_for("User token")
    terminal.type(ENTER)  # keeps the token
    terminal.wait_for("the user sees 1 location")
    terminal.wait_for("Location (its number")
    terminal.type("8" + ENTER)  # 778
    terminal.wait_for("check ALTEGIO_COMPANY_ID")
    terminal.wait_for("Location (its number")
    terminal.type("\x7f" + ENTER)
    terminal.wait_for("Школа мов «Приклад»")
    terminal.wait_for("individual lessons?")
    terminal.wait_for("booked")
    terminal.type(ENTER)
    terminal.wait_for("Індивідуальний урок 60 хв")
    terminal.wait_for("trial lessons?")
    terminal.wait_for("booked")
    terminal.type(ENTER)
    terminal.wait_for("Which number is a pupil's leadId")
    terminal.type(ENTER)
    terminal.wait_for("How many digits")
    terminal.type("\x7f" * 5 + "7-8" + ENTER)
    terminal.wait_for("MongoDB (")
    terminal.type("mongodb://u:SECRET@127.0.0.1" + ENTER)
    terminal.wait_for("u:******")
    terminal.wait_for("DB_URI")
    terminal.wait_for("MongoDB (")
    terminal.type("\x7f" * 28 + db_uri + ENTER)
    terminal.wait_for("Would store ")
    terminal.wait_for("Write these settings")
    terminal.type(ENTER)
    terminal.wait_for("Written: ")
    terminal.wait_for("Bring last month now?")
    terminal.type(ENTER)
    terminal.wait_for("Stored ")
    terminal.wait_for("start the timers now?")
    terminal.type("y" + ENTER)
    terminal.wait_for("Reading what changed in the last 7 days")
    terminal.wait_for("The timers run")

    assert terminal.end() == 0
    assert f"EnvironmentFile={cli.folder}/.env\n" in unit(cli, "altegio-changes.service")
    assert "enable --now altegio-changes.timer altegio-sync.timer" in called(cli)
    assert not tab(cli).exists()
    assert cli.run("changes", "-q").code == 0


@pytest.mark.usefixtures("catalog")
def test_on_a_terminal_everything_is_in_ukrainian(cli: Cli, db_uri: str) -> None:
    terminal = Terminal(cli, "init", "--lang", "uk", SYSTEMD="running")
    shown = ""
    for begin, keys in (
        ("Токен партнера", PARTNER_TOKEN),
        ("Токен користувача", ""),
        ("Логін", _LOGIN),
        ("Пароль", _PASSWORD),
        ("Філія (", ""),
        ("індивідуальні уроки?", ""),
        ("пробні уроки?", ""),
        ("Який номер ліда", ""),
        ("Скільки цифр", ""),
        ("MongoDB (", db_uri),
        ("Записати ці налаштування", "так"),
        ("Завантажити записи за минулий місяць зараз?", "ні"),
        ("запустити таймери зараз?", ""),
        ("Додати їх до вашого crontab зараз?", "так"),
        ("Рядки додано у ваш crontab", ""),
    ):
        shown += terminal.seen
        terminal.wait_for(begin)
        terminal.type(keys + ENTER)

    assert terminal.end() == 0
    assert values_in((cli.folder / ".env").read_text())["ALTEGIO_LANG"] == "uk"
    assert _PASSWORD not in shown + terminal.seen
    assert "done (" not in shown


@pytest.mark.parametrize(("answers", "key"), [(0, CTRL_C), (1, CTRL_C), (2, CTRL_C), (0, CTRL_D)])
def test_ctrl_c_on_a_terminal_leaves_and_says_the_way_on(cli: Cli, answers: int, key: str) -> None:
    """At a hidden answer, at a shown answer, and at a list to tick."""
    terminal = Terminal(cli, "init")
    terminal.wait_for("Partner token")
    if answers:
        terminal.type(PARTNER_TOKEN + ENTER)
        terminal.wait_for("User token")
        terminal.type(USER_TOKEN + ENTER)
        terminal.wait_for("Location (its number")
    if answers > 1:
        terminal.type(ENTER)
        terminal.wait_for("individual lessons?")
    terminal.type(key)
    terminal.wait_for("Nothing was written; altegio-sync init starts again.")

    assert terminal.end() == 130
    assert list(cli.folder.iterdir()) == []


def test_a_closed_terminal_leaves_as_ctrl_c_does(cli: Cli) -> None:
    terminal = Terminal(cli, "init")
    terminal.wait_for("Partner token")

    assert terminal.hang_up() == 130
    assert list(cli.folder.iterdir()) == []


def machine_that_starts_programs(folder: Path) -> dict[str, str]:
    """Settings with which `init` finds the programs `crontab`, `systemctl` and `loginctl`.

    These do nothing to the machine: they keep the lines in a file, and write down the calls.
    """
    programs = folder / "bin"
    programs.mkdir()
    for name, text in {"crontab": _CRONTAB, "systemctl": _SYSTEMCTL, "loginctl": "exit"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}")
        (programs / name).chmod(0o755)
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CRONTAB": str(folder / "tab"),
        "CALLS": str(folder / "calls"),
        "SYSTEMD_UNIT_PATH": str(folder / "units"),
    }


def tab(cli: Cli) -> Path:
    return cli.folder.parent / "tab"


def unit(cli: Cli, name: str) -> str:
    return (cli.folder.parent / "units" / name).read_text()


def called(cli: Cli) -> str:
    return (cli.folder.parent / "calls").read_text()


_CRONTAB = """
if [ "$1" = -l ]; then
    [ -z "$BROKEN" ] || { echo "crontab: cannot open the spool" >&2; exit 1; }
    [ -f "$CRONTAB" ] || { echo "no crontab for you" >&2; exit 1; }
    cat "$CRONTAB"
else
    [ -z "$REFUSES" ] || { echo "errors in crontab file" >&2; exit 1; }
    cat > "$CRONTAB"
fi
"""
_SYSTEMCTL = """
echo "$*" >> "$CALLS"
case "$*" in
    *is-system-running) echo "${SYSTEMD:-offline}"; exit 1;;
    *enable*) [ -z "$REFUSES" ] || { echo "Access denied" >&2; exit 1; };;
esac
"""


def install(cli: Cli, db_uri: str, *words: str, **changes: str) -> Ran:
    return cli.run(
        *("init", "--yes", "--install", *words),
        ALTEGIO_COMPANY_TOKEN=PARTNER_TOKEN,
        ALTEGIO_USER_TOKEN=USER_TOKEN,
        DB_URI=db_uri,
        **changes,
    )


def test_the_lines_for_cron_are_installed_once_and_no_line_is_lost(cli: Cli, db_uri: str) -> None:
    old = "MAILTO=office\n# ours\n0 1 * * * run # no line end"
    tab(cli).write_text(old)

    first = install(cli, db_uri)
    once = tab(cli).read_text()
    second = install(cli, db_uri, "--cron", SYSTEMD="running")

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert once.startswith(f"{old}\n# begin altegio-sync {cli.folder}/.env\n*/5 * * * *  cd ")
    assert once.count("\n") == 7
    assert tab(cli).read_text() == once
    assert cli.run("changes", "-q").code == 0
    assert "has these lines already" in second.out


@pytest.mark.parametrize("wrong", ["BROKEN", "REFUSES"])
def test_a_crontab_that_cannot_be_read_or_written_stays(cli: Cli, db_uri: str, wrong: str) -> None:
    tab(cli).write_text("0 1 * * * run\n")

    ran = install(cli, db_uri, **{wrong: "1"})

    assert ran.code == 1
    assert "crontab -e" in ran.err
    assert "changes -q" in ran.out
    assert tab(cli).read_text() == "0 1 * * * run\n"


def write_units(cli: Cli, db_uri: str, folder: str) -> Ran:
    return cli.run(
        *("init", "--yes", "--crm-id-digits", "8", "--units", folder),
        ALTEGIO_COMPANY_TOKEN=PARTNER_TOKEN,
        ALTEGIO_USER_TOKEN=USER_TOKEN,
        DB_URI=db_uri,
    )


def test_units_are_written_into_a_new_folder_that_systemd_can_read(cli: Cli, db_uri: str) -> None:
    ran = write_units(cli, db_uri, "new/units")

    folder = cli.folder / "new" / "units"
    assert ran.code == 0, ran.err
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert (folder / "altegio-sync.service").is_file()


def test_a_folder_for_units_that_cannot_be_made_is_refused_before_the_first_question(
    cli: Cli, db_uri: str
) -> None:
    (cli.folder / "file").write_text("mine")

    ran = write_units(cli, db_uri, "file/units")

    assert (ran.code, ran.out) == (2, "")
    assert "Cannot write file/units: Not a directory" in ran.err


def test_units_are_told_how_to_start_where_systemd_refuses(cli: Cli, db_uri: str) -> None:
    ran = install(cli, db_uri, SYSTEMD="running", REFUSES="1")

    assert ran.code == 1
    assert "systemd did not start the timers (Access denied)" in ran.err
    assert "enable --now altegio-changes.timer" in ran.err
    assert "altegio-sync" in unit(cli, "altegio-sync.service")
    assert not tab(cli).exists()


@dataclass
class Leaving:
    """A person who accepts every proposal, and presses Ctrl-C at a question."""

    answers: list[str]
    asks_again: bool = True

    def _next(self, default: str) -> str:
        if not self.answers:
            raise KeyboardInterrupt
        return self.answers.pop(0) or default

    def text(self, _question: object, default: str, _problem: object) -> str:
        return self._next(default)

    secret = address = text

    def tick(self, _question: object, _choices: object, ticked: list[str]) -> list[str]:
        return self._next(",".join(ticked)).split(",")

    def confirm(self, _question: object, *, default: bool = True) -> bool:
        return self._next("y" if default else "n") == "y"


def test_ctrl_c_at_each_question_loses_nothing(
    tmp_path: Path,
    server: SandboxServer,
    db_uri: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / ".env"
    monkeypatch.setenv("ALTEGIO_API_URL", server.url)
    monkeypatch.setenv("ALTEGIO_REQUESTS_PER_SECOND", "0")
    monkeypatch.setenv("ALTEGIO_REQUESTS_PER_MINUTE", "0")
    before_writing = [PARTNER_TOKEN, USER_TOKEN, "", "", "", "", "8", db_uri]

    for number in range(len(before_writing) + 1):
        person = Leaving(before_writing[:number])
        monkeypatch.setattr(init_command, "_typist", lambda person=person: person)
        file.write_text("# ours\nDB_URI=old\n")

        assert run_init(InitOptions(file)) == 130
        assert "Nothing was written; altegio-sync init starts again" in capsys.readouterr().out
        assert list(tmp_path.iterdir()) == [file]
        assert file.read_text() == "# ours\nDB_URI=old\n"
    person = Leaving([*before_writing, "y"])
    monkeypatch.setattr(init_command, "_typist", lambda: person)

    assert run_init(InitOptions(file)) == 130
    assert f"sync last-month --env-file {file} brings last month." in capsys.readouterr().out
    assert values_in(file.read_text())["DB_URI"] == db_uri


def test_of_many_locations_a_few_are_read(cli: Cli, db_uri: str) -> None:
    locations = Locations.made_up(7)
    with SandboxServer(locations, requests_per_second=0, requests_per_minute=0) as server:
        ran = cli.run(
            *("init", "--yes", "--company", "all"),
            ALTEGIO_API_URL=server.url,
            ALTEGIO_COMPANY_TOKEN="sandbox-partner-token",
            ALTEGIO_USER_TOKEN="sandbox-user-token",
            DB_URI=db_uri,
        )

    assert ran.code == 0, ran.err
    assert "Only the first 5 of 7 locations were read" in ran.out
    ids = written(cli)["ALTEGIO_SERVICE_IDS"].split(",")
    assert len(ids) == len(set(ids)) == 4
