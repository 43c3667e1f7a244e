"""Identifies this process, and finds out whether another process of this machine is gone."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
#: Positions in `/proc/PID/stat`, after the name: the state, and the start in clock ticks.
_STATE, _STARTED = 0, 19
#: States of a process that has ended, and whose parent has not read its exit code.
_ENDED = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Process:
    """A process of any machine. Without `/proc` only ``pid`` is known.

    ``boot`` identifies the machine and its last start. ``namespace`` identifies the container:
    each container has its own process 1. ``started`` distinguishes the process from a later one
    with the same number.
    """

    pid: int
    started: int | None = None
    boot: str | None = None
    namespace: str | None = None

    @classmethod
    def this(cls) -> Process:
        pid = os.getpid()
        try:
            # A container may see the `/proc` of another namespace.
            if str((_PROC / "self").readlink()) != str(pid):
                return cls(pid)
            namespace = str((_PROC / "self/ns/pid").readlink())
            boot = _BOOT_ID.read_text().strip()
            stat = _read_stat(pid)
        except OSError:
            return cls(pid)
        return cls(pid, int(stat[_STARTED]), boot, namespace)

    @classmethod
    def of(cls, fields: object) -> Process | None:
        """The process whose `to_fields` these are; None for any other value."""
        if not isinstance(fields, dict) or not isinstance(fields.get("pid"), int):
            return None
        return cls(
            fields["pid"], fields.get("started"), fields.get("boot"), fields.get("namespace")
        )

    def to_fields(self) -> Mapping[str, Any]:
        return asdict(self)

    def is_gone(self, here: Process) -> bool:
        """Whether the process has certainly ended. ``here`` is the process that asks."""
        if here.boot is None or (self.boot, self.namespace) != (here.boot, here.namespace):
            return False
        try:
            stat = _read_stat(self.pid)
        except (FileNotFoundError, ProcessLookupError):
            return not _exists(self.pid)  # /proc may hide the processes of others
        except OSError:
            return False
        is_another = isinstance(self.started, int) and int(stat[_STARTED]) != self.started
        return stat[_STATE] in _ENDED or is_another


def _read_stat(pid: int) -> list[str]:
    # The name of the process, before the last bracket, may contain anything.
    return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
