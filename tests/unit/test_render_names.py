"""Names and values of other programs in tables and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from altegio_sync.cli.bar import new_bar
from altegio_sync.cli.render_findings import wrong_value
from altegio_sync.cli.render_stats import counts_table, draw_stats
from altegio_sync.domain.findings import FoundDocument, WrongValue
from altegio_sync.messages import render
from altegio_sync.messages.bars import COMPANY, PAGE, RATE, RECORDS
from altegio_sync.messages.language import in_language_of
from altegio_sync.messages.page import SERVICES
from tests.stats_reports import a_report

if TYPE_CHECKING:
    from altegio_sync.messages.language import Language


@pytest.mark.parametrize("width", [40, 60, 100])
def test_a_long_name_never_pushes_the_numbers_out(width: int) -> None:
    console = Console(width=width, highlight=False, markup=False)
    with console.capture() as printed:
        console.print(
            counts_table(SERVICES(), [("Урок " * 40, 12345), ("[b]x", 7)], 12352), soft_wrap=True
        )

    header, first, second = printed.get().splitlines()
    assert header.split() == ["Services", "count", "share"]
    assert first.split()[-2:] == ["12,345", "99.9%"]
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


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", [40, 80])
def test_tables_bars_and_the_week_fit_a_narrow_terminal(width: int, language: Language) -> None:
    console = Console(width=width, highlight=False, markup=False)
    with in_language_of(language), console.capture() as printed:
        for part in draw_stats(a_report("Щ" * 60), width):
            if not isinstance(part, str):
                console.print(part, soft_wrap=True)

    _heading, *lines = printed.get().splitlines()  # a terminal folds a sentence, as everywhere
    assert [line for line in lines if cell_len(line.rstrip()) > width] == []
    thousand = "," if language == "en" else "\N{NARROW NO-BREAK SPACE}"
    assert any(f"31{thousand}000" in line for line in lines)
    assert any("█" in line for line in lines)


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_bar_shows_the_count_in_a_narrow_terminal(
    width: int, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", f"{width}")
    console = Console(width=width)
    with in_language_of(language):
        bar = new_bar(RECORDS(), "pages", "rate")
        pages, rate = render(PAGE(pages="1/13")), render(RATE(rate=3.9))
        bar.add_task(render(COMPANY(company="77")), total=620, completed=50, pages=pages, rate=rate)

    with console.capture() as printed:
        console.print(bar.get_renderable())

    assert " 50/620 " in printed.get()
    assert ("1/13" in printed.get()) is (width == 80)
    assert "…" not in printed.get()
