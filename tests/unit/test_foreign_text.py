"""Text that other people wrote is shown on one line, and does nothing there."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.errors import ConfigError
from altegio_sync.messages.foreign_text import OwnLines, json_safe, plain

DANGEROUS = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize(
    "text",
    [
        "Об'єднання «Ґанок» — Їжак",
        "О\u2019Коваль-Іваненко",
        "й\u0306 e\u0301",
        "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥 👩🏽\u200d🚀 🇺🇦",
        "[bold] :smile: 100 %",
        "№ 5\u00a0годин",
    ],
)
def test_readable_text_is_unchanged(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5\nERROR everything is lost", "5 ERROR everything is lost"),
        ("a\r\nb\x85c\u2028d\u2029e\vf\fg\th", "a b c d e f g h"),
        ("\x1b[31mred\x9b0m\x1b]0;title\x07", "�[31mred�0m�]0;title�"),
        ("\u202eabc\u202c\u200e \u2066x\u2069", "abc x"),
        ("\ufeff1\u200b2\u200d3\u00ad", "123"),
        ("cut \ud83d", "cut �"),
        ("Z" + "\u0315" * 90, "Z" + "\u0315" * 4),
        (None, "None"),
    ],
)
def test_what_text_would_do_is_gone(text: object, expected: str) -> None:
    assert plain(text) == expected


def test_no_character_of_a_dangerous_kind_is_shown() -> None:
    shown: set[str] = set()
    for first in range(0, sys.maxunicode + 1, 256):
        text = "".join(f"a{chr(code)}b" for code in range(first, first + 256))
        shown.update(plain(text, longest=len(text)))

    assert [f"U+{ord(each):04X}" for each in shown if unicodedata.category(each) in DANGEROUS] == []
    assert len(shown) > 100_000


@given(st.text())
def test_any_text_is_one_line_without_controls(text: str) -> None:
    told = plain(text)

    assert len(told.splitlines()) <= 1
    assert not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in told)
    assert plain(told) == told


def test_a_long_text_is_cut() -> None:
    assert plain("Ї" * 50, longest=10) == "Ї" * 9 + "…"


def test_the_lines_of_a_message_of_ours_are_kept() -> None:
    text = str(ConfigError(OwnLines("Missing\n  A: \x1bhint\r")))

    assert plain(plain(text)) == "Missing\n  A: �hint "
    assert plain(f"ERROR {text}") == "ERROR Missing   A: �hint "


@given(st.text(), st.sampled_from(["utf-8", "ascii", "cp1251", None]))
def test_json_says_the_same_in_every_encoding(text: str, encoding: str | None) -> None:
    told = json_safe(json.dumps({"name": text}, ensure_ascii=False), encoding)

    told.encode(encoding or "utf-8")
    assert json.loads(told) == {"name": text}


def test_json_acts_on_no_terminal() -> None:
    hostile = "\x1b[1m\x9b2J\u202e\u2028\x85\u200b👨\u200d👩"

    told = json_safe(json.dumps(hostile, ensure_ascii=False), "utf-8")

    assert told == r'"\u001b[1m\u009b2J\u202e\u2028\u0085\u200b' + '👨\u200d👩"'
    assert json_safe('"\ud83d"', "utf-8") == r'"\ufffd"'
