"""Opens a table in a file: the ending of the file sets the format."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from altegio_sync.cli.private_file import not_written
from altegio_sync.cli.tables.destination import destination
from altegio_sync.cli.tables.plain_tables import (
    CsvTable,
    JsonLinesTable,
    names_in_csv,
    names_in_json_lines,
)
from altegio_sync.errors import ConfigError
from altegio_sync.messages import files as texts
from altegio_sync.messages import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.cli.tables.columns import Column, Row
    from altegio_sync.cli.tables.destination import Destination
    from altegio_sync.cli.tables.workbook import Sheet, Workbook
    from altegio_sync.messages import Message

XLSX, CSV, JSON_LINES = ".xlsx", ".csv", ".jsonl"
_BEGINNING = 64 * 1024


class Table(Protocol):
    """Takes rows. Raises NotWrittenError if the disk is full."""

    def add(self, row: Row) -> None: ...

    def close(self) -> None:
        """Called after the last row; `TableFile.put` closes the tables that are still open."""


@dataclass(frozen=True, slots=True)
class TableKind:
    """What a file contains: ``name`` in a workbook's properties, ``title`` in sentences.

    A table for programs has no mark of this program. It is recognized, and replaced, only if it
    has exactly the ``columns`` or the ``usual_columns``, in their order and in the form in which
    this program writes them.
    """

    name: str
    title: Message
    columns: Sequence[Column]
    usual_columns: Sequence[Column] = ()

    def is_in(self, path: Path) -> bool:
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
        if not beginning:
            return True
        if beginning.startswith(b"PK"):
            from altegio_sync.cli.tables.workbook import kind_in_workbook

            return kind_in_workbook(path) == self.name
        found = names_in_json_lines(beginning) or names_in_csv(beginning)
        own = [[each.name for each in one] for one in (self.columns, self.usual_columns) if one]
        return found in own


class TableFile:
    """One table, or several in a workbook, in a file that nobody sees before `put`."""

    def __init__(self, target: Destination, kind: TableKind, ending: str) -> None:
        self._target = target
        self._kind = kind
        self._ending = ending
        self._book: Workbook | None = None
        self._sheets: list[Sheet] = []

    @property
    def is_for_people(self) -> bool:
        """Whether the file is a workbook: it shows words instead of codes, and has sheets."""
        return self._ending == XLSX

    def new_table(self, columns: Sequence[Column], title: Message | str | None = None) -> Table:
        """A new table. Only a workbook can have a second table; ``title`` names its sheet.

        Raises:
            NotWrittenError: the disk is full.
        """
        try:
            return _NamedTable(self._make_table(columns, title), self._target.path)
        except OSError as error:
            raise not_written(self._target.path, error) from error

    def _make_table(self, columns: Sequence[Column], title: Message | str | None) -> Table:
        if self.is_for_people:
            return self._new_sheet(columns, title or self._kind.title)
        made = JsonLinesTable if self._ending == JSON_LINES else CsvTable
        return made(self._target.opened(), columns)

    def _new_sheet(self, columns: Sequence[Column], title: Message | str) -> Sheet:
        from altegio_sync.cli.tables.workbook import Workbook  # only who writes one waits for it

        if self._book is None:
            self._book = Workbook(self._target.draft, self._kind.name)
        sheet = self._book.new_sheet(render(title), columns)
        self._sheets.append(sheet)
        return sheet

    def release(self) -> None:
        """Close what is open, whether the file was put or not."""
        for sheet in self._sheets:
            with suppress(OSError):  # of a full disk; `add` or `put` reported it
                sheet.release()

    def put(self) -> None:
        """Move the file to its place.

        Raises:
            NotWrittenError: the disk is full, or the folder is gone.
        """
        try:
            if self._book is not None:
                for sheet in self._sheets:
                    sheet.close()
                self._book.close()
            self._target.put()
        except OSError as error:
            raise not_written(self._target.path, error) from error


class _NamedTable:
    """A table whose errors of the disk name the file."""

    def __init__(self, table: Table, path: Path) -> None:
        self._table = table
        self._path = path

    def add(self, row: Row) -> None:
        try:
            self._table.add(row)
        except OSError as error:
            raise not_written(self._path, error) from error

    def close(self) -> None:
        try:
            self._table.close()
        except OSError as error:
            raise not_written(self._path, error) from error


def check_ending(path: Path, default: str | None = None) -> str:
    """The format of a file of this name.

    Raises:
        ConfigError: the ending names no format, and there is no default; or it is the ending of
            another spreadsheet.
    """
    ending = path.suffix.lower()
    if ending in (XLSX, CSV, JSON_LINES):
        return ending
    if default is None or ending in (".xls", ".ods", ".numbers"):
        raise ConfigError(texts.UNKNOWN_ENDING(file=path.name))
    return default


@contextmanager
def open_table(path: Path, kind: TableKind, default: str | None = None) -> Iterator[TableFile]:
    """A new file of tables. It is checked at once whether it can be written; `put` writes it.

    Without a `put` the path does not change. An earlier file of the same kind is replaced.

    Raises:
        ConfigError: another file is there, or a folder; the path cannot be written; or the ending
            names no format.
    """
    ending = check_ending(path, default)
    with destination(path, kind.is_in, kind.title) as target:
        file = TableFile(target, kind, ending)
        try:
            yield file
        finally:
            file.release()
