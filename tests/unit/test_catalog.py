"""The catalog has every sentence of the program, with the same fields."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from string import Formatter
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.catalog import Catalog

from altegio_sync.messages.stored import find_templates
from hatch_build import CATALOGS, ROOT, read_catalog
from tests.english_words import BEGINNINGS

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Message


@pytest.fixture(scope="module")
def sentences() -> list[Message]:
    [path] = ROOT.glob(CATALOGS)
    return [each for each in read_catalog(path) if each.id]


def test_the_catalog_is_up_to_date_with_the_code() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "catalog"), "--check"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_babel_finds_every_sentence(sentences: list[Message]) -> None:
    """Babel counts a comma behind the last argument as one argument more."""
    assert set(find_templates()) - {each.context for each in sentences} == set()


def test_every_sentence_is_translated(sentences: list[Message]) -> None:
    missing = [each.context or each.id for each in sentences if not all(_forms(each))]

    assert missing == []


def test_no_translation_is_a_guess(sentences: list[Message]) -> None:
    assert [each.context for each in sentences if each.fuzzy] == []


def test_ukrainian_is_spelled_in_one_way(sentences: list[Message]) -> None:
    """With ’ as the apostrophe, — as the dash, «» as quotes, and no letters of Russian."""
    odd = re.compile(r"[ыэёъЫЭЁЪ]|[а-яіїєґ]['`ʼ][а-яіїєґ]| [-–] [а-яіїєґ]|[“”„]")

    assert [form for each in sentences for form in _forms(each) if odd.search(form)] == []


def test_both_texts_have_the_same_placeholders(sentences: list[Message]) -> None:
    wrong = {
        each.context or each.id: form
        for each in sentences
        for form in _forms(each)
        if form and _fields(form) != _fields(_english(each))
    }

    assert wrong == {}


def test_known_messages_begin_alike_in_both_languages(sentences: list[Message]) -> None:
    """Programs of others look for these beginnings."""
    begun = {
        each.context: (beginning, _forms(each))
        for each in sentences
        for beginning in BEGINNINGS
        if _english(each).startswith(beginning)
    }

    assert {beginning for beginning, _ in begun.values()} == set(BEGINNINGS)
    for context, (beginning, forms) in begun.items():
        assert all(form.startswith(beginning) for form in forms), context


def test_a_help_page_has_the_same_brackets(sentences: list[Message]) -> None:
    """Rich reads a bracket as a style."""
    for each in sentences:
        if each.context is None:
            english, ukrainian = _english(each), _forms(each)[0]
            assert ukrainian.count("[") == english.count("["), english
            assert ukrainian.count("\\[") == english.count("\\["), english


def test_every_count_has_three_forms(sentences: list[Message]) -> None:
    assert [
        each.context for each in sentences if each.pluralizable and len(_forms(each)) != 3
    ] == []


def _forms(sentence: Message) -> tuple[str, ...]:
    return (sentence.string,) if isinstance(sentence.string, str) else tuple(sentence.string or ())


def _english(sentence: Message) -> str:
    """The sentence; of two forms the second, which names the count."""
    return sentence.id if isinstance(sentence.id, str) else sentence.id[-1]


def _fields(text: str) -> set[tuple[str, str | None]]:
    return {(name, spec) for _text, name, spec, _conversion in Formatter().parse(text) if name}


CONFLICT = """\
<<<<<<< ours
msgctxt "a"
msgid "A"
msgstr "А"

msgctxt "b"
msgid "B"
msgstr ""
=======
msgctxt "b"
msgid "B"
msgstr "Б"
>>>>>>> theirs
"""


def test_both_sides_of_a_conflict_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "uk" / "LC_MESSAGES" / "x.po"
    path.parent.mkdir(parents=True)
    path.write_text(CONFLICT, encoding="utf-8")

    merged = script()["read_merged"](path)

    assert [(each.id, each.string) for each in merged if each.id] == [("A", "А"), ("B", "Б")]


def test_a_reworded_sentence_keeps_its_translation_to_be_looked_at() -> None:
    before, found = Catalog(locale="uk"), Catalog()
    before.add("Old words", "Слова", context="a")
    found.add("New words", context="a")

    script()["keep_reworded"](before, found)

    kept = before.get("New words", "a")
    assert kept is not None
    assert (kept.string, kept.fuzzy) == ("Слова", True)


def script() -> dict[str, Any]:
    """What `scripts/catalog` defines."""
    return runpy.run_path(str(ROOT / "scripts" / "catalog"), run_name="catalog")
