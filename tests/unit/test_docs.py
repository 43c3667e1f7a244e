"""The docs name every command, setting, exit code and public name."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
import typer
from rich.text import Text

import altegio_sync
from altegio_sync.cli.app import app
from altegio_sync.config import Settings
from hatch_build import CATALOGS

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T", bound=ast.AST)
ROOT = Path(__file__).parents[2]
ALIASES = sorted(str(each.validation_alias) for each in Settings.model_fields.values())
#: Read by the commands, which find the settings there.
OUTSIDE_SETTINGS = [
    *("ALTEGIO_LANG", "ALTEGIO_SCHOOLS_FILE"),
    *("ALTEGIO_COMPANY_TOKEN_FILE", "ALTEGIO_USER_TOKEN_FILE"),
    *("ALTEGIO_HOOK_SECRET_FILE", "ALTEGIO_PAGE_PASSWORD_FILE"),
]
_GROUP = typer.main.get_command(app)
assert isinstance(_GROUP, typer.core.TyperGroup)
PICTURES = sorted([*ROOT.glob("docs/pictures/*"), *ROOT.glob("docs/uk/pictures/*")])
_COMMANDS = _GROUP.commands
COMMANDS = sorted(_COMMANDS)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_public_name_can_be_had_and_no_other() -> None:
    found = {name: getattr(altegio_sync, name) for name in altegio_sync.__all__}

    assert all(each.__name__ == name for name, each in found.items())
    assert altegio_sync.__all__ == sorted(altegio_sync.__all__)
    assert dir(altegio_sync) == altegio_sync.__all__
    with pytest.raises(AttributeError, match="nothing_like_it"):
        altegio_sync.nothing_like_it  # noqa: B018 - that it raises is what is asked


def in_both_languages(page: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", [f"docs/{page}", f"docs/uk/{page}"])


@in_both_languages("library.md")
def test_every_public_name_is_in_the_librarys_page(page: str) -> None:
    assert [name for name in altegio_sync.__all__ if name not in read(page)] == []


def test_the_tokens_in_the_librarys_examples_are_taken() -> None:
    for token, user_token in re.findall(r'AltegioApi\("(.*?)", "(.*?)"', read("docs/library.md")):
        altegio_sync.AltegioApi(token, user_token)  # raises where it refuses one


def test_the_slow_tests_find_their_commands_in_the_readme() -> None:
    from tests.slow import readme  # reads README, and fails where a sentence is missing

    assert readme.PIP_INSTALL.startswith("python3 -m venv")
    assert readme.INIT == "altegio-sync init"


PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
#: Five fields of time, then what is run.
CRON_LINE = re.compile(r"^[0-9*/,-]+(?: +[0-9*/,-]+){4} {2,}(?P<command>\S.*)$", re.MULTILINE)


def test_there_is_one_crontab_and_each_of_its_lines_has_its_path() -> None:
    crontab = [each[0] for each in CRON_LINE.finditer(read("README.md"))]
    others = {line[0] for page in PAGES for line in CRON_LINE.finditer(page.read_text("utf-8"))}

    assert len(crontab) == 5
    assert others == set(crontab)
    assert [line for line in crontab if "PATH=" not in line] == []
    # A line of its own is not expanded by cron, and is lost where one line is copied.
    assert [page.name for page in PAGES if re.search("^PATH=", page.read_text("utf-8"), re.M)] == []


@pytest.mark.parametrize("page", ["docs/settings.md", "docs/uk/settings.md", ".env.example"])
def test_every_setting_is_documented_and_nothing_else(page: str) -> None:
    named = set(re.findall(r"\b(?:ALTEGIO_[A-Z_]+[A-Z]|DB_URI)\b", read(page)))

    assert named == {*ALIASES, *OUTSIDE_SETTINGS}


def test_no_word_of_a_help_is_taken_for_markup() -> None:
    helps = {
        f"{name} {each.name}": str(text)
        for name, command in _COMMANDS.items()
        for each in command.params
        if (text := getattr(each, "help", None))
    }

    shown = {name: Text.from_markup(help_).plain for name, help_ in helps.items()}

    assert shown == {name: help_.replace("\\[", "[") for name, help_ in helps.items()}
    assert "[default: 24h]" in shown["sync max_age"]


@pytest.mark.parametrize("page", ["README.md", "README.uk.md"])
def test_every_command_and_exit_code_is_in_the_readme(page: str) -> None:
    text = read(page)

    assert [each for each in COMMANDS if f"altegio-sync {each}" not in text] == []
    assert [code for code in ("0", "1", "2", "3", "130") if f"| {code} |" not in text] == []


@pytest.mark.parametrize("page", ["README.md", "README.uk.md"])
def test_the_readme_tells_what_to_do_about_the_messages_people_know(page: str) -> None:
    text = read(page)

    for beginning in (
        "Missing required environment variables",
        "Invalid date format",
        "Teacher not found",
        "Error fetching appointments",
        "Rate limit exceeded",
    ):
        assert beginning in text


@pytest.mark.parametrize(
    ("page", "folder"), [("README.md", "docs/pictures"), ("README.uk.md", "docs/uk/pictures")]
)
def test_the_readme_shows_every_picture_and_says_what_is_on_it(page: str, folder: str) -> None:
    shown = re.findall(r"!\[[^]]{20,}\]\(([^)]+)\)", read(page))

    assert sorted(shown) == sorted(
        f"{folder}/{each.name}" for each in PICTURES if each.parent == ROOT / folder
    )
    assert len(shown) == 5


@pytest.mark.parametrize("picture", PICTURES, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_picture_is_small_and_asks_nothing_of_a_network(picture: Path) -> None:
    content = picture.read_bytes()

    assert len(content) < 200_000
    if picture.suffix == ".svg":
        named = re.sub(r'xmlns="[^"]*"', "", content.decode())
        assert re.findall(r"https?:|@font-face|@import|<script|url\((?!#)", named) == []


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")))
def test_links_between_the_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [each for each in targets if not (page.parent / each).exists()] == []


@cache
def _sources() -> list[ast.Module]:
    """Parsed by the test that needs them: every process of the tests imports this file."""
    return [ast.parse(each.read_text("utf-8")) for each in (ROOT / "src").rglob("*.py")]


def _nodes(kind: type[T]) -> Iterator[T]:
    return (node for tree in _sources() for node in ast.walk(tree) if isinstance(node, kind))


def _text(node: ast.expr) -> str:
    """The text of a literal, with "…" in place of each value."""
    match node:
        case ast.Constant(value=str() as text):
            return re.sub(r"\{[a-z_0-9:.%]*\}", "…", text)
        case ast.JoinedStr(values=parts):
            return "".join(_text(each) for each in parts)
        case _:
            return "…"


@cache
def _literals() -> str:
    found = [*_nodes(ast.Constant), *_nodes(ast.JoinedStr)]
    return "\n".join(text for each in found if (text := _text(each)) != "…")


#: The messages of sections 2 to 8, without the lines of `check`.
QUOTES = re.compile(r"^\| [2-8]\.[0-9]+ \| `(?!FAIL)([^`]+)`", re.MULTILINE)


def test_every_quoted_message_is_one_of_the_program() -> None:
    quotes = QUOTES.findall(read("docs/troubleshooting.md"))

    parts = [part.strip() for quote in quotes for part in quote.split("…")]

    assert len(quotes) > 60
    assert [each for each in parts if each not in _literals()] == []


@cache
def _in_ukrainian() -> str:
    """The sentences of the catalog, with "…" in place of each value."""
    [catalog] = ROOT.glob(CATALOGS)
    return re.sub(r"\{[^}]*\}", "…", catalog.read_text("utf-8").replace('\\"', '"'))


def test_every_message_that_is_quoted_in_ukrainian_is_one_of_the_program() -> None:
    quotes = QUOTES.findall(read("docs/uk/troubleshooting.md"))

    parts = [part.strip() for quote in quotes for part in quote.split("…")]

    assert len(quotes) > 60
    assert [each for each in parts if each not in _in_ukrainian()] == []


@pytest.mark.parametrize("page", ["README.md", "README.uk.md"])
def test_the_figures_of_a_shown_summary_have_the_names_of_the_program(page: str) -> None:
    blocks = re.findall(r"```console\n(.*?)```", read(page), re.DOTALL)

    names = re.findall(r"^  ([^\W\d][^\d\n]*?)  +\S", "\n".join(blocks), re.MULTILINE)

    assert len(names) > 8
    if "uk" in page:
        assert [each for each in names if f'msgstr "{each}"' not in _in_ukrainian()] == []
    else:
        assert [each for each in names if f"\n{each}\n" not in _literals()] == []


@in_both_languages("troubleshooting.md")
def test_the_rows_of_the_troubleshooting_page_are_numbered_without_a_gap(page: str) -> None:
    sections = re.findall(r"^## ([0-9]+)\. ", read(page), re.M)
    rows = re.findall(r"^\| ([0-9]+)\.([0-9]+) \|", read(page), re.M)

    assert sections == [str(each + 1) for each in range(len(sections))]
    for section in sections:
        numbers = [int(number) for of, number in rows if of == section]
        assert numbers == list(range(1, len(numbers) + 1))


def test_every_code_of_an_error_is_explained() -> None:
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", read("docs/troubleshooting.md"), re.M))
    in_source = {
        node.args[0].value
        for node in _nodes(ast.Call)
        if isinstance(node.func, ast.Name) and node.func.id == "RunError" and node.args
        if isinstance(node.args[0], ast.Constant)
    }

    assert {"config", "lease_held", "incomplete"} <= explained
    warnings = {"no_service_list", "company_missing", "zone_changed"}
    assert in_source - explained <= warnings
    assert [each for each in explained if f"\n{each}\n" not in _literals()] == []


def test_every_failure_of_check_is_explained() -> None:
    explained = set(re.findall(r"`FAIL ([A-Za-z ]+?)(?: …)?`", read("docs/troubleshooting.md")))

    for name in explained - {"company"}:
        assert f"\n{name}\n" in _literals()
    assert explained >= {"company", "time zone", "timetable", "staff", "services", "collection"}
    assert explained >= {"MongoDB", "MongoDB rights", "MongoDB features", "index", "clock"}


def test_every_path_of_the_architecture_exists() -> None:
    named = set(re.findall(r"`([A-Za-z_.]+(?:/[A-Za-z_.]*)+|[A-Za-z_]+\.(?:py|md)|\.env\.example)`",
                           read("docs/architecture.md")))  # fmt: skip

    missing = [
        each
        for each in sorted(named)
        if not any((base / each).exists() for base in (ROOT, ROOT / "src" / "altegio_sync"))
        and not (ROOT / "src" / "altegio_sync" / "mongo" / each).exists()
    ]

    assert len(named) > 60
    assert missing == []
