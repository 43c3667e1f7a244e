"""Checks the settings file, `.env`: lines that cannot be read, and who may read the file."""

from __future__ import annotations

import logging
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from dotenv.parser import parse_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dotenv.parser import Binding

ENCODING = "utf-8-sig"
#: The parser would log a line at each reading of the file.
_PARSERS_LOG = logging.getLogger("dotenv.main")
#: Behind a value. With a quote it may be a part of the value.
_COMMENT = re.compile(r"[^\S\r\n]+#[^\r\n'\"]*$")
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_.,:/@+=?&%~-]*")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """``unread_lines`` are the numbers of lines that are not comments and set nothing."""

    path: Path
    unread_lines: tuple[int, ...]
    is_open_to_all: bool


def read_settings_file(path: Path) -> SettingsFile | None:
    """The state of the file; None if it does not exist or cannot be read."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            return None  # a pipe may never end, or never begin
        with path.open(encoding=ENCODING) as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeDecodeError):
        return None
    return SettingsFile(
        path,
        unread_lines=tuple(_line_of(each) for each in bindings if _is_unread(each)),
        is_open_to_all=bool(mode & stat.S_IROTH),
    )


@contextmanager
def without_the_parsers_log() -> Iterator[None]:
    """Within this context, reading the file does not log its wrong lines."""
    _PARSERS_LOG.addFilter(_drop)
    try:
        yield
    finally:
        _PARSERS_LOG.removeFilter(_drop)


def _drop(_record: logging.LogRecord) -> bool:
    return False


def _is_unread(binding: Binding) -> bool:
    """Whether the line is not NAME=value; `export NAME`, as in shells, is accepted."""
    is_bare = binding.key is not None and binding.value is None
    return binding.error or (is_bare and not binding.original.string.lstrip().startswith("export"))


def _line_of(binding: Binding) -> int:
    """The line's number: the parser counts from the empty lines before it."""
    ahead = re.match(r"\s*", binding.original.string)
    return binding.original.line + (ahead[0].count("\n") if ahead else 0)


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text of a settings file with these values; its other lines and comments stay.

    A name that is not in the text is added at the end, unless its value is empty.

    Raises:
        ValueError: a value cannot be written so that it is read back.
    """
    bindings = list(parse_stream(StringIO(text, newline="")))
    last = {each.key: number for number, each in enumerate(bindings) if each.key}
    parts = [each.original.string for each in bindings]
    added = []
    end = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    for name, value in values.items():
        if name in last:
            parts[last[name]] = _with_value(parts[last[name]], name, value)
        elif value:
            added.append(f"{name}={_quoted(value)}{end}")
    written = "".join(parts)
    if added and written and not written.endswith(("\n", "\r")):
        written += end
    written += "".join(added)
    _check_read_back(written, values)
    return written


def values_in(text: str) -> dict[str, str]:
    """The values of the text of a settings file."""
    with without_the_parsers_log():
        found = dotenv_values(stream=StringIO(text), interpolate=True)
    return {name: value or "" for name, value in found.items()}


def _with_value(line: str, name: str, value: str) -> str:
    """The line, or the lines of a long value, with another value; what is around it stays."""
    before, word, _old = line.partition(name)
    body = line.rstrip("\r\n")
    comment = _COMMENT.search(body)
    end = line[len(body) :] or "\n"
    return f"{before}{word}={_quoted(value)}{comment[0] if comment else ''}{end}"


def _quoted(value: str) -> str:
    if _NEEDS_NO_QUOTES.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _check_read_back(text: str, values: Mapping[str, str]) -> None:
    read = values_in(text)
    for name, value in values.items():
        if read.get(name, "") != value:
            raise ValueError(name)
