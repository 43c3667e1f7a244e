"""Finds the line of each key in a TOML text, for messages: `tomllib` does not report it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The names of the tables and the key, with a number after the name of a list of tables.
KeyPath: TypeAlias = "tuple[str | int, ...]"

#: A value over several lines ends in a line with one of these.
_MAY_END = re.compile(r"[\]}]|\"\"\"|'''")


class TomlLines:
    """The lines of the keys in a text that `tomllib` has read. The text is split when needed."""

    def __init__(self, text: str) -> None:
        self._lines = text.replace("\r\n", "\n").split("\n")
        self._found: dict[KeyPath, int] | None = None

    def find(self, path: KeyPath) -> int:
        """The line of the key, or of the nearest table around it; 1 for the file itself."""
        if self._found is None:
            self._found = dict(_first(self._find_all()))
        while path and path not in self._found:
            path = path[:-1]
        return self._found[path] if path else 1

    def _find_all(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        for line, statement in self._statements():
            parsed = tomllib.loads(statement)
            if statement.lstrip().startswith("["):
                table = _resolve(parsed, counts)
                for length in range(1, len(table) + 1):
                    yield table[:length], line
            else:
                for path in _paths(parsed, table):
                    yield path, line

    def _statements(self) -> Iterator[tuple[int, str]]:
        """Each table's header and each key with its value, with the number of its first line.

        The text is valid as a whole. So the first lines that are valid by themselves are one
        statement.
        """
        start = 0
        while start < len(self._lines):
            end = start + 1
            while not self._is_whole(start, end):
                end += 1
            yield start + 1, "\n".join(self._lines[start:end])
            start = end

    def _is_whole(self, start: int, end: int) -> bool:
        if end >= len(self._lines):
            return True
        if end > start + 1 and not _MAY_END.search(self._lines[end - 1]):
            return False
        try:
            tomllib.loads("\n".join(self._lines[start:end]))
        except ValueError:
            return False
        return True


def _first(found: Iterator[tuple[KeyPath, int]]) -> dict[KeyPath, int]:
    lines: dict[KeyPath, int] = {}
    for path, line in found:
        lines.setdefault(path, line)
    return lines


def _resolve(header: dict[str, Any], counts: dict[KeyPath, int]) -> KeyPath:
    """The path of a header that was read alone; ``counts`` are the tables of each list so far."""
    path: KeyPath = ()
    value: Any = header
    while value:
        [(name, value)] = value.items()
        path = (*path, name)
        if isinstance(value, list):  # only the last name of a header in two brackets
            counts[path] = counts.get(path, -1) + 1
            return (*path, counts[path])
        if path in counts:
            path = (*path, counts[path])
    return path


def _paths(value: object, path: KeyPath) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _paths(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, dict):
                yield from _paths(each, (*path, index))
