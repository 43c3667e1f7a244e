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

from altegio_sync.errors import ConfigError
from altegio_sync.messages import embedded as texts
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from altegio_sync.messages import Message

_POLL_SECONDS = 0.02


def make_private(folder: Path) -> None:
    """Create the folder and its missing parents, for this user only, under any umask.

    Raises:
        ConfigError: the folder cannot be created, is no folder, or belongs to another user.
    """
    try:
        missing = takewhile(lambda each: not os.path.lexists(each), (folder, *folder.parents))
        for each in reversed(list(missing)):
            _make_one(each)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise ConfigError(texts.NO_FOLDER(folder=str(folder)))
        if found.st_uid != os.geteuid():
            raise ConfigError(_about_owner(folder, found.st_uid))
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(_why_not_made(folder, os_reason(error))) from error


def _make_one(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    folder.chmod(0o700)


def _about_owner(folder: Path, owner: int) -> Message:
    text = texts.FOLDER_OF_ANOTHER if _is_empty(folder) else texts.DATA_OF_ANOTHER
    return text(folder=str(folder), owner=_name_of(owner))


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:  # only its owner can look inside
        return False


def _why_not_made(folder: Path, reason: Message | str) -> Message:
    """The reason. If another user owns the folder, the reason names the folder and its owner."""
    for each in (folder, *folder.parents):
        try:
            owner = each.lstat().st_uid
        except OSError:
            continue
        if owner in (0, os.geteuid()):
            break
        return texts.CANNOT_MAKE_FOLDER_IN(
            folder=str(folder), reason=reason, owned=str(each), owner=_name_of(owner)
        )
    return texts.CANNOT_MAKE_FOLDER(folder=str(folder), reason=reason)


def _name_of(owner: int) -> Message:
    try:
        return texts.USER_BY_NAME(name=pwd.getpwuid(owner).pw_name)
    except KeyError:
        return texts.USER_BY_NUMBER(number=str(owner))


def open_lock(path: Path) -> IO[str]:
    """The lock file. It is created if it is missing, under any umask."""
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
