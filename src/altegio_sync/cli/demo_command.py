"""`altegio-sync demo`: the commands of a typical day, on a made-up school."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.app.demo import plant_old_documents
from altegio_sync.cli.sandbox_command import sandbox_settings
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.embedded import await_end
from altegio_sync.messages import demo as texts
from altegio_sync.messages import render
from altegio_sync.messages.language import SETTING, current_language
from altegio_sync.sandbox import SandboxServer, School

if TYPE_CHECKING:
    from types import FrameType

    from altegio_sync.messages import Template

_TOKEN = "sandbox-partner-token"  # noqa: S105 - of a made-up school
_USER_TOKEN = "sandbox-user-token"  # noqa: S105 - of a made-up school
_FIRST_STEP = (("check",), texts.CHECK)
_STEPS = (
    (("sync", "last-month"), texts.SYNC),
    (("sync", "last-month"), texts.SYNC_AGAIN),
    (("stats",), texts.STATS),
    (("validate",), texts.VALIDATE),
    (("clean",), texts.CLEAN),
    (("validate", "--fix"), texts.FIX),
    (("validate",), texts.VALIDATE_AGAIN),
)


def run_demo(seed: int) -> None:
    """Run every step; exit with the code of a step that failed."""
    # The folder is removed after SIGTERM as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    school = School(seed=seed)
    print(render(texts.BEGIN()))
    with (
        # MongoDB may still write its last files, and this must not make the demo fail.
        tempfile.TemporaryDirectory(prefix="altegio-demo-", ignore_cleanup_errors=True) as folder,
        SandboxServer(school, token=_TOKEN, user_token=_USER_TOKEN) as server,
    ):
        try:
            environment = _environment(server, school, Path(folder))
            _run_step(_FIRST_STEP, environment, folder)
            asyncio.run(plant_old_documents(school, Path(folder)))
            print(f"\n{render(texts.OLD_DOCUMENTS())}")
            for step in _STEPS:
                _run_step(step, environment, folder)
        finally:
            await_end(Path(folder))
    print(f"\n{render(texts.END())}")


def _run_step(
    step: tuple[tuple[str, ...], Template], environment: dict[str, str], folder: str
) -> None:
    """Run one command; exit with its code where it failed."""
    arguments, purpose = step
    print(f"\n# {render(purpose())}\n$ altegio-sync {' '.join(arguments)}", flush=True)
    code = _run(arguments, environment, folder)
    # validate ends with 1 if an error needs attention.
    if code not in (ExitCode.DONE, ExitCode.PARTLY):
        sys.exit(code)


def _environment(server: SandboxServer, school: School, folder: Path) -> dict[str, str]:
    """The environment without the user's own settings, which the demo does not need."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("ALTEGIO_") and name != "DB_URI"
    }
    return {
        **kept,
        **sandbox_settings(server, school, _TOKEN, _USER_TOKEN),
        "DB_URI": "embedded",
        "ALTEGIO_DATA_DIR": str(folder),
        SETTING: current_language(),
    }


def _run(arguments: tuple[str, ...], environment: dict[str, str], folder: str) -> int:
    """Run the command in its own process. A Ctrl-C reaches it too, a SIGTERM is passed on to it.

    Always wait for its end: else it would continue in a folder that is being removed.
    """
    came: list[int] = []
    process: subprocess.Popen[bytes] | None = None

    def hand_on(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        if process is not None and number == signal.SIGTERM:
            process.terminate()

    before = {each: signal.signal(each, hand_on) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        command = [sys.executable, "-m", "altegio_sync", *arguments]
        process = subprocess.Popen(command, env=environment, cwd=folder)  # noqa: S603 - our own
        if signal.SIGTERM in came:  # the signal came while the process was being started
            process.terminate()
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return ExitCode.INTERRUPTED if came else code
