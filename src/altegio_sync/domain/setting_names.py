"""Finds unknown names of settings, and the setting that was probably meant."""

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
#: How similar the part after the prefix must be to a known name. With 0.8, `SERVICES` is similar to
#: `SERVICE_IDS`, and `PARTNER_TOKEN`, a name of the school's own server, is similar to no name.
_LIKE = 0.8
#: Names that servers of schools have for secrets of their own: no slips.
_OF_OTHERS = ("ALTEGIO_WEBHOOK_SECRET",)
#: How similar the whole name must be if the prefix itself is mistyped.
_LIKE_AS_A_WHOLE = 0.9


@dataclass(frozen=True, slots=True)
class UnknownName:
    """An unknown name that has nearly the prefix; ``meant`` is None if no setting is similar."""

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
    """The unknown names, in order, without repetitions; letter case does not matter."""
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
    if name in _OF_OTHERS:
        return None
    if name.startswith(_PREFIX):
        ends = {each.removeprefix(_PREFIX): each for each in known if each.startswith(_PREFIX)}
        close = get_close_matches(name.removeprefix(_PREFIX), ends, 1, _LIKE)
        return ends[close[0]] if close else None
    close = get_close_matches(
        name, [each for each in known if each.startswith(_PREFIX)], 1, _LIKE_AS_A_WHOLE
    )
    return close[0] if close else None
