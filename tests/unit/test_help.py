"""Help pages and errors of wrong use, in both languages.

A process of its own for each language, since the pages are in one language from their import on.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import cache

import pytest

from tests.english_words import find_english_words

#: With a word of the error in English.
WRONG = {
    "sync": "Missing argument",
    "purge": "No such command",
    "sync --port": "No such option: --port (possible options: --prove)",
    "sync --prot": "No such option",
    "sync today --json=3": "does not take a value",
    "sync today --company": "requires an argument",
    "sync today tomorrow yesterday": "unexpected extra argument",
    "sync today --log-format x": "'x' is not one of 'text', 'json'",
    "sync today --lang x": "'x' is not one of 'uk', 'en'",
    "sandbox --latency a": "expected a number",
    "sandbox --port a": "expected a whole number",
    "sandbox --port 70000": "expected 65535 at most",
    "sandbox --companies 0": "expected 1 or more",
    "sandbox --company a": "expected a number",
    "trash purge": "Missing option",
    "stats --clean --html x": "shows no statistics",
    "stats --clean today": "works on all days",
    "stats --clean --company 7": "works on all companies",
    "backup verify": "name the backup",
    "backup a b": "one folder",
}
#: Kinds and limits of values, such as <int range> or [x>=1].
_KINDS = re.compile(r"<[^>]+>|\[[^\]]*x[<>=]+[^\]]*\]")
_ASK = """
import contextlib, io, json, os, sys
from altegio_sync.cli.language import speak
speak([], os.environ)
import typer
from altegio_sync.cli.app import app
found = {}
slow = ["babel", "httpx2", "jinja2", "prompt_toolkit", "pydantic", "pymongo", "structlog"]
commands = typer.main.get_command(app).commands
pages = [[], ["--help"], ["trash", "purge", "-h"], ["trash"]]
pages += ([each, "--help"] for each in commands)
for line in pages + json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        try:
            app(line, prog_name="altegio-sync")
        except SystemExit as error:
            found[" ".join(line)] = [error.code, out.getvalue()]
    if line == ["--help"]:
        found["imports"] = [0, " ".join(each for each in slow if each in sys.modules)]
json.dump(found, sys.stdout)
"""


@cache
def shown(language: str) -> dict[str, tuple[int, str]]:
    """Exit code and text of each help page and each wrong use."""
    ran = subprocess.run(
        [sys.executable, "-c", _ASK],
        input=json.dumps([each.split() for each in WRONG]),
        env=os.environ | {"ALTEGIO_LANG": language, "COLUMNS": "200", "TERM": "dumb"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return {line: (code, text) for line, (code, text) in json.loads(ran.stdout).items()}


@pytest.mark.usefixtures("catalog")
def test_no_help_page_and_no_error_shows_english_to_a_ukrainian() -> None:
    pages = {line: _KINDS.sub("", text) for line, (_, text) in shown("uk").items()}
    found = {line: find_english_words(text) for line, text in pages.items()}

    assert {line: english for line, english in found.items() if english} == {}


@pytest.mark.usefixtures("catalog")
def test_a_ukrainian_page_is_whole() -> None:
    code, page = shown("uk")["sync --help"]

    assert code == 0
    for each in ("Використання: altegio-sync sync", "Аргументи", "Параметри", "[обов’язково]"):
        assert each in page
    assert "[за замовчуванням: 24h]" in page
    assert "сьогодні, вчора" in page


def test_every_command_has_the_option() -> None:
    pages = {line: text for line, (_, text) in shown("en").items() if "help" in line}

    assert len(pages) > 20
    assert [line for line, text in pages.items() if "--lang " not in text] == []


@pytest.mark.parametrize("language", ["en", "uk"])
def test_a_help_page_waits_for_no_slow_import(language: str) -> None:
    assert shown(language)["imports"] == (0, "")


@pytest.mark.parametrize("line", WRONG)
def test_wrong_use_is_explained(line: str) -> None:
    code, text = shown("en")[line]

    assert code == 2
    assert WRONG[line] in text


def test_without_a_command_the_help_page_is_shown() -> None:
    assert shown("en")[""] == shown("en")["--help"]
    assert shown("en")["trash"][0] == 0


@pytest.mark.parametrize("page", ["--help", "sync --help", "trash purge -h"])
def test_a_flag_is_shown_without_a_type(page: str) -> None:
    assert "bool" not in shown("en")[page][1]
    assert "<uk|en>" in shown("en")[page][1]


#: What a shell runs to complete the last word.
COMPLETIONS = {
    "bash": {"COMP_WORDS": "altegio-sync trash pu", "COMP_CWORD": "2"},
    "zsh": {"_TYPER_COMPLETE_ARGS": "altegio-sync trash pu"},
    "fish": {
        "_TYPER_COMPLETE_ARGS": "altegio-sync trash pu",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    },
}


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_a_shell_completes_a_command(shell: str) -> None:
    environment = {"_ALTEGIO_SYNC_COMPLETE": f"complete_{shell}", **COMPLETIONS[shell]}

    ran = subprocess.run(
        [sys.executable, "-m", "altegio_sync"],
        env=os.environ | environment,
        capture_output=True,
        check=False,
        text=True,
    )

    assert "purge" in ran.stdout
    assert ran.stderr == ""
