"""Adds lines to the user's crontab, through the program `crontab`."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from altegio_sync.domain.crontab import with_lines
from altegio_sync.errors import AltegioSyncError
from altegio_sync.messages import init as texts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WITHIN_S = 60.0


def has_crontab() -> bool:
    return shutil.which("crontab") is not None


def install_lines(lines: Sequence[str], env_file: Path) -> bool:
    """Whether the crontab was changed: False if it has the lines already. No line of it is lost.

    Raises:
        AltegioSyncError: the crontab cannot be read or written. It is then unchanged.
    """
    program = shutil.which("crontab")
    if program is None:
        raise AltegioSyncError(texts.NO_CRONTAB_PROGRAM())
    before = _read(program)
    after = with_lines(before, lines, env_file)
    if after == before:
        return False
    _write(program, after)
    if _read(program) != after:
        raise AltegioSyncError(texts.CRONTAB_REFUSED(reason=texts.READ_BACK_DIFFERS()))
    return True


def _read(program: str) -> str:
    """The crontab; empty if the user has none."""
    ran = _run([program, "-l"])
    if ran.returncode == 0:
        return ran.stdout
    reason = " ".join(ran.stderr.split())
    has_none = not ran.stdout and ("no crontab for" in reason or "No such file" in reason)
    if not has_none:
        raise AltegioSyncError(texts.CRONTAB_UNREAD(reason=reason[:200] or str(ran.returncode)))
    return ""


def _write(program: str, text: str) -> None:
    ran = _run([program, "-"], text)
    if ran.returncode != 0:
        reason = " ".join(ran.stderr.split())[:200]
        raise AltegioSyncError(texts.CRONTAB_REFUSED(reason=reason or str(ran.returncode)))


def _run(command: Sequence[str], text: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the system's own program
            command,
            input=text,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # other people's lines may be in any encoding
            env=os.environ | {"LC_ALL": "C"},
            timeout=_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AltegioSyncError(texts.CRONTAB_UNREAD(reason=type(error).__name__)) from None
