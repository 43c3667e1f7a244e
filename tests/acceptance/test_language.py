"""Which language a command speaks: by its option, the environment, `.env`, a school, the locale."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.cli import COMMAND, Cli
from tests.acceptance.test_schools import schools, uris

# Used as fixtures.
__all__ = ["schools", "uris"]

pytestmark = pytest.mark.usefixtures("catalog")

ENGLISH, UKRAINIAN = "Needs attention", "Потребує уваги"


def first_line(cli: Cli, *arguments: str, **changes: str | None) -> str:
    out = cli.run("status", *arguments, **changes).out
    assert out, "no output"
    return out.splitlines()[0]


def test_a_crontab_without_a_locale_stays_in_english(cli: Cli) -> None:
    assert first_line(cli) == ENGLISH
    assert first_line(cli, LC_ALL="C.UTF-8", LANG="uk_UA.UTF-8") == ENGLISH


def test_a_ukrainian_locale_is_followed(cli: Cli) -> None:
    assert first_line(cli, LANG="uk_UA.UTF-8") == UKRAINIAN
    assert first_line(cli, "--lang", "en", LANG="uk_UA.UTF-8") == ENGLISH


def test_the_settings_file_names_the_language(cli: Cli) -> None:
    Path(cli.folder, ".env").write_text("ALTEGIO_LANG=uk\n")

    assert first_line(cli) == UKRAINIAN
    assert first_line(cli, ALTEGIO_LANG="en") == ENGLISH
    assert first_line(cli, "--lang", "en") == ENGLISH
    missing = cli.run("status", DB_URI=None)
    assert "бракує" in missing.err


def test_json_does_not_depend_on_the_language(cli: Cli) -> None:
    cli.run("sync", "yesterday", "-q")
    english, ukrainian = (cli.run("stats", "--json", "--lang", each).out for each in ("en", "uk"))
    texts = [cli.run("stats", "--lang", each).out for each in ("en", "uk")]

    assert texts[0] != texts[1]
    assert _without_age(english) == _without_age(ukrainian)


def _without_age(text: str) -> list[str]:
    return [line for line in text.splitlines() if '"age_hours"' not in line]


def test_each_school_has_its_language(schools: Cli) -> None:
    path = schools.folder / "schools.toml"
    name = 'name = "lviv"\n'
    path.write_text(path.read_text().replace(name, f'{name}language = "uk"\n'))

    assert first_line(schools, "--school", "kyiv") == ENGLISH
    assert first_line(schools, "--school", "lviv") == UKRAINIAN
    assert first_line(schools, "--school", "lviv", "--lang", "en") == ENGLISH
    both = schools.run("status", "--all-schools").out
    kyiv, lviv = both.split("lviv")
    assert ENGLISH in kyiv
    assert UKRAINIAN not in kyiv
    assert UKRAINIAN in lviv
    assert ENGLISH not in lviv


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "Використання"), ("cp1251", "Використання"), ("ascii", "????????????")],
)
def test_an_output_without_ukrainian_letters_is_no_failure(encoding: str, shown: str) -> None:
    """Not by the warm process: Python chooses the encoding at its start."""
    changes = {"PYTHONIOENCODING": encoding, "LC_ALL": "uk_UA.UTF-8"}
    ran = subprocess.run(
        [*COMMAND, "clean", "--help"], env=os.environ | changes, capture_output=True, check=True
    )

    assert f"{shown}: altegio-sync clean" in ran.stdout.decode(encoding)
