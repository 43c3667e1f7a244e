"""The commands. Importing this is cheap: what a command needs is imported when it runs."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys

from altegio_sync.cli.interrupted import INTERRUPTED

#: Python searches for cycles of garbage after this many new objects (by default 700). A page of a
#: thousand records has about ten thousand objects without a cycle: the searches took a third of a
#: sync's time. The higher number costs a few MB.
_GARBAGE_THRESHOLD = 50_000


def main() -> None:
    """The entry point of `altegio-sync`."""
    _run("altegio-sync")


def sync_appointments() -> None:
    _run("sync-appointments", "sync")


def sync_appointments_interactive() -> None:
    _run("sync-appointments-interactive", "interactive")


def appointments_stats() -> None:
    _run("appointments-stats", "stats")


def appointments_clean() -> None:
    _run("appointments-clean", "clean")


def appointments_validate() -> None:
    _run("appointments-validate", "validate")


def appointments_test() -> None:
    _run("appointments-test", "check")


def _run(name: str, *command: str) -> None:
    """Run one command by its old npm name."""
    gc.set_threshold(_GARBAGE_THRESHOLD, 20, 100)
    _interrupt_on_signals()
    arguments = [*command, *sys.argv[1:]]
    try:
        from altegio_sync.cli.language import speak

        # Before the import of typer, whose help pages are in one language from then on.
        speak(arguments, os.environ)
        from altegio_sync.cli.app import main_command
        from altegio_sync.cli.streams import make_streams_safe

        make_streams_safe()
        main_command(arguments, prog_name=name)
    except (KeyboardInterrupt, SystemExit) as error:
        # typer itself ends an interrupted command with exit code 130.
        if isinstance(error, SystemExit) and error.code != 130:
            raise
        if "--json" in sys.argv:
            _print_interrupted(arguments)
        # What only ends by a signal has done its work.
        sys.exit(0 if arguments[:1] == ["serve"] else 130)


def _print_interrupted(arguments: list[str]) -> None:
    """Print one JSON object, also when the interrupt came before the command began.

    Imports no module of the program: the interrupt may have come during such an import.
    """
    streams = sys.modules.get("altegio_sync.cli.streams")
    if not getattr(getattr(streams, "WatchedOutput", None), "was_written", False):
        name = next((each for each in arguments if not each.startswith("-")), "")
        error = {"code": "interrupted", "message": INTERRUPTED}
        print(json.dumps({"command": name, "ok": False, "errors": [error]}, indent=2))


def _interrupt_on_signals() -> None:
    """Let these signals act like Ctrl-C from the start, also while the command is imported."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup ignores SIGHUP, so that a run continues after its terminal is closed.
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
