"""A folder that only this user can enter, and the lock files in it."""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
import time
from itertools import takewhile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from altegio_sync.domain.foreign_text import shown
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_SECONDS = 0.02
_ANOTHER = "set ALTEGIO_DATA_DIR to a folder of your own"


def make_private(folder: Path) -> None:
    """Create the folder and its missing parents, for this user only, under any umask.

    Raises:
        ConfigError: it cannot be created, is not a folder, or belongs to another user.
    """
    try:
        missing = takewhile(lambda each: not os.path.lexists(each), (folder, *folder.parents))
        for each in reversed(list(missing)):
            _make_one(each)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise ConfigError(f"{shown(folder)} is not a folder: {_ANOTHER}")
        if found.st_uid != os.geteuid():
            raise ConfigError(_about_owner(folder, found.st_uid))
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"Cannot make the folder {shown(folder)}: {error.strerror}{_owner_in_the_way(folder)}"
        ) from error


def _make_one(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    folder.chmod(0o700)


def _about_owner(folder: Path, owner: int) -> str:
    name = _name_of(owner)
    holds = "" if _is_empty(folder) else " and holds that user's data"
    return f"{shown(folder)} belongs to {name}{holds}: run this as {name}, or {_ANOTHER}"


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:  # only its owner can look inside
        return False


def _owner_in_the_way(folder: Path) -> str:
    """Names the owner of the folder that refuses us, where this is another user."""
    for each in (folder, *folder.parents):
        try:
            owner = each.lstat().st_uid
        except OSError:
            continue
        if owner in (0, os.geteuid()):
            return ""
        name = _name_of(owner)
        return f" ({shown(each)} belongs to {name}): run this as {name}, or {_ANOTHER}"
    return ""


def _name_of(owner: int) -> str:
    try:
        return f"user {pwd.getpwuid(owner).pw_name}"
    except KeyError:
        return f"the user with the number {owner}"


def open_lock(path: Path) -> IO[str]:
    """The lock file; created where it is missing, under any umask."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        os.fchmod(descriptor, 0o600)
    except FileExistsError:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "a", encoding="utf-8")


def lock(file: IO[str], kind: int, check: Callable[[], None]) -> None:
    """Wait for the lock. ``check`` is called during the wait, and raises to end the wait.

    `flock` is called in a thread, since a signal does not interrupt it.
    """
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            check()
            time.sleep(_POLL_SECONDS)
        else:
            return
