"""Which process this is, and whether another process of this machine is gone."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROC = Path("/proc")
_BOOT_ID = _PROC / "sys/kernel/random/boot_id"
#: Of the fields of `/proc/PID/stat` behind the name: the state, and the start in clock ticks.
_STATE, _STARTED = 0, 19
#: A process that has ended, and whose parent has not been told yet.
_ENDED = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Process:
    """A process, known beyond its machine; all but ``pid`` is None where there is no `/proc`.

    ``boot`` is the machine since it was started. ``namespace`` is whose numbers the pid is one of:
    containers have their own, and a process 1 each. ``started`` tells a process from a later one
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
        """As `to_fields` gave it; None for anything else."""
        if not isinstance(fields, dict) or not isinstance(fields.get("pid"), int):
            return None
        return cls(
            fields["pid"], fields.get("started"), fields.get("boot"), fields.get("namespace")
        )

    def to_fields(self) -> Mapping[str, Any]:
        return asdict(self)

    def is_gone(self, here: Process) -> bool:
        """Whether it certainly does not run any more; ``here`` is this process."""
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
    # The name before the last bracket may hold anything.
    return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
