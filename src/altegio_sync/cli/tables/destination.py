"""The place of a file that is written row by row, and appears completely or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from altegio_sync.cli.private_file import cannot_write
from altegio_sync.messages import files as texts
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altegio_sync.messages import Message


class Destination:
    """A draft, which only its owner may read, until `put` moves it to ``path``."""

    def __init__(self, path: Path, draft: Path, *, is_copied: bool) -> None:
        draft.touch(0o600)
        self.path = path
        self.draft = draft
        self._is_copied = is_copied
        self._file: IO[str] | None = None

    def opened(self) -> IO[str]:
        """The draft as a text file."""
        if self._file is None:
            self._file = self.draft.open("w", encoding="utf-8", newline="")
        return self._file

    def put(self) -> None:
        """Move the draft to its place, or copy it into a device, or into another user's folder."""
        if self._file is not None:
            self._file.close()
        if self._is_copied:
            self._copy()
            return
        with self.draft.open("rb") as file:
            os.fsync(file.fileno())
        self.draft.replace(self.path)

    def _copy(self) -> None:
        """An error may cut the file short."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(descriptor, "wb") as file, self.draft.open("rb") as draft:
            # A device, such as /dev/null, belongs to all users.
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, 0o600)
            shutil.copyfileobj(draft, file)

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # of a full disk; `add` or `put` reported it
                self._file.close()


@contextmanager
def destination(
    path: Path, is_replaced: Callable[[Path], bool], what: Message
) -> Iterator[Destination]:
    """A draft for the path, tested to be writable. Without a `put` the path does not change.

    An existing file is replaced only if ``is_replaced`` accepts it; ``what`` names the accepted
    kind in the error. A symbolic link stays a link, and its target is written.

    Raises:
        ConfigError: another file is there, or a folder, or the path cannot be written.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise cannot_write(path, os_reason(error)) from error
    if found is not None:
        _refuse_others(path, found, is_replaced, what)
    target = Path(os.path.realpath(path))
    is_copied = found is not None and (stat.S_ISCHR(found.st_mode) or _folder_refuses(target))
    # A folder, since a workbook is made of several files.
    folder = None if is_copied else target.parent
    try:
        name = tempfile.mkdtemp(dir=folder, prefix=f".{target.name[:100]}.")
    except OSError as error:
        raise cannot_write(path, os_reason(error)) from error
    made = Destination(target, Path(name) / "draft", is_copied=is_copied)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(name, ignore_errors=True)


def _refuse_others(
    path: Path, found: os.stat_result, is_replaced: Callable[[Path], bool], what: Message
) -> None:
    if _is_our_output(found):
        raise cannot_write(path, texts.OWN_OUTPUT())
    if stat.S_ISDIR(found.st_mode):
        raise cannot_write(path, texts.FOLDER())
    if stat.S_ISREG(found.st_mode):
        try:
            is_ours = is_replaced(path)
        except OSError as error:
            raise cannot_write(path, os_reason(error)) from error
        if not is_ours:
            raise cannot_write(path, texts.OF_ANOTHER_KIND(what=what))
    elif not stat.S_ISCHR(found.st_mode):
        raise cannot_write(path, texts.NO_FILE())


def _is_our_output(found: os.stat_result) -> bool:
    if os.path.samestat(found, Path(os.devnull).stat()):
        return False
    outputs = (each.fileno() for each in (sys.__stdout__, sys.__stderr__) if each is not None)
    return any(os.path.samestat(found, os.fstat(each)) for each in outputs)


def _folder_refuses(target: Path) -> bool:
    """Whether no file can be created in the folder, but the earlier file can be written."""
    return not os.access(target.parent, os.W_OK | os.X_OK) and os.access(target, os.W_OK)
