"""Reads typed text if the terminal's encoding is not the encoding that Python assumes."""

from __future__ import annotations

import os

import typer

from altegio_sync.messages import render
from altegio_sync.messages.usage import NO_NUMBER


def typed(argument: str | None) -> str | None:
    """The argument as text. Under an ASCII locale it arrives as single bytes.

    Do not use this for names of files, which are bytes for the system.
    """
    if argument is None or not any("\udc80" <= each <= "\udcff" for each in argument):
        return argument
    return os.fsencode(argument).decode(errors="replace")


def digits_only(argument: str) -> str:
    """The argument, if it is a number like Altegio's ids; otherwise raises typer.BadParameter."""
    if not (argument.isascii() and argument.isdigit()):
        raise typer.BadParameter(render(NO_NUMBER()))
    return argument
