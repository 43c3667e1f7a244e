"""Tables for programs: CSV (UTF-8, comma, CRLF) and JSON lines."""

from __future__ import annotations

import csv
import json
import re
from datetime import date, datetime
from math import isfinite
from typing import IO, TYPE_CHECKING

from altegio_sync.messages import Message
from altegio_sync.messages.foreign_text import REPLACEMENT, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.cli.tables.columns import Cell, Column, Row

_BOM = b"\xef\xbb\xbf"
#: The signs at which a formula begins, and their wide, small, raised and lowered forms.
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺₌₊﬩"
#: The places of possible formulas in a spreadsheet: the beginning of a cell, and behind a sign that
#: may end a cell. White space and quotation marks before a formula do not matter.
_FORMULA = re.compile(rf"(^|[;,|:])(?=[\s\"{REPLACEMENT}]*[{_SIGNS}])")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def defused(cell: str) -> str:
    """The text on one line, with an apostrophe wherever a spreadsheet would find a formula."""
    text = plain(cell)
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


class CsvTable:
    """Writes rows as CSV. Texts of other people contain no formula."""

    def __init__(self, file: IO[str], columns: Sequence[Column]) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow([each.name for each in columns])

    def add(self, row: Row) -> None:
        self._rows.writerow([_csv_text(each) for each in row])

    def close(self) -> None: ...


class JsonLinesTable:
    """Writes one JSON object a line."""

    def __init__(self, file: IO[str], columns: Sequence[Column]) -> None:
        self._file = file
        self._names = [each.name for each in columns]

    def add(self, row: Row) -> None:
        values = [_json_value(each) for each in row]
        shape = dict(zip(self._names, values, strict=True))
        self._file.write(json.dumps(shape, ensure_ascii=False) + "\n")

    def close(self) -> None: ...


def names_in_csv(beginning: bytes) -> list[str] | None:
    """The names of the columns of a CSV file; None if its first line is not a header of ours.

    Our lines end in CRLF; most other programs write LF. A spreadsheet may have added a BOM.
    """
    line, end, _ = beginning.removeprefix(_BOM).partition(b"\r\n")
    return line.decode("utf-8", "replace").split(",") if end else None


def names_in_json_lines(beginning: bytes) -> list[str] | None:
    """The keys of the first line of a `.jsonl` file; None if it is no JSON object."""
    try:
        shape = json.loads(beginning.split(b"\n", 1)[0])
    except (ValueError, RecursionError):
        return None
    return list(shape) if isinstance(shape, dict) else None


def _csv_text(cell: Cell) -> str:
    value = _json_value(cell)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return defused(value) if isinstance(value, str) else str(value)


def _json_value(cell: Cell) -> str | int | float | bool | None:
    match cell:
        case Message():
            return plain(str(cell))
        case date() | datetime():
            return cell.isoformat()
        case str():
            return plain(cell)
        case float() if not isfinite(cell):
            return str(cell)  # JSON has no such number
        case _:
            return cell
