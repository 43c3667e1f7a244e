"""No sentence that a person reads is written outside of `messages/`."""

from __future__ import annotations

import ast
import inspect
import re
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
TEMPLATES = sorted(SOURCE.glob("html/templates/*.html"))
_IN_TEMPLATE = re.compile(r"\b([a-z_]+)\.([A-Z][A-Z0-9_]+)\b")
#: Comments, expressions and statements of a template, and the elements of HTML.
_NO_WORDS = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
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


def test_templates_have_no_words_of_their_own() -> None:
    found = {each.name: re.findall(r"\w{2,}", _NO_WORDS.sub(" ", each.read_text()))
             for each in TEMPLATES}  # fmt: skip

    assert {name: words for name, words in found.items() if words} == {}
    assert found


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


def test_every_sentence_is_used() -> None:
    """A sentence that is left over would be translated for nobody."""
    used = {name for path in SOURCE.rglob("*.py") for name in _used_names(path)}
    # A template names the module of its sentences: `{{ page.TOTALS() }}`.
    used |= {name for path in TEMPLATES for name in _IN_TEMPLATE.findall(path.read_text())}
    left = [
        f"{path.stem}.{name}"
        for path in sorted((SOURCE / "messages").glob("*.py"))
        for name, values in _assigned(ast.parse(path.read_text()).body).items()
        if path.stem != "logs"  # the log finds them by the names of events
        and any(ast.unparse(value).startswith("Template(") for value in values)
        and (path.stem, name) not in used
    ]

    assert left == []


def _used_names(path: Path) -> Iterator[tuple[str, str]]:
    """The module in `messages` and the name of each sentence that the module uses."""
    module = ast.parse(path.read_text())
    imports = [each for each in ast.walk(module) if isinstance(each, ast.ImportFrom)]
    aliases = {
        each.asname or each.name: each.name
        for one in imports
        if one.module == "altegio_sync.messages"
        for each in one.names
    }
    for one in imports:
        if one.module and one.module.startswith("altegio_sync.messages."):
            yield from ((one.module.rpartition(".")[2], each.name) for each in one.names)
    for node in ast.walk(module):
        match node:
            case ast.Attribute(value=ast.Name(id=alias), attr=name) if alias in aliases:
                yield aliases[alias], name
            case ast.Name(id=name, ctx=ast.Load()) if path.parent.name == "messages":
                yield path.stem, name
            case _:
                pass
