"""The command without its start-up: a process that has imported everything, and forks for each run.

A forked run is a process of its own, as a command is: with its own environment, folder, output,
signals and exit code. It costs 0.05 s where a new interpreter costs 0.5 s.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.acceptance.cli import Cli, Ran

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class WarmProcess:
    """Forks for each command; use it as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.warm"],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONWARNINGS": "error"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.communicate()

    def run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ran:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as outputs:
            out, err = Path(outputs, "out"), Path(outputs, "err")
            order = [list(arguments), str(folder), dict(environment), str(out), str(err)]
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return Ran(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@dataclass
class WarmCli(Cli):
    """Runs commands by forking; `start` still starts an interpreter."""

    process: WarmProcess = field(kw_only=True)

    def run(self, *arguments: str, **changes: str | None) -> Ran:
        return self.process.run(arguments, self.folder, self.environment(changes))


def _serve() -> None:
    """Fork for each line on stdin, and answer with the exit code."""
    import altegio_sync

    for module in pkgutil.walk_packages(altegio_sync.__path__, "altegio_sync."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    # Not by `sys.stdin`: a command sets up its own, which must not have been read from.
    with Path("/dev/stdin").open(encoding="utf-8") as orders:
        for line in orders:
            pid = os.fork()
            if pid == 0:
                _become_the_command(*json.loads(line))
                return
            _, status = os.waitpid(pid, 0)
            sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
            sys.stdout.flush()


def _become_the_command(
    arguments: list[str], folder: str, environment: dict[str, str], out: str, err: str
) -> None:
    from altegio_sync.cli import main

    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, out, os.O_WRONLY | os.O_CREAT),
        (2, err, os.O_WRONLY | os.O_CREAT),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["altegio-sync", *arguments]
    main()


if __name__ == "__main__":
    _serve()
