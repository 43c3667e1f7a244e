"""Arguments under terminals and locales that have no Ukrainian letters."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from altegio_sync.cli.app import app
from altegio_sync.cli.typed_text import digits_only, typed


def under_ascii(text: bytes) -> str:
    """As Python reads an argument under the locale C."""
    return text.decode("ascii", "surrogateescape")


@pytest.mark.parametrize("word", ["вчора", "минулий-місяць", "yesterday", "2026-10", ""])
def test_a_word_is_read_under_every_locale(word: str) -> None:
    assert typed(under_ascii(word.encode())) == word
    assert typed(word) == word


def test_what_is_no_utf_8_can_be_shown_and_stored() -> None:
    read = typed(under_ascii("вчора".encode("cp1251")))

    assert read is not None
    assert read.encode()


def test_nothing_stays_nothing() -> None:
    assert typed(None) is None


@pytest.mark.parametrize("text", ["", "x", "7\nERROR", "-7", "٧", "7 7"])
def test_a_location_of_the_sandbox_is_a_number(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        digits_only(text)
    assert digits_only("77") == "77"


@pytest.mark.parametrize("arguments", [["sync"], []])
def test_an_unknown_option_is_shown_without_its_marks(arguments: list[str]) -> None:
    option = "--проба\u202egnp\u200b\nERROR all is lost"

    ran = CliRunner().invoke(app, [*arguments, option])

    assert ran.exit_code == 2
    assert "--пробаgnp" in ran.stderr
    assert not {"\u202e", "\u200b"} & set(ran.stderr)
    assert not any(line.startswith("ERROR") for line in ran.stderr.splitlines())
