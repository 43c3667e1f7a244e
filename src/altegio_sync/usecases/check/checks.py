"""One thing that `check` tests, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from altegio_sync.errors import AuthenticationError
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names

if TYPE_CHECKING:
    from altegio_sync.errors import AltegioError, ConfigError
    from altegio_sync.messages import Message

#: The checks of settings: a person corrects the settings when one of them fails.
ABOUT_SETTINGS = (names.SETTINGS.code, names.SERVICES.code)


class Level(StrEnum):
    """A warning is shown and does not change the exit code."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tested. ``hint`` says what to do about a warning or a failure."""

    name: Message
    level: Level
    text: Message
    hint: Message | None = None

    @property
    def ok(self) -> bool:
        """Whether a run is possible. A warning does not prevent it."""
        return self.level is not Level.FAIL

    @classmethod
    def good(cls, name: Message, text: Message) -> Check:
        return cls(name, Level.OK, text)

    @classmethod
    def warning(cls, name: Message, text: Message, hint: Message) -> Check:
        return cls(name, Level.WARN, text, hint)

    @classmethod
    def bad(cls, name: Message, text: Message, hint: Message) -> Check:
        return cls(name, Level.FAIL, text, hint)


def what_to_do(error: AltegioError | ConfigError) -> Message:
    """The hint where no more can be requested."""
    is_token = isinstance(error, AuthenticationError)
    return texts.CORRECT_TOKENS() if is_token else texts.NOTHING_MORE()
