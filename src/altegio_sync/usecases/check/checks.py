"""One thing that `check` tests, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from altegio_sync.messages import Message

# Names of checks, which `--json` shows as well.
SETTINGS_FILE = "settings file"
REQUEST_LIMITS = "request limits"
LOCATIONS = "locations"
TIME_ZONE = "time zone"
MONGODB_RIGHTS = "MongoDB rights"
MONGODB_FEATURES = "MongoDB features"
#: The checks of settings: a person corrects the settings when one of them fails.
ABOUT_SETTINGS = ("settings", "services")


class Level(StrEnum):
    """A warning is shown and does not change the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tested. ``hint`` says what to do about a warning or a failure."""

    name: str
    level: Level
    text: Message
    hint: Message | None = None

    @property
    def ok(self) -> bool:
        """Whether a run is possible. A warning does not prevent it."""
        return self.level is not Level.FAIL

    @classmethod
    def good(cls, name: str, text: Message) -> Check:
        return cls(name, Level.OK, text)

    @classmethod
    def warning(cls, name: str, text: Message, hint: Message) -> Check:
        return cls(name, Level.WARN, text, hint)

    @classmethod
    def bad(cls, name: str, text: Message, hint: Message) -> Check:
        return cls(name, Level.FAIL, text, hint)


def name_of_company(company_id: str) -> str:
    return f"company {company_id}"
