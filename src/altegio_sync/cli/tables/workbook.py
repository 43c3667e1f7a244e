"""Tables for people: an Excel workbook with sized columns, dates as dates, and filters."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from datetime import date, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from altegio_sync.cli.tables.columns import Kind
from altegio_sync.messages import Message, render
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.tables import NO, YES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from altegio_sync.cli.tables.columns import Cell, Column, Row

#: Excel's limits: rows of a sheet, letters of a cell, size of a number, letters of a name. An emoji
#: counts as two letters or more.
_MOST_ROWS = 1_048_576
_MOST_LETTERS = 32_767
_MOST_EXACT = 10**15
_LONGEST_NAME = 31
_NARROWEST, _WIDEST = 8, 60
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
#: Excel has no earlier days.
_EARLIEST: Final = date(1900, 3, 1)
_FORMATS: Mapping[Kind, str] = {
    Kind.HOURS: "0.00",
    Kind.DAY: "yyyy-mm-dd",
    Kind.MOMENT: "yyyy-mm-dd hh:mm",
}
_WIDTHS: Mapping[Kind, int] = {Kind.DAY: 11, Kind.MOMENT: 17}
_MARK = "altegio-sync"
_MOST_PROPERTIES = 64 * 1024
#: What zipfile raises for a damaged file, and for one with a password or of an unknown method.
_UNREADABLE = (
    *(OSError, EOFError, LookupError, ValueError, RuntimeError),
    *(struct.error, zlib.error, zipfile.BadZipFile),
)


class Workbook:
    """A workbook that is written row by row, so that memory stays flat.

    ``kind`` is stored in the file's properties, by which a later run recognizes the file.
    """

    def __init__(self, path: Path, kind: str) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_custom_property(_MARK, kind)
        self._names: set[str] = set()
        self._formats: dict[str, Format] = {
            form: self._book.add_format({"num_format": form}) for form in _FORMATS.values()
        }
        self._header = self._book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
        )

    def new_sheet(self, title: str, columns: Sequence[Column]) -> Sheet:
        return Sheet(self, title, columns)

    def add_worksheet(self, title: str) -> Worksheet:
        sheet: Worksheet = self._book.add_worksheet(self._free_name(title))
        return sheet

    def format_of(self, form: str) -> Format:
        return self._formats[form]

    @property
    def header(self) -> Format:
        return self._header

    def close(self) -> None:
        """Write the file.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        try:
            self._book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise error.args[0] if isinstance(error.args[0], OSError) else OSError() from error

    def _free_name(self, title: str) -> str:
        """A name that Excel accepts, and that no other sheet has."""
        clean = _NOT_IN_NAMES.sub(" ", plain(title)).strip(" '") or "-"
        name, number = _cut(clean, _LONGEST_NAME).strip(" '"), 1
        while name.lower() in self._names or name.lower() == "history":
            number += 1
            ending = f" ({number})"
            name = _cut(clean, _LONGEST_NAME - len(ending)).strip(" '") + ending
        self._names.add(name.lower())
        return name


class Sheet:
    """One table of a workbook. A table that is too long for a sheet goes on in the next sheet."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[Column]) -> None:
        self._book = book
        self._title = title
        self._columns = columns
        self._is_closed = False
        self._begin()

    def add(self, row: Row) -> None:
        if self._next == _MOST_ROWS:
            self.close()
            self._begin()
        for at, (cell, column) in enumerate(zip(row, self._columns, strict=True)):
            self._write(at, cell, column.kind)
        self._next += 1

    def close(self) -> None:
        """Size the columns, and set the filter over all rows.

        The sheet's file is closed, since a process may only have some 1,000 open files.
        """
        if self._is_closed:
            return
        self._is_closed = True
        for at, width in enumerate(self._widths):
            self._sheet.set_column(at, at, min(max(width + 2, _NARROWEST), _WIDEST))
        self._sheet.autofilter(0, 0, self._next - 1, len(self._columns) - 1)
        self.release()

    def release(self) -> None:
        """Close the sheet's file; the workbook opens it again when it is written."""
        self._sheet._opt_close()  # noqa: SLF001

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet(self._title)
        self._sheet.freeze_panes(1, 0)
        titles = [render(each.title) for each in self._columns]
        self._widths = [
            max(max(map(len, title.split()), default=0) + 2, _WIDTHS.get(column.kind, 0))
            for title, column in zip(titles, self._columns, strict=True)
        ]
        for at, title in enumerate(titles):
            self._sheet.write_string(0, at, title, self._book.header)
        self._next = 1
        self._is_closed = False

    def _write(self, at: int, cell: Cell, kind: Kind) -> None:
        match cell:
            case None:
                return
            case bool():
                self._write_text(at, render(YES() if cell else NO()))
            case int() | float() if abs(cell) < _MOST_EXACT and isfinite(cell):
                form = _FORMATS[kind] if kind is Kind.HOURS else None
                self._sheet.write_number(self._next, at, cell, form and self._book.format_of(form))
            case date() if _is_in_calendar(cell):
                self._write_date(at, cell, kind)
            case Message():
                self._write_text(at, render(cell))
            case _:
                self._write_text(at, str(cell))

    def _write_date(self, at: int, cell: date, kind: Kind) -> None:
        form = _FORMATS[kind if kind in _WIDTHS else Kind.MOMENT]
        if isinstance(cell, datetime):
            cell = cell.replace(tzinfo=None)
        self._sheet.write_datetime(self._next, at, cell, self._book.format_of(form))

    def _write_text(self, at: int, text: str) -> None:
        shown = _cut(plain(text), _MOST_LETTERS)
        self._widths[at] = max(self._widths[at], _cells_of(shown))
        self._sheet.write_string(self._next, at, shown)


def _is_in_calendar(day: date) -> bool:
    return (day.date() if isinstance(day, datetime) else day) >= _EARLIEST


def _cut(text: str, most: int) -> str:
    """The beginning of the text, with at most so many letters as Excel counts them (UTF-16)."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _cells_of(text: str) -> int:
    """How many letters wide the text is; Chinese and some other letters are two wide."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(each) in "WF" for each in text[:_WIDEST])


def kind_in_workbook(path: Path) -> str | None:
    """The kind that a workbook of this program has in its properties."""
    try:
        with zipfile.ZipFile(path) as book, book.open("docProps/custom.xml") as file:
            properties = file.read(_MOST_PROPERTIES).decode("utf-8", "replace")
    except _UNREADABLE:
        return None
    found: Any = re.search(rf'name="{_MARK}"><vt:lpwstr>([a-z-]+)<', properties)
    return found[1] if found else None
