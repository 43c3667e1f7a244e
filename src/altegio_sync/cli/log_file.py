"""The option `--log-file`."""

from __future__ import annotations

from pathlib import Path

import typer

from altegio_sync.messages import render
from altegio_sync.messages.files import CANNOT_WRITE
from altegio_sync.messages.os_errors import os_reason


def log_file(path: Path | None) -> Path | None:
    """Log into the file from now on; raises typer.BadParameter if it cannot be written."""
    if path is not None:
        from altegio_sync.log import log_into

        try:
            log_into(path)
        except OSError as error:
            reason = render(CANNOT_WRITE(path=str(path), reason=os_reason(error)))
            raise typer.BadParameter(reason) from error
    return path
