"""The exit codes, and which of them a command returns."""

from __future__ import annotations

from enum import IntEnum

from altegio_sync.domain.json_form import JsonForm


class ExitCode(IntEnum):
    """The number that a command gives to the shell."""

    DONE = 0
    #: The command finished, but something failed or errors are left.
    PARTLY = 1
    #: The command line or the settings are wrong.
    WRONG_USE = 2
    #: Altegio or MongoDB is unreachable or refused.
    OUT_OF_REACH = 3
    INTERRUPTED = 130


def decide_exit_code(
    *, interrupted: bool = False, out_of_reach: bool = False, has_failed: bool = False
) -> ExitCode:
    """The exit code. If several conditions are true, the first parameter decides."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if out_of_reach:
        return ExitCode.OUT_OF_REACH
    return ExitCode.PARTLY if has_failed else ExitCode.DONE


class CommandReport(JsonForm):
    """The base of the reports of commands; ``ok`` means exit code 0."""

    __slots__ = ()

    @property
    def exit_code(self) -> ExitCode:
        return decide_exit_code()

    @property
    def ok(self) -> bool:
        return self.exit_code is ExitCode.DONE
