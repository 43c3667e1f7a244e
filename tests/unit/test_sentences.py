"""No sentence that a person reads is written outside of `messages/`."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import altegio_sync
from altegio_sync import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(altegio_sync.__file__).parent
ERRORS = {
    name
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, errors.AltegioSyncError)
}
#: What holds a message or shows it: errors, parts of reports, warnings, lines of the log.
SINKS = ERRORS | {"RunError", "Attention", "IndexProblem", "warn", "note", "_warn"}
METHODS = {"good", "bad", "warning", "info", "error", "debug", "warn", "note", "problem"}


def test_sentences_are_written_in_messages_alone() -> None:
    found = {str(path.relative_to(SOURCE)): list(_sentences(path)) for path in _modules()}

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_an_error_is_handed_on_by_its_message_and_not_by_its_english_text() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _is_sink(node.func)
        for given in node.args
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Name)
        if given.func.id == "str" and "error" in ast.unparse(given)
    ]

    assert found == []


def _modules() -> Iterator[Path]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "messages" not in path.relative_to(SOURCE).parts:
            yield path


def _sentences(path: Path) -> Iterator[str]:
    """Line and beginning of each sentence that is given to a sink, by itself or under a name."""
    module = ast.parse(path.read_text())
    of_module = _assigned(module.body)
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = {**of_module, **_assigned(list(ast.walk(function)))}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _is_sink(node.func):
                for given in _given(node, names):
                    yield f"{given.lineno}: {_words(given)[:60]}"


def _assigned(statements: list[ast.stmt] | list[ast.AST]) -> dict[str, list[ast.expr]]:
    names: dict[str, list[ast.expr]] = {}
    for each in statements:
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            names.setdefault(each.targets[0].id, []).append(each.value)
    return names


def _is_sink(called: ast.expr) -> bool:
    match called:
        case ast.Name(id=name):
            return name in SINKS
        case ast.Attribute(attr=name):
            return name in METHODS or name in SINKS
        case _:
            return False


def _given(call: ast.Call, names: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    for argument in [*call.args, *(each.value for each in call.keywords)]:
        for part in ast.walk(argument):
            if isinstance(part, ast.Call) and part is not argument and _is_sink(part.func):
                continue
            values = names.get(part.id, []) if isinstance(part, ast.Name) else [part]
            yield from (each for value in values for each in _texts(value))


def _texts(value: ast.AST) -> Iterator[ast.expr]:
    """Literals with words in them; a command to type is no sentence."""
    for each in [value] if isinstance(value, ast.Constant | ast.JoinedStr) else []:
        words = _words(each)
        if " " in words.strip() and not words.startswith("altegio-sync "):
            yield each


def _words(text: ast.AST) -> str:
    match text:
        case ast.Constant(value=str() as words):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(_words(each) or "{}" for each in parts)
        case _:
            return ""
