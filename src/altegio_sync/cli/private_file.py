"""A file that is written completely or not at all; by default only its owner may read it."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.errors import AltegioSyncError, ConfigError
from altegio_sync.messages import files as texts
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altegio_sync.messages import Message


class NotWrittenError(AltegioSyncError):
    """The file could not be written although its place was writable: the disk is full."""


class PendingFile:
    """A draft beside the path, under another name until `put` moves it there."""

    def __init__(self, path: Path, draft: Path, descriptor: int) -> None:
        self.path = path
        self._draft = draft
        self._descriptor = descriptor

    def put(self, text: str) -> None:
        """Write the text, and replace the file at the path by it.

        Raises:
            NotWrittenError: the disk is full, or the folder is gone.
        """
        try:
            with open(self._descriptor, "w", encoding="utf-8", newline="", closefd=False) as file:
                file.write(text)
                file.flush()
                os.fsync(self._descriptor)
            self._draft.replace(self.path)
        except OSError as error:
            raise not_written(self.path, error) from error


@contextmanager
def private_file(
    path: Path, replaces: Callable[[bytes], bool] | None = None, *, mode: int = 0o600
) -> Iterator[PendingFile]:
    """A new file. It is checked at once whether the path can be written; `put` writes the file.

    Without a `put` the path does not change.

    An existing file is replaced only where ``replaces`` accepts its beginning.

    Raises:
        ConfigError: the path cannot be written, is not a file, or must not be replaced.
    """
    # A symbolic link stays a link, and its target is written.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise cannot_write(path, texts.NO_FILE())
    if replaces is not None and not replaces(_beginning_of(target)):
        raise cannot_write(path, texts.OF_ANOTHER_COMMAND())
    try:
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        os.fchmod(descriptor, mode)
    except OSError as error:
        raise cannot_write(path, os_reason(error)) from error
    try:
        yield PendingFile(target, Path(draft), descriptor)
    finally:
        os.close(descriptor)
        with suppress(OSError):
            Path(draft).unlink(missing_ok=True)


def _beginning_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise cannot_write(path, os_reason(error)) from error


def cannot_write(path: Path, reason: Message | str | None) -> ConfigError:
    return ConfigError(texts.CANNOT_WRITE(path=str(path), reason=reason or str(None)))


def not_written(path: Path, error: OSError) -> NotWrittenError:
    return NotWrittenError(texts.CANNOT_WRITE(path=str(path), reason=os_reason(error)))
