"""Starts the timers of this program, through systemd's program `systemctl`."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_config_path

from altegio_sync.errors import AltegioSyncError
from altegio_sync.messages import init as texts

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMERS = ("altegio-changes.timer", "altegio-sync.timer", "altegio-backup.timer")
_WITHIN_S = 60.0
#: systemd keeps a file here for each user whose units run while the user is logged out.
_LINGERING = Path("/var/lib/systemd/linger")
_RUNNING = ("initializing", "starting", "running", "degraded")


@dataclass(frozen=True, slots=True)
class Manager:
    """What runs units: the manager of the system, or the one of a user."""

    is_of_system: bool

    @classmethod
    def of_this_user(cls) -> Manager:
        return cls(is_of_system=os.getuid() == 0)

    @property
    def folder(self) -> Path:
        """Where the manager reads units from that are of nobody else."""
        named = os.environ.get("SYSTEMD_UNIT_PATH", "").split(":")[0]
        if named:
            return Path(named)
        if self.is_of_system:
            return Path("/etc/systemd/system")
        return user_config_path() / "systemd" / "user"

    @property
    def commands(self) -> list[str]:
        """What a person types to start the timers."""
        started = [" ".join(self._systemctl(*words)) for words in self._starting()]
        return started if self.is_of_system else [*started, "loginctl enable-linger"]

    @property
    def serve_command(self) -> str:
        """What a person types to start `serve`."""
        return " ".join(self._systemctl("enable", "--now", "altegio-serve.service"))

    def is_installed(self) -> bool:
        return shutil.which("systemctl") is not None

    def is_running(self) -> bool:
        if not self.is_installed():
            return False
        return _run(self._systemctl("is-system-running")).stdout.strip() in _RUNNING

    def start_timers(self) -> None:
        """Start the timers, whose units are in the folder.

        Raises:
            AltegioSyncError: systemd refuses.
        """
        for words in self._starting():
            ran = _run(self._systemctl(*words))
            if ran.returncode != 0:
                raise AltegioSyncError(
                    texts.SYSTEMD_REFUSED(reason=_reason(ran), commands="; ".join(self.commands))
                )

    def linger(self, user: str) -> str | None:
        """Let the timers run while the user is logged out; return why this is refused."""
        if self.is_of_system or (_LINGERING / user).exists():
            return None
        ran = _run(["loginctl", "enable-linger"])
        return None if ran.returncode == 0 else _reason(ran)

    def _systemctl(self, *words: str) -> list[str]:
        return ["systemctl", *(() if self.is_of_system else ("--user",)), *words]

    def _starting(self) -> Sequence[Sequence[str]]:
        return ("daemon-reload",), ("enable", "--now", *TIMERS)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the system's own program
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"LC_ALL": "C"},
            timeout=_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, -1, "", type(error).__name__)


def _reason(ran: subprocess.CompletedProcess[str]) -> str:
    return " ".join(ran.stderr.split())[:200] or str(ran.returncode)
