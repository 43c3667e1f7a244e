"""Checks the settings file, `.env`: lines that cannot be read, and who may read the file."""

from __future__ import annotations

import logging
import re
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dotenv.parser import parse_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dotenv.parser import Binding

ENCODING = "utf-8-sig"
#: The parser would log a line at each reading of the file.
_PARSERS_LOG = logging.getLogger("dotenv.main")


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
