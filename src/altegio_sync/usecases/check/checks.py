"""One thing that `check` tests, and how it came out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: The checks of settings: a person corrects the settings when one of them fails.
ABOUT_SETTINGS = ("settings", "services")


class Level(StrEnum):
    """A warning is shown and does not change the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tested; ``hint`` says what to do about a warning or a failure."""

    name: str
    level: Level
    text: str
    hint: str = ""

    @property
    def ok(self) -> bool:
        """Whether a run can go on; it can after a warning."""
        return self.level is not Level.FAIL

    @classmethod
    def good(cls, name: str, text: str) -> Finding:
        return cls(name, Level.OK, text)

    @classmethod
    def warning(cls, name: str, text: str, hint: str) -> Finding:
        return cls(name, Level.WARN, text, hint)

    @classmethod
    def bad(cls, name: str, text: str, hint: str) -> Finding:
        return cls(name, Level.FAIL, text, hint)
