"""The units of systemd that run the commands, for this installation."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNITS = Path(__file__).parents[1] / "units"
_PROGRAM = "/opt/altegio-sync/bin/altegio-sync"
_PYTHON = "/opt/altegio-sync/bin/python"
_SETTINGS = "/etc/altegio-sync/env"
_STATE = "/var/lib/"
_USER = "User=altegio\n"
#: A user's own manager has neither this target nor the right to set the limits, and the data folder
#: is that of the commands which the user types.
_ONLY_OF_SYSTEM = (
    "Wants=network-online.target\nAfter=network-online.target\n",
    "Environment=ALTEGIO_DATA_DIR=/var/lib/altegio-sync\n",
    _USER,
)
_LIMITS = re.compile(r"\n# It needs the network.*?(?=\n\[|\Z)", re.DOTALL)


def unit_texts(program: Sequence[str], env_file: Path, user: str | None) -> dict[str, str]:
    """The text of each unit by the name of its file.

    ``program`` is the command with its full path. Without a ``user``, the units are for the
    manager of whoever starts them.
    """
    command = " ".join(map(_quoted, program))
    return {
        path.name: _for_user(path.read_text(encoding="utf-8"), user)
        .replace(_PROGRAM, command)
        .replace(_PYTHON, _quoted(sys.executable))
        .replace(_SETTINGS, str(env_file).replace("%", "%%"))
        for path in sorted(UNITS.glob("altegio-*"))
    }


def _for_user(text: str, user: str | None) -> str:
    if user is not None:
        return text.replace(_USER, f"User={user}\n")
    for each in _ONLY_OF_SYSTEM:
        text = text.replace(each, "")
    return _LIMITS.sub("", text).replace(_STATE, "%S/").replace("multi-user.", "default.")


def _quoted(word: str) -> str:
    """For a command line of a unit."""
    for sign, instead in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(sign, instead)
    return f'"{word}"'
