"""What a command printed, held against what it printed when its snapshot was written.

``UPDATE_SNAPSHOTS=1 pytest tests/acceptance/test_snapshots.py`` writes the snapshots anew. Values
that differ from run to run are replaced by what they are: `<run id>`, `<time>`, `<port>`.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.acceptance.cli import Ran

FOLDER = Path(__file__).parent / "snapshots"
SWITCH = "UPDATE_SNAPSHOTS"

#: In this order. Days of 2024, 2025 and 2099 are those of made-up data and stay.
_KINDS = [
    (re.compile(r"\b\d{8}-\d{6}-\d{3}[0-9a-f]{4}\b"), "<run id>"),
    (re.compile(r"\b(?!2024|2025|2099)20\d\d-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"\b(?!2024|2025|2099)20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "<time>"),
    (re.compile(r"\b(?!2024|2025|2099)20\d\d-\d\d-\d\d\b"), "<date>"),
    (re.compile(rf"\b{re.escape(socket.gethostname())}\b"), "<host>"),
    (re.compile(r"(127\.0\.0\.1:)\d{2,}"), r"\1<port>"),
    (re.compile(r"\bprocess \d+"), "process <number>"),
    (re.compile(r"\bversion \d+\.\d+\.\d+"), "version <version>"),
    (re.compile(r"\btest_[0-9a-f]{12}\b"), "<database>"),
    (re.compile(r"MongoDB's clock is .* this machine's"), "MongoDB's clock is <difference>"),
    # Groups of the same documents are found in any order.
    (re.compile(r"^(duplicate-[a-z]+,error),\d+,"), r"\1,<number>,"),
    (re.compile(r"\b\d+(\.\d+)? (s|ms|seconds)\b"), r"<number> \2"),
]
#: Numbers that are times: by the end of their name.
_TIMES = re.compile(r"(^|_)(seconds|hours|s|ms)$")


@dataclass
class Snapshots:
    """Compares one by one, and fails at the end with every difference."""

    folder: Path
    differences: list[str] = field(default_factory=list)

    def compare(self, name: str, ran: Ran) -> None:
        """The exit code and the JSON of a command."""
        self.compare_value(name, {"code": ran.code, "json": ran.json})

    def compare_log(self, name: str, ran: Ran) -> None:
        """The lines of `--log-format json`, in the order of their text.

        Of lines about appointments the first of each outcome and reason.
        """
        lines = sorted(map(json.loads, ran.err.splitlines()), key=_place_of_line)
        distinct = {_place_of_line(line): line for line in reversed(lines)}
        self.compare_value(name, [distinct[each] for each in sorted(distinct)])

    def compare_rows(self, name: str, file: Path) -> None:
        """The rows of a CSV file, in the order of their text."""
        rows = file.read_text(encoding="utf-8-sig").splitlines()
        self.compare_value(name, sorted(map(self._text, rows)))

    def compare_value(self, name: str, value: object) -> None:
        file = FOLDER / f"{name}.json"
        shown = json.dumps(self.steady(value), ensure_ascii=False, indent=2) + "\n"
        if os.environ.get(SWITCH):
            file.write_text(shown, encoding="utf-8")
            return
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        if shown != kept:
            lines = difflib.unified_diff(
                *(kept.splitlines(), shown.splitlines()),
                *(f"snapshots/{file.name}", "printed now"),
                lineterm="",
            )
            self.differences.append("\n".join(lines))

    def assert_equal(self) -> None:
        if self.differences:
            told = "\n\n".join(self.differences)
            pytest.fail(f"{told}\n\nIf that is meant: {SWITCH}=1 writes the snapshots", False)

    def steady(self, value: object, name: str = "") -> object:
        """The value with what differs from run to run replaced by its kind."""
        match value:
            case dict():
                return {self._text(key): self.steady(each, key) for key, each in value.items()}
            case list():
                return [self.steady(each, name) for each in value]
            case str():
                return self._text(value)
            case int() | float() if _TIMES.search(name) and not isinstance(value, bool):
                return "<number>"
            case _:
                return value

    def _text(self, text: str) -> str:
        text = text.replace(str(self.folder), "<folder>")
        for pattern, kind in _KINDS:
            text = pattern.sub(kind, text)
        return text


def _place_of_line(line: dict[str, Any]) -> str:
    """Sorts log lines, and takes those about appointments together."""
    if line["event"] == "appointment":
        return f"appointment {line['outcome']} {line['reason']}"
    return f"{line['event']} {json.dumps(line | {'at': ''}, ensure_ascii=False)}"
