"""The options `--install-completion` and `--show-completion`, for bash, zsh and fish."""

from __future__ import annotations

import io
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import typer
from typer._completion_shared import install
from typer.completion import show_callback

from altegio_sync.messages import render
from altegio_sync.messages import usage as texts

if TYPE_CHECKING:
    from collections.abc import Iterator


def install_completion(ctx: Any, _param: object, value: Any) -> Any:
    """Write the shell's script, and the line of the shell's settings that reads it."""
    if value and not ctx.resilient_parsing:
        with _own_sentence():
            shell, path = install()
        print(render(texts.COMPLETION_INSTALLED(shell=shell, path=str(path))))
        raise typer.Exit
    return value


def show_completion(ctx: Any, param: Any, value: Any) -> Any:
    if value and not ctx.resilient_parsing:
        with _own_sentence() as shown:
            try:
                show_callback(ctx, param, value)
            except SystemExit as end:  # typer's own end
                if end.code:
                    raise
        print(shown.getvalue(), end="")
        raise typer.Exit
    return value


@contextmanager
def _own_sentence() -> Iterator[io.StringIO]:
    """Catch what typer prints. It does not know the shell where the command has no shell."""
    printed = io.StringIO()
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield printed
    except typer.Exit:
        raise typer.BadParameter(render(texts.UNKNOWN_SHELL())) from None
    except OSError as error:
        raise typer.BadParameter(_why(error)) from error


def _why(error: OSError) -> str:
    from altegio_sync.messages.files import CANNOT_WRITE
    from altegio_sync.messages.os_errors import os_reason

    return render(CANNOT_WRITE(path=str(error.filename), reason=os_reason(error)))
