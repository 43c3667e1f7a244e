"""Names and values of other programs in tables and lists."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from altegio_sync.cli.render_findings import wrong_value
from altegio_sync.cli.render_stats import counts_table
from altegio_sync.domain.findings import FoundDocument, WrongValue
from altegio_sync.messages.page import SERVICES


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_long_name_never_pushes_the_numbers_out(width: int) -> None:
    console = Console(width=width, highlight=False, markup=False)
    with console.capture() as printed:
        console.print(
            counts_table(SERVICES(), [("Урок " * 40, 12345), ("[b]x", 7)], 12352), soft_wrap=True
        )

    header, first, second = printed.get().splitlines()
    assert header.split() == ["Services", "count", "share"]
    assert first.split()[-2:] == ["12345", "99.9%"]
    assert second.split() == ["[b]x", "7", "0.1%"]
    assert len(first) <= width


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("123", 'leadId "123"'),
        ("12\u200b3", 'leadId "123" with invisible characters'),
        ("\ufeff123", 'leadId "123" with invisible characters'),
        ("\u202e123", 'leadId "123" with invisible characters'),
        ("1\n23", 'leadId "1 23"'),
    ],
)
def test_a_value_that_looks_right_says_what_is_wrong(value: str, shown: str) -> None:
    wrong = WrongValue("leadId", "string", value)
    found = FoundDocument("id", "501", "77", "1", "Т", None, None, value, (wrong,))

    assert str(wrong_value(found, "id-format", ZoneInfo("Europe/Kyiv"))) == shown
