"""Names of settings that this program does not know, and what was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from altegio_sync.messages import settings as texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from altegio_sync.messages import Message

_PREFIX = "ALTEGIO_"
#: How like a known name the part after the prefix must be. At 0.8 `SERVICES` is read as
#: `SERVICE_IDS`; `PARTNER_TOKEN`, a name of the school's own server, is like none.
_LIKE = 0.8
#: A prefix that is mistyped itself.
_LIKE_AS_A_WHOLE = 0.9


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that begins with the prefix, or nearly so; ``meant`` is None where it is like none."""

    name: str
    meant: str | None

    @property
    def message(self) -> Message:
        if self.meant is None:
            return texts.UNKNOWN_NAME(name=self.name)
        return texts.UNKNOWN_NAME_MEANT(name=self.name, meant=self.meant)

    def __str__(self) -> str:
        return str(self.message)


def find_unknown(names: Iterable[str], known: Sequence[str]) -> list[UnknownName]:
    """The unknown ones of the names, in order and each once; letter case does not matter."""
    upper = {each.upper() for each in known}
    found = []
    for name in dict.fromkeys(names):
        if name.upper() in upper:
            continue
        meant = _find_meant(name.upper(), known)
        if meant is not None or name.upper().startswith(_PREFIX):
            found.append(UnknownName(name, meant))
    return found


def _find_meant(name: str, known: Sequence[str]) -> str | None:
    if name.startswith(_PREFIX):
        ends = {each.removeprefix(_PREFIX): each for each in known if each.startswith(_PREFIX)}
        close = get_close_matches(name.removeprefix(_PREFIX), ends, 1, _LIKE)
        return ends[close[0]] if close else None
    close = get_close_matches(
        name, [each for each in known if each.startswith(_PREFIX)], 1, _LIKE_AS_A_WHOLE
    )
    return close[0] if close else None
