"""A list as a CSV file that only its owner may read, written completely or not at all."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.cli.private_file import cannot_write, private_file
from altegio_sync.errors import ConfigError
from altegio_sync.messages import files as texts
from altegio_sync.messages.foreign_text import REPLACEMENT, plain
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from altegio_sync.messages import Message

_BOM = b"\xef\xbb\xbf"
#: The places of possible formulas in a spreadsheet: the beginning of a cell, and behind a sign that
#: may end a cell. White space and quotation marks before a formula do not matter.
_FORMULA = re.compile(rf"(^|[;,|])(?=[\s\"{REPLACEMENT}]*[=+\-@＝＋－＠])")
_SPREADSHEETS = (".xls", ".xlsx", ".ods", ".numbers")
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


class ListFile:
    """Rows that are written when the run has ended, all at once."""

    def __init__(self, header: Sequence[str], put: Callable[[str], None]) -> None:
        self._put = put
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text)
        self._rows.writerow(header)

    def add(self, cells: Sequence[str]) -> None:
        self._rows.writerow([defused(each) for each in cells])

    def put(self) -> None:
        """Write the file; raises ConfigError where it cannot be written."""
        self._put(self._text.getvalue())


def defused(cell: str) -> str:
    """The text on one line, with an apostrophe wherever a spreadsheet would find a formula."""
    text = plain(cell)
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


def refuse_spreadsheets(path: Path, option: str) -> None:
    """Raise ConfigError if a spreadsheet program would not open a file of this name as CSV."""
    if path.suffix.lower() in _SPREADSHEETS:
        raise ConfigError(texts.WRITES_CSV(option=option, file=path.name))


@contextmanager
def list_file(path: Path, header: Sequence[str], what: Message) -> Iterator[ListFile]:
    """A new list. It is checked at once whether the path can be written; `put` writes the list.

    Without a `put` the path does not change.

    An earlier list is recognized by its first line, the ``header``, and is replaced; a newer
    version may add columns. ``what`` names the list in the message about any other file.

    Raises:
        ConfigError: another file is there, or a folder, or the path cannot be written.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise cannot_write(path, os_reason(error)) from error
    if found is not None:
        _refuse_others(path, found, header, what)
    if found is not None and (stat.S_ISCHR(found.st_mode) or _folder_refuses(path)):
        yield ListFile(header, lambda text: _write_into(path, text))
    else:
        with private_file(path) as file:
            yield ListFile(header, file.put)


def _refuse_others(path: Path, found: os.stat_result, header: Sequence[str], what: Message) -> None:
    if _is_our_output(found):
        raise cannot_write(path, texts.OWN_OUTPUT())
    if stat.S_ISDIR(found.st_mode):
        raise cannot_write(path, texts.FOLDER())
    if stat.S_ISREG(found.st_mode):
        try:
            with path.open("rb") as file:
                beginning = file.read(1024).removeprefix(_BOM)
        except OSError as error:
            raise cannot_write(path, os_reason(error)) from error
        if beginning and not beginning.startswith(",".join(header).encode()):
            raise cannot_write(path, texts.OF_ANOTHER_KIND(what=what))
    elif not stat.S_ISCHR(found.st_mode):
        raise cannot_write(path, texts.NO_FILE())


def _is_our_output(found: os.stat_result) -> bool:
    if os.path.samestat(found, Path(os.devnull).stat()):
        return False
    outputs = (each.fileno() for each in (sys.__stdout__, sys.__stderr__) if each is not None)
    return any(os.path.samestat(found, os.fstat(each)) for each in outputs)


def _folder_refuses(path: Path) -> bool:
    """Whether no file can be created in the folder, but the earlier list can be written."""
    target = Path(os.path.realpath(path))
    return not os.access(target.parent, os.W_OK | os.X_OK) and os.access(target, os.W_OK)


def _write_into(path: Path, text: str) -> None:
    """Write into a device, or into a file in another user's folder. An error may cut the file."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            # A device, such as /dev/null, belongs to all users.
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, 0o600)
            file.write(text)
    except OSError as error:
        raise cannot_write(path, os_reason(error)) from error
