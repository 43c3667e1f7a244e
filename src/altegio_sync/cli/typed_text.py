"""Reads typed text if the terminal's encoding is not the encoding that Python assumes."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from altegio_sync.messages import render
from altegio_sync.messages.files import CANNOT_WRITE, FOLDER
from altegio_sync.messages.usage import NO_NUMBER


def typed(argument: str | None) -> str | None:
    """The argument as text. Under an ASCII locale it arrives as single bytes.

    Do not use this for names of files, which are bytes for the system.
    """
    if argument is None or not any("\udc80" <= each <= "\udcff" for each in argument):
        return argument
    return os.fsencode(argument).decode(errors="replace")


def output_file(argument: str) -> Path:
    """The path of a file to write; raises typer.BadParameter if the argument names a folder.

    A Path does not have the final slash any more.
    """
    if argument.endswith(("/", "/.")):
        raise typer.BadParameter(render(CANNOT_WRITE(path=argument, reason=FOLDER())))
    return Path(argument)


def digits_only(argument: str) -> str:
    """The argument, if it is a number like Altegio's ids; otherwise raises typer.BadParameter."""
    if not (argument.isascii() and argument.isdigit()):
        raise typer.BadParameter(render(NO_NUMBER()))
    return argument
