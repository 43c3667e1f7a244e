"""How sentences call the settings: as variables, or as keys of a schools file.

A sentence is written with the names of the variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Process:
    """The other names of this process, by variable."""

    names: Mapping[str, str] = {}
    pattern: re.Pattern[str] | None = None


def call_settings(names: Mapping[str, str]) -> None:
    """Use these names from now on, by variable; an empty mapping restores the variables."""
    _Process.names = names
    either = "|".join(map(re.escape, names))
    _Process.pattern = re.compile(rf"\b(?:{either})\b") if names else None


def with_setting_names(text: str) -> str:
    """A sentence of ours, before it is filled in, with the names of this process."""
    if _Process.pattern is None:
        return text
    return _Process.pattern.sub(lambda found: _Process.names[found[0]], text)


def setting_name(field: str) -> str:
    """A field of a sentence: another name where the field is the name of a setting."""
    # A text of MongoDB may be of a type that is no key of a mapping.
    return _Process.names.get(str(field), field)
