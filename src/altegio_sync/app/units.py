"""The units of systemd that run the commands, for this installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNITS = Path(__file__).parents[1] / "units"
_PROGRAM = "/opt/altegio-sync/bin/altegio-sync"
_SETTINGS = "/etc/altegio-sync/env"
_USER = "User=altegio\n"


def unit_texts(program: Sequence[str], env_file: Path, user: str) -> dict[str, str]:
    """The text of each unit by the name of its file.

    ``program`` is the command with its full path.
    """
    command = " ".join(f'"{_escaped(each)}"' for each in program)
    return {
        path.name: path.read_text(encoding="utf-8")
        .replace(_PROGRAM, command)
        .replace(_SETTINGS, str(env_file).replace("%", "%%"))
        .replace(_USER, f"User={user}\n")
        for path in sorted(UNITS.glob("altegio-*"))
    }


def _escaped(word: str) -> str:
    """For a command line of a unit, in double quotes."""
    for sign, instead in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%"), ("$", "$$")):
        word = word.replace(sign, instead)
    return word
