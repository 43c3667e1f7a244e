"""How a command reports that it failed, and with which exit code it then ends."""

from __future__ import annotations

import os
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

from altegio_sync.cli.json_output import print_json
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.report import RunError, failure_json
from altegio_sync.errors import (
    AltegioError,
    AltegioSyncError,
    ConfigError,
    LeaseHeldError,
    LeaseLostError,
    StoreError,
)
from altegio_sync.log import get_logger
from altegio_sync.messages import commands as texts
from altegio_sync.messages import render
from altegio_sync.messages.os_errors import os_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.messages import Message


def fail(options: CommandOptions, error: Exception) -> int:
    """Report the error on stderr, and with ``--json`` also on stdout; return its exit code."""
    failure, exit_code = to_run_error(error)
    report_errors(options, [failure])
    return exit_code


def to_run_error(error: Exception) -> tuple[RunError, ExitCode]:
    """The error as it is reported, and the exit code that it leads to."""
    match error:
        case ConfigError():
            return RunError("config", error.message), ExitCode.WRONG_USE
        case AltegioError():
            return RunError("fetch_failed", error.message), ExitCode.OUT_OF_REACH
        case LeaseHeldError():
            return RunError("lease_held", error.message), ExitCode.OUT_OF_REACH
        case LeaseLostError():
            return RunError("lease_lost", error.message), ExitCode.OUT_OF_REACH
        case StoreError():
            return RunError("store_failed", error.message), ExitCode.OUT_OF_REACH
        case AltegioSyncError():
            return RunError("failed", error.message), ExitCode.PARTLY
        case OSError():
            return RunError("failed", _describe_outside(error)), ExitCode.PARTLY
        case _:
            return RunError("unexpected", _describe_unexpected(error)), ExitCode.PARTLY


@contextmanager
def printing_store_errors(options: CommandOptions, instead: str | None = None) -> Iterator[None]:
    """Print a failure of MongoDB as an ERROR line on stdout too: people search stdout for the word.

    With ``--json`` the failure itself is printed instead. ``instead`` replaces the line, for a
    program that reads stdout and does not accept such a line.
    """
    try:
        yield
    except StoreError as error:
        if not options.json_output:
            print(f"ERROR {render(error.message)}" if instead is None else instead, flush=True)
        raise


def report_errors(options: CommandOptions, errors: Iterable[RunError]) -> None:
    errors = list(errors)
    for error in errors:
        get_logger().error("failed", code=error.code, message=error.message)
    if options.json_output:
        print_json(failure_json(options.name, errors))


def _describe_outside(error: OSError) -> Message:
    """Describe an error of a file, of a disk, or of this machine's network."""
    why = os_reason(error)
    if error.filename is not None:
        return texts.CANNOT_USE(file=str(error.filename), reason=why)
    return texts.CANNOT_GO_ON(place=_place(error), reason=why)


def _place(error: BaseException) -> str:
    """The file and line of our code where the error happened."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "altegio_sync" in frame.filename] or frames
    return f"{os.path.basename(ours[-1].filename)}:{ours[-1].lineno}" if ours else "?"  # noqa: PTH119 - no need of pathlib


def _describe_unexpected(error: Exception) -> Message:
    """Name the place of the error, not its text: the text may contain private data."""
    while isinstance(error, ExceptionGroup):  # errors of parallel tasks: the first has the place
        error = error.exceptions[0]
    return texts.UNEXPECTED(kind=type(error).__name__, place=_place(error))
