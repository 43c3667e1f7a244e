"""Finds out whether a file with settings can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.messages import settings as texts
from altegio_sync.messages.os_errors import os_reason
from altegio_sync.settings_file import ENCODING

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.messages import Message


def is_there(path: Path) -> bool:
    """Whether something with this name exists, readable or not."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True  # the reason is reported when the file is read
    return True


def find_file_problem(path: Path, most_bytes: int | None = None) -> Message | str | None:
    """The reason why the file cannot be read; None if it can be read."""
    try:
        if not path.is_file():
            return texts.IS_DIRECTORY() if path.is_dir() else texts.IS_NO_FILE()
        if most_bytes is not None and path.stat().st_size > most_bytes:
            return texts.IS_TOO_LARGE(most=most_bytes)
        path.read_text(encoding=ENCODING)
    except UnicodeDecodeError:
        return texts.IS_NO_TEXT()
    except OSError as error:
        return os_reason(error)
    return None
