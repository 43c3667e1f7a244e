"""The sentences of the program: what their placeholders hold, and how they are stored."""

from __future__ import annotations

import ast
import re
from collections import Counter
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter

import altegio_sync
from altegio_sync.config.schools_text import KEYS
from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioUnavailableError, ConfigError
from altegio_sync.messages import Message, Template, as_message, render
from altegio_sync.messages.api import RATE_LIMIT_WITH_WAIT
from altegio_sync.messages.setting_names import call_settings
from altegio_sync.messages.settings import INVALID, PATTERN_DECIDES_ALONE
from altegio_sync.messages.stored import find_templates, from_data, to_data

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(altegio_sync.__file__).parent
BOOKINGS = Template("test_bookings", "{count} booking", "{count} bookings")
FOUND = Template("test_found", "Found {what} of company {company} on {days}")
DAYS = [date(2026, 3, 1), date(2026, 3, 2)]


def test_a_message_is_its_english_sentence() -> None:
    message = FOUND(what=BOOKINGS(count=2), company="77", days=DAYS)

    assert str(message) == "Found 2 bookings of company 77 on 2026-03-01, 2026-03-02"
    assert render(message) == str(message)
    assert f"{message}" == str(message)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bookings"), (1, "1 booking"), (2, "2 bookings")]
)
def test_the_count_chooses_the_form(count: int, text: str) -> None:
    assert str(BOOKINGS(count=count)) == text


def test_the_text_of_others_stays_on_one_line() -> None:
    assert str(FOUND(what="a\nERROR b\x1b[1m", company="7", days=[])) == (
        "Found a ERROR b\N{REPLACEMENT CHARACTER}[1m of company 7 on "
    )


def test_a_call_without_a_field_fails_at_once() -> None:
    with pytest.raises(TypeError, match="test_bookings"):
        BOOKINGS()


def test_an_error_holds_the_message_and_reads_as_its_english_text() -> None:
    message = BOOKINGS(count=1)
    error = AltegioUnavailableError(message, retry_after_s=2.0)

    assert error.message is message
    assert str(error) == "1 booking"
    assert str(ConfigError("as it is").message) == "as it is"


def test_equal_messages_are_counted_together() -> None:
    counts = Counter([BOOKINGS(count=1), BOOKINGS(count=1), BOOKINGS(count=2)])

    assert counts == {BOOKINGS(count=1): 2, BOOKINGS(count=2): 1}


def test_every_sentence_is_read_back_from_its_code_and_fields() -> None:
    for template in find_templates().values():
        fields = dict.fromkeys(template.placeholders, 1)
        nested = template(**(fields | {each: as_message("x") for each in _texts(template)}))

        assert from_data(to_data(nested)) == nested


def _texts(template: Template) -> Iterator[str]:
    """The placeholders that may hold a text: no format says that they are numbers."""
    whole = f"{template.english} {template.many or ''}"
    for name in template.placeholders - {"count"}:
        if "{" + name + ":" not in whole:
            yield name


@pytest.mark.parametrize(
    "data",
    [
        {"code": "test_of_another_version", "fields": {}, "message": "What it said"},
        {"code": "text", "fields": {"other": 1}, "message": "What it said"},
        {"code": "text", "fields": None, "message": "What it said"},
        {"message": "What it said"},
        "What it said",
    ],
    ids=["unknown-code", "other-fields", "no-fields", "no-code", "text"],
)
def test_what_is_not_known_keeps_its_english_text(data: object) -> None:
    assert str(from_data(data)) == "What it said"


@pytest.mark.parametrize("data", [None, 1, [], {}])
def test_what_is_no_message_at_all_is_empty(data: object) -> None:
    assert str(from_data(data)) == ""


def test_a_report_shows_the_english_text() -> None:
    adapter = TypeAdapter(RunError)
    error = RunError("bookings", BOOKINGS(count=1), "77")

    assert adapter.dump_python(error)["message"] == "1 booking"
    assert error.to_json()["message"] == "1 booking"


def test_an_error_is_stored_with_the_code_and_the_fields_of_its_message() -> None:
    error = RunError("short", RATE_LIMIT_WITH_WAIT(wait_s=5.0), "77")
    stored = error.to_stored()

    read = TypeAdapter(RunError).validate_python(stored)

    assert stored["message"] == "Rate limit exceeded: Altegio asks to wait 5 s"
    assert stored["text"]["code"] == "rate_limit_with_wait"
    assert read == error


def test_an_error_that_an_earlier_version_stored_is_shown_in_english() -> None:
    read = TypeAdapter(RunError).validate_python({"code": "short", "message": "Too short"})

    assert render(read.message) == "Too short"


def test_codes_are_unique() -> None:
    """The texts need not be: two sentences that are alike in English may differ elsewhere."""
    codes = Counter(each.code for each in _templates_in_source())

    assert [code for code, count in codes.items() if count > 1] == []


def test_the_sentences_are_literals_that_a_tool_can_extract() -> None:
    for path, call in _calls():
        if isinstance(call.func, ast.Name) and call.func.id == "Template":
            assert not call.keywords, f"{path}:{call.lineno}"
            for argument in call.args:
                assert isinstance(argument, ast.Constant), f"{path}:{call.lineno}"
                assert isinstance(argument.value, str), f"{path}:{call.lineno}"


def test_every_call_of_a_sentence_names_its_placeholders() -> None:
    wrong = []
    for path, call in _calls():
        if (template := _called_template(path, call)) is not None and not any(
            each.arg is None for each in call.keywords
        ):
            named = {each.arg for each in call.keywords}
            if call.args or named != template.placeholders:
                wrong.append(f"{path}:{call.lineno}: {template.code} {sorted(map(str, named))}")

    assert wrong == []


def test_every_setting_in_a_sentence_has_a_key_in_a_schools_file() -> None:
    of_the_process = {"ALTEGIO_SCHOOLS_FILE", "ALTEGIO_LANG"}
    named = {
        name
        for template in _templates_in_source()
        for text in (template.english, template.many or "")
        for name in re.findall(r"\b(?:ALTEGIO_[A-Z_]+|DB_URI)\b", text)
    }

    assert len(named) > 10
    assert named - of_the_process <= KEYS.keys()


def test_sentences_name_the_keys_of_a_schools_file() -> None:
    sentence = INVALID(name="ALTEGIO_PAGE_SIZE", reason=PATTERN_DECIDES_ALONE())
    try:
        call_settings(KEYS)
        named = str(sentence), render(sentence)
    finally:
        call_settings({})

    text = "Invalid page_size: a pattern decides alone: remove crm_id_digits or the pattern"
    assert named == (text, text)
    assert str(sentence).startswith("Invalid ALTEGIO_PAGE_SIZE: ")


def _templates_in_source() -> Iterator[Template]:
    for path in sorted((SOURCE / "messages").glob("*.py")):
        module = import_module(f"altegio_sync.messages.{path.stem}")
        for statement in ast.parse(path.read_text()).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                value = getattr(module, statement.targets[0].id)
                for each in value if isinstance(value, tuple) else [value]:
                    if isinstance(each, Template):
                        yield each


def _calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield path, node


def _called_template(path: Path, call: ast.Call) -> Template | None:
    """The template that the call is of: a name of the module, or of one that it imports."""
    parts = list(path.relative_to(SOURCE).with_suffix("").parts)
    if parts[-1] in ("__init__", "__main__"):
        return None
    if parts[0] == "chain" and (find_spec("dagster") is None or parts[-1] == "definitions"):
        return None  # `make test-chain` has Dagster; the definitions need settings
    module = import_module(".".join(["altegio_sync", *parts]))
    match call.func:
        case ast.Name(id=name):
            value = getattr(module, name, None)
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            value = getattr(getattr(module, owner, None), name, None)
        case _:
            return None
    return value if isinstance(value, Template) else None


def test_a_message_is_frozen() -> None:
    message = Message(BOOKINGS, {"count": 1})

    with pytest.raises(AttributeError):
        message.fields = {}  # type: ignore[misc]
