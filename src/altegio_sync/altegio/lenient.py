"""Reads JSON that the strict reader refused. One bad byte damages at most one record.

A damaged part of a text, a number, or an object becomes `DAMAGED`. The wire models decide whether
the part is needed.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
#: Records are less than half as deep. Deeper parts are not needed.
_DEEPEST = 40
#: Python does not convert longer numbers, and no id or length has so many digits.
_MOST_DIGITS = 400
#: How many possible beginnings of a row are tried in one answer: each may read the whole rest.
_MOST_TRIES = 1000
#: A row has more than this share of the first row's keys. A part of a row has fewer of them.
_ALIKE = 0.6
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_DATA = re.compile(r'"data"\s*:\s*\[')
_MEMBER = re.compile(r'"[^"\\]{0,100}"\s*:')
_GAP = re.compile(r"[\s,]*")
_OBJECT = re.compile(r'\{\s*"')
_OWN_ID = re.compile(r'\{\s*"id"\s*:\s*"?([0-9]{1,20})(?![0-9])')


class Damage(Enum):
    """The mark of a value that was damaged on its way."""

    DAMAGED = "damaged"


DAMAGED: Final = Damage.DAMAGED


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A row that cannot be read, with its id if the id can be read."""

    id: str | None


class _CutError(ValueError):
    """The end of the answer is missing."""


def read_leniently(body: bytes) -> Any:
    """The JSON of the body, as far as it can be read.

    A damaged value of an object is `DAMAGED`, a row of `data` with broken JSON a `DamagedRow`, and
    what is nested too deeply is None.

    Raises:
        ValueError: the body is not JSON, or is incomplete.
    """
    text = _decode(body)
    try:
        return _decoder.decode(text)
    except RecursionError:
        text = _prune(text)
    except ValueError:
        pass
    try:
        return _read_rows(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def read_undamaged(body: bytes) -> Any:
    """The same as `read_leniently`, but broken JSON is never repaired.

    So nobody can send a body that costs more time than its length is worth.
    """
    text = _decode(body)
    try:
        return _decoder.decode(text)
    except RecursionError:
        pass
    try:
        return _decoder.decode(_prune(text))
    except RecursionError:
        raise ValueError("nested too deep") from None


def _decode(body: bytes) -> str:
    """Bytes that are not UTF-8 become lone surrogates, as bad escapes do."""
    for bom, encoding in _BOMS.items():
        if body.startswith(bom):
            errors = "surrogateescape" if encoding == "utf-8" else "surrogatepass"
            return body[len(bom) :].decode(encoding, errors)
    return body.decode("utf-8", "surrogateescape")


def _mark_damaged(value: dict[str, Any]) -> dict[str, Any]:
    for name, each in value.items():
        if isinstance(each, str) and not each.isascii() and _is_damaged(each):
            value[name] = DAMAGED
    return value


def _is_damaged(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _to_int(digits: str) -> int | Damage:
    return int(digits) if len(digits) <= _MOST_DIGITS else DAMAGED


#: Accepts control characters in texts.
_decoder = json.JSONDecoder(strict=False, object_hook=_mark_damaged, parse_int=_to_int)


def _prune(text: str) -> str:
    """The text with null in place of parts that are nested too deep."""
    kept: list[str] = []
    depth = begin = 0
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        if first in "[{":
            depth += 1
            if depth == _DEEPEST:
                kept += [text[begin : token.start()], "null"]
        elif first in "]}":
            if depth == _DEEPEST:
                begin = token.end()
            depth -= 1
    return "".join([*kept, text[begin:]]) if depth < _DEEPEST else ""


def _read_rows(text: str) -> Any:
    """The answer, with each row of `data` read by itself."""
    try:
        return _decoder.decode(text)
    except ValueError:
        begin = _DATA.search(text)
    if begin is None:
        raise ValueError("no rows")
    rows, end = _Rows(text).read(begin.end())
    # If the text around the rows is incomplete, the end of the answer is missing.
    envelope = _decoder.decode(f"{text[: begin.end() - 1]}null{text[end:]}")
    if not isinstance(envelope, dict) or envelope.get("data", rows) is not None:
        raise ValueError("the rows are not the answer's own")
    return {**envelope, "data": rows}


class _Rows:
    """Reads the rows of a list one by one; after a damaged row it searches the next row."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tries = 0
        #: The keys of a row, from the first complete row.
        self._names: set[str] = set()

    def read(self, position: int) -> tuple[list[Any], int]:
        """The rows from ``position`` on, and where the list ends."""
        rows: list[Any] = []
        begin = position
        while True:
            position = self._skip_gap(position)
            if self._text.startswith("]", position):
                return rows, position + 1
            if rows and _MEMBER.match(self._text, position):
                # An extra brace ended the row too early, and this is the rest of the row.
                rows[-1], position = self._damaged(begin, position)
                continue
            begin = position
            row, position = self._read_row(position)
            rows.append(row)

    def _skip_gap(self, position: int) -> int:
        gap = _GAP.match(self._text, position)
        position = gap.end() if gap else position
        if position >= len(self._text):
            raise _CutError("the list has no end")
        return position

    def _read_row(self, position: int) -> tuple[Any, int]:
        try:
            row, end = _decoder.raw_decode(self._text, position)
        except (ValueError, RecursionError):
            pass
        else:
            after = self._skip_white(end)
            if after == len(self._text):
                raise _CutError("the list has no end")
            # Otherwise an extra quotation mark made the rest of the row look like a row.
            if self._text.startswith((",", "]"), after):
                if isinstance(row, dict):
                    self._names = self._names or set(row)
                return row, end
        return self._damaged(position, position)

    def _damaged(self, begin: int, position: int) -> tuple[DamagedRow, int]:
        own_id = _OWN_ID.match(self._text, begin)
        return DamagedRow(own_id[1] if own_id else None), self._find_next(position + 1)

    def _skip_white(self, position: int) -> int:
        while self._text[position : position + 1].isspace():
            position += 1
        return position

    def _find_next(self, position: int) -> int:
        """Where the next complete row begins, or else where the list ends."""
        for begin in _OBJECT.finditer(self._text, position):
            self._tries += 1
            if self._tries > _MOST_TRIES:
                raise ValueError("too much is damaged")
            try:
                row, _end = _decoder.raw_decode(self._text, begin.start())
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict) and self._looks_like_a_row(row):
                return begin.start()
        # The damaged row was the last: the list ends at the bracket before the envelope's fields.
        end = self._text.rfind("]", position)
        meta = self._text.rfind('"meta"', position)
        if meta != -1:
            end = self._text.rfind("]", position, meta)
        if end == -1:
            raise _CutError("the list has no end")
        return end

    def _looks_like_a_row(self, value: dict[str, Any]) -> bool:
        """Whether the value is a row, and not a part of a row."""
        if not self._names:
            return "services" in value
        return len(self._names & value.keys()) > len(self._names) * _ALIKE
