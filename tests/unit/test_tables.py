"""Tables in files: for people as a workbook, for programs as CSV or JSON lines."""

from __future__ import annotations

import csv
import json
import os
import re
import resource
import stat
import unicodedata
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from altegio_sync.cli.private_file import NotWrittenError
from altegio_sync.cli.tables import Column, Kind, open_table
from altegio_sync.cli.tables.opening import TableKind
from altegio_sync.errors import ConfigError
from altegio_sync.messages import as_message
from altegio_sync.messages.language import in_language_of
from altegio_sync.messages.tables import YES

if TYPE_CHECKING:
    from altegio_sync.cli.tables import Row

KYIV = ZoneInfo("Europe/Kyiv")
START = datetime(2026, 10, 31, 9, 30, tzinfo=KYIV)
COLUMNS = (
    Column("start", as_message("Start"), Kind.MOMENT),
    Column("day", as_message("Day"), Kind.DAY),
    Column("teacher", as_message("Teacher")),
    Column("hours", as_message("Hours"), Kind.HOURS),
    Column("lead", as_message("Lead id")),
)
LIST = TableKind("test-list", as_message("List"), COLUMNS)
ROW: Row = (START, date(2026, 10, 31), "Марко Рудь", 1.5, "20269999")
FORMULAS = (
    *("=cmd()", "+1-2", "@x", ";=cmd", "a:=cmd", "a|=cmd", "a,=cmd", "＝x", "﹦x", "⁼x"),
    *("\x00=x", "\ufeff=x", "\u200b=x", "\t=x", "'=x"),
)
SEPARATORS = ";:|,"


def write(path: Path, *rows: Row, kind: TableKind = LIST) -> None:
    with open_table(path, kind) as file:
        table = file.new_table(COLUMNS)
        for row in rows:
            table.add(row)
        file.put()


def sheet_of(path: Path) -> Any:
    return openpyxl.load_workbook(path).active


def test_a_workbook_has_titles_dates_numbers_and_a_filter(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"

    write(path, ROW, ROW)

    sheet = sheet_of(path)
    assert [each.value for each in sheet[1]] == ["Start", "Day", "Teacher", "Hours", "Lead id"]
    assert [each.value for each in sheet[2]] == [
        *(START.replace(tzinfo=None), START.replace(tzinfo=None, hour=0, minute=0)),
        *("Марко Рудь", 1.5, "20269999"),
    ]
    assert [each.is_date for each in sheet[2]] == [True, True, False, False, False]
    assert sheet.auto_filter.ref == "A1:E3"
    assert sheet.freeze_panes == "A2"
    assert sheet.title == "List"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_columns_are_as_wide_as_their_contents_within_limits(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"

    write(path, (START, None, "x" * 500, 1.0, "a" * 30))

    widths = {name: each.width for name, each in sheet_of(path).column_dimensions.items()}
    assert widths["C"] == pytest.approx(60, abs=1)
    assert widths["E"] == pytest.approx(32, abs=1)
    assert 16 <= widths["A"] <= 22
    assert 8 <= widths["D"] <= 12


@pytest.mark.parametrize("text", FORMULAS)
def test_foreign_text_is_no_formula_in_a_workbook(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.xlsx"

    write(path, (None, None, text, None, "https://example.test/"))

    [cell] = [each for each in sheet_of(path)[2] if each.column_letter == "C"]
    assert cell.data_type == "s"
    assert cell.value
    assert all(each.hyperlink is None for each in sheet_of(path)[2])


@pytest.mark.parametrize("text", FORMULAS)
def test_foreign_text_is_no_formula_in_csv(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.csv"

    write(path, (None, None, text, None, None))

    with path.open(encoding="utf-8", newline="") as file:
        [row] = list(csv.DictReader(file))
    for part in re.split(f"[{SEPARATORS}]", row["teacher"]):
        assert not unicodedata.normalize("NFKC", part.strip()).startswith(tuple("=+-@"))


def test_csv_and_json_lines_are_for_programs(tmp_path: Path) -> None:
    write(tmp_path / "list.csv", ROW, (None, None, "-1", -1.5, "a,b"))
    write(tmp_path / "list.jsonl", ROW, (None, None, "-1", -1.5, "a\nb"))

    assert (tmp_path / "list.csv").read_bytes().decode() == (
        "start,day,teacher,hours,lead\r\n"
        "2026-10-31T09:30:00+02:00,2026-10-31,Марко Рудь,1.5,20269999\r\n"
        ',,-1,-1.5,"a,b"\r\n'
    )
    first, second = (tmp_path / "list.jsonl").read_text("utf-8").splitlines()
    assert json.loads(first) == {
        "start": "2026-10-31T09:30:00+02:00",
        "day": "2026-10-31",
        "teacher": "Марко Рудь",
        "hours": 1.5,
        "lead": "20269999",
    }
    assert json.loads(second)["lead"] == "a b"


def test_programs_read_the_same_in_every_language_and_people_their_own(tmp_path: Path) -> None:
    row = (None, None, YES(), None, None)
    for language in ("en", "uk"):
        with in_language_of(language):
            for ending in ("csv", "xlsx"):
                write(tmp_path / f"{language}.{ending}", row)

    assert (tmp_path / "en.csv").read_bytes() == (tmp_path / "uk.csv").read_bytes()
    assert sheet_of(tmp_path / "en.xlsx")["C2"].value == "yes"
    assert sheet_of(tmp_path / "uk.xlsx")["C2"].value == "так"


@pytest.mark.parametrize("ending", ["xlsx", "csv", "jsonl"])
def test_an_earlier_table_of_the_kind_is_replaced(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"list.{ending}"
    write(path, ROW, ROW)
    before = path.read_bytes()

    write(path, ROW)

    assert path.read_bytes() != before


def foreign_files(folder: Path) -> dict[str, bytes]:
    other = TableKind("other-list", as_message("Other"), COLUMNS[:1])
    write(folder / "other.xlsx", kind=other)
    foreign = openpyxl.Workbook()
    foreign.save(folder / "foreign.xlsx")
    made = {
        "workbook of another kind": (folder / "other.xlsx").read_bytes(),
        "workbook of others": (folder / "foreign.xlsx").read_bytes(),
        "no workbook": b"PK\x03\x04 and then nothing",
        "text": b"notes of mine\r\n",
        "csv of others": b"start,name\r\n",
        "csv with some of our columns": b"start,lead\r\n",
        "csv with more columns": b"start,day,teacher,hours,lead,notes\r\n",
        "csv in another order": b"day,start,teacher,hours,lead\r\n",
        "csv of another program": b"start,day,teacher,hours,lead\n",
        "csv with quotes": b'"start","day","teacher","hours","lead"\r\n',
        "json with some of our columns": b'{"lead": 1}\n',
        "json of others": b'{"start": 1, "name": 2}\n',
        "json list": b"[1, 2]\n",
        "binary": b"\x00\xff\xfe",
        "deep": b"[" * 60_000,
    }
    made["damaged workbook"] = _with_other_bytes(made["workbook of another kind"])
    made["workbook with a password"] = _as_with_password(made["workbook of another kind"])
    for each in ("other.xlsx", "foreign.xlsx"):
        (folder / each).unlink()
    return made


def _with_other_bytes(book: bytes) -> bytes:
    """The same workbook; what it says about its kind cannot be unpacked."""
    content = book.index(b"docProps/custom.xml") + len("docProps/custom.xml")
    return (
        book[:content] + bytes(each ^ 0xFF for each in book[content:][:40]) + book[content + 40 :]
    )


def _as_with_password(book: bytes) -> bytes:
    """The same workbook, each of its files marked as encrypted."""
    marked = bytearray(book)
    for entry in re.finditer(b"PK\x01\x02", book):
        marked[entry.start() + 8] |= 1
    return bytes(marked)


@pytest.mark.parametrize("ending", ["xlsx", "csv", "jsonl"])
def test_a_file_of_another_kind_is_never_overwritten(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"list.{ending}"
    for name, content in foreign_files(tmp_path).items():
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="it is there already and is no List"):
            write(path, ROW)
        assert path.read_bytes() == content, name
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_chosen_columns_replace_the_same_columns_or_the_usual_ones(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"list.{ending}"
    write(path, ROW)

    for _ in range(2):
        with open_table(path, TableKind("test-list", LIST.title, COLUMNS[:2], COLUMNS)) as file:
            file.new_table(COLUMNS[:2]).add(ROW[:2])
            file.put()

    with pytest.raises(ConfigError, match="it is there already"):
        write(path, ROW)


@pytest.mark.parametrize("name", ["list", "list.xls", "list.ods", "list.txt", "csv", ".xlsx"])
def test_another_ending_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"\.xlsx for people"):
        write(tmp_path / name, ROW)
    assert list(tmp_path.iterdir()) == []


def test_an_ending_in_capitals_is_known(tmp_path: Path) -> None:
    write(tmp_path / "LIST.XLSX", ROW)

    assert sheet_of(tmp_path / "LIST.XLSX")["C2"].value == "Марко Рудь"


def test_without_put_nothing_remains(tmp_path: Path) -> None:
    for ending in ("xlsx", "csv"):
        with open_table(tmp_path / f"list.{ending}", LIST) as file:
            file.new_table(COLUMNS).add(ROW)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["xlsx", "csv", "jsonl"])
def test_a_disk_that_is_full_in_the_middle_names_the_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"list.{ending}"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(NotWrittenError, match=f"Cannot write {path}: File too large"):
            write(path, *[ROW] * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert list(tmp_path.iterdir()) == []


def test_the_draft_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_table(tmp_path / "list.xlsx", LIST) as file:
            table = file.new_table(COLUMNS)
            table.add(ROW)
            [folder] = tmp_path.iterdir()
            modes = {stat.S_IMODE(each.stat().st_mode) for each in (folder, *folder.iterdir())}
            file.put()
    finally:
        os.umask(before)

    assert modes == {0o700, 0o600}


def test_a_workbook_may_have_more_sheets_than_a_process_open_files(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(list(Path("/proc/self/fd").iterdir()))
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, hard))
    try:
        with open_table(path, LIST) as file:
            for number in range(40):
                table = file.new_table(COLUMNS, str(number))
                table.add(ROW)
                table.close()
            file.put()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert len(openpyxl.load_workbook(path).sheetnames) == 40


def test_names_of_sheets_are_always_accepted(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    names = ["Марко", "марко", "a/b:c*?[d]\\", "", "'x'", "History", "я" * 40, "я" * 40 + "2", "\n"]
    names += ["👩‍🏫" * 10, "👩‍🏫" * 11]
    with open_table(path, LIST) as file:
        for name in names:
            file.new_table(COLUMNS, name).add(ROW)
        file.put()

    book = openpyxl.load_workbook(path)
    assert len({each.title.lower() for each in book}) == len(names)
    assert all(0 < len(each.title) <= 31 for each in book)
    assert book.sheetnames[0] == "Марко"


@pytest.mark.parametrize(
    "value",
    [
        *(10**15, -(10**18), float("inf"), float("nan"), 0.1, True, False),
        *(date(1890, 1, 1), date(9999, 12, 31), "x" * 40_000, "\ud800", "\x01", "\U000fffff"),
        "😀" * 20_000,
    ],
)
def test_odd_values_are_shown_and_the_file_opens(tmp_path: Path, value: Any) -> None:
    for ending in ("xlsx", "csv", "jsonl"):
        write(tmp_path / f"list.{ending}", (None, None, value, None, None))

    assert sheet_of(tmp_path / "list.xlsx")["C2"].value is not None
    json.loads((tmp_path / "list.jsonl").read_text("utf-8"), parse_constant=pytest.fail)


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("altegio_sync.cli.tables.workbook._MOST_ROWS", 4)
    path = tmp_path / "list.xlsx"

    write(path, *[(None, None, str(n), None, None) for n in range(7)])

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["List", "List (2)", "List (3)"]
    assert [[row[2] for row in each.values] for each in book] == [
        *(["Teacher", "0", "1", "2"], ["Teacher", "3", "4", "5"], ["Teacher", "6"]),
    ]
    assert [each.auto_filter.ref for each in book] == ["A1:E4", "A1:E4", "A1:E2"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(";,|\t\r\n \"'=+-@＝＋\u200b\ufeff\x00a1я", max_size=12))
def test_any_text_comes_back_as_a_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "list.xlsx"

    write(path, (None, None, text, None, "end"))

    cells = sheet_of(path)[2]
    assert cells[4].value == "end"
    assert cells[2].data_type in "sn"
    assert cells[2].value is None or isinstance(cells[2].value, str)
