"""No text that a person may read is written in the commands: it comes from `messages/`."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import altegio_sync

if TYPE_CHECKING:
    from collections.abc import Iterator

CLI = Path(altegio_sync.__file__).parent / "cli"
#: Descriptions of metrics, and the sentences of typer that are replaced by ours.
FOR_PROGRAMS = {"render_metrics.py", "usage.py"}
#: Words, and parts of lines, that are alike in every language.
ALIKE = {
    *("ERROR ", "WARNING ", "ok  "),
    *("altegio-sync ", "\n$ altegio-sync ", "altegio-sync undo ", "trash purge", "backup verify"),
    *("export ", "export DB_URI=embedded"),
    *("{key} = [{ids}]", "{alias}={ids}", "No"),  # what is pasted into a settings file
}
#: Names inside the program: of styles, encodings, choices, and what rich replaces in a bar.
INSIDE = {"bold", "bold red", "dim cyan", "utf-8", "key ", "extra spaces", "two dates"}
INSIDE |= {"{task.description}", "{task.fields[", "CommandOptions"}
#: Of the page, and of a workbook.
IN_FILES = {
    *("<!doctype html>\n", "altegio-sync stats", "bar ", "light dark"),
    *("Content-Security-Policy", "width=device-width, initial-scale=1"),
    "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
    *("yyyy-mm-dd hh:mm", "docProps/custom.xml", 'name="', '"><vt:lpwstr>([a-z-]+)<'),
}
#: In JSON alone. It is printed before anything else of the program is imported.
IN_JSON = {"Interrupted before there was a result"}
#: Options, settings, codes, names of fields: one word that is no word of a sentence.
_ONE_NAME = re.compile(
    r"-*[a-z0-9_.\-]+|[A-Z_]+|[a-z]+(?:[A-Z][a-z]*)+|IsTrial|[a-z-]+/[a-z.0-9-]+|%[\w%: -]+"
)
#: What shows its arguments: there, one word is enough to be a text.
_SHOWING = {"print", "Text", "assemble", "append", "add_column", "add_row", "rule", "input"}


def test_every_text_for_people_comes_from_the_catalog() -> None:
    allowed = ALIKE | INSIDE | IN_FILES | IN_JSON
    found = [
        f"{path.relative_to(CLI)}:{line}: {text!r}"
        for path in _modules()
        for line, text in _texts(ast.parse(path.read_text()))
        if text not in allowed
    ]

    assert found == []


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("print('Nothing was changed.')", "Nothing was changed."),
        ("line = f'{count} bookings of {days}'", " bookings of "),
        ("table.add_column('count')", "count"),
        ("Text(f'{day} to')", " to"),
        ("HEADING = 'Teachers'", "Teachers"),
        ("Annotated[bool, typer.Option(help='Log every appointment.')]", "Log every appointment."),
    ],
)
def test_a_text_in_the_code_is_found(code: str, text: str) -> None:
    assert text in [each for _line, each in _texts(ast.parse(code))]


@pytest.mark.parametrize(
    "code",
    [
        "console.print(text, style='red')",
        "typer.Option('--dry-run', metavar='SPAN', help=_('Read everything.'))",
        "def run(each: Awaitable['SchoolResult']) -> None:\n    'Runs it.'",
        "found['appointmentId']",
        "re.compile('All days(?= of)')",
    ],
)
def test_what_is_no_text_is_let_pass(code: str) -> None:
    assert list(_texts(ast.parse(code))) == []


def test_only_help_pages_are_written_at_import() -> None:
    """Other modules are imported before the settings say which language is spoken."""
    pages = {CLI / "app.py", CLI / "options.py", *(CLI / "commands").glob("*.py")}
    found = [
        f"{path.relative_to(CLI.parent)}:{node.lineno}"
        for path in sorted(CLI.parent.rglob("*.py"))
        if path not in pages
        for node in _executed_at_import(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("render", "_", "translated")
    ]

    assert found == []


def _modules() -> Iterator[Path]:
    for path in sorted(CLI.rglob("*.py")):
        if path.relative_to(CLI).as_posix() not in FOR_PROGRAMS:
            yield path


def _texts(module: ast.Module) -> Iterator[tuple[int, str]]:
    left_out = {id(each) for node in ast.walk(module) for each in _not_shown(node)}
    shown = {
        id(each)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _SHOWING
        for argument in node.args
        for each in [argument, *getattr(argument, "values", [])]
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_word = id(node) in shown and re.fullmatch(r"[a-z]{2,}", node.value.strip())
            is_text = re.search(r"[A-Za-z]{2}", node.value) and not _ONE_NAME.fullmatch(node.value)
            if id(node) not in left_out and (is_word or is_text):
                yield node.lineno, node.value


def _not_shown(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, names of types, patterns, texts that are looked up in the catalog."""
    match node:
        case ast.Module(body=body) | ast.ClassDef(body=body) | ast.FunctionDef(body=body):
            yield from (each.value for each in body[:1] if isinstance(each, ast.Expr))
        case ast.AsyncFunctionDef(body=body):
            yield from (each.value for each in body[:1] if isinstance(each, ast.Expr))
        case ast.Call(func=ast.Name(id="_" | "cast" | "getattr"), args=args):
            yield from args
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="compile"), args=args):
            yield from args
        case ast.Call(keywords=keywords):
            # Placeholders of options are written in help pages of both languages.
            yield from (each.value for each in keywords if each.arg in ("metavar", "param_hint"))
        case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
            yield from ast.walk(value)
        case ast.Subscript(slice=inner):
            yield from (inner, *getattr(inner, "elts", []))
        case _:
            pass


def _executed_at_import(module: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(module):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from _executed_at_import(node)
