"""A systemd that runs on a machine in a folder: it is booted there, in namespaces."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.slow.machine import home, skip_without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.slow.machine import Machine

_SYSTEMD = "systemd systemd-sysv dbus dbus-user-session libpam-systemd sudo"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
#: Nothing of this is seen outside of the namespaces, and the settings of the kernel stay.
_BOOT = f"""
    set -e
    mount --make-rprivate /
    mount --bind "$0" "$0"; cd "$0"
    mount -t proc proc proc
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs tmpfs run
    mount --bind proc/sys proc/sys
    mount -o remount,ro,bind proc/sys
    exec chroot . /usr/bin/env -i container=altegio-test PATH={_PATH} \
        /lib/systemd/systemd --unit=basic.target --show-status=no
"""
_NAMESPACES = ("--pid", "--mount", "--uts", "--ipc", "--cgroup")


@dataclass
class Booted:
    """A machine whose systemd runs. It shares only the network with this one."""

    pid: int

    def run(self, line: str, user: str, **variables: str) -> subprocess.CompletedProcess[str]:
        enter = ["nsenter", "-t", str(self.pid), *_NAMESPACES, "--root", "--wd"]
        given = [f"{name}={value}" for name, value in variables.items()]
        clean = ["env", "-i", f"PATH={_PATH}", "LANG=C.UTF-8", f"HOME={home(user)}", *given]
        as_user = [] if user == "root" else ["setpriv", f"--reuid={user}", "--init-groups"]
        command = [*enter, *clean, *as_user, "/bin/bash", "-ec", f"cd\n{line}"]
        return subprocess.run(command, capture_output=True, check=False, text=True)

    def do(self, line: str, user: str = "root", **variables: str) -> str:
        ran = self.run(line, user, **variables)
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
        return ran.stdout

    def is_running(self) -> bool:
        return self.run("systemctl is-system-running || true", "root").stdout.strip() in (
            "running",
            "degraded",
        )


@contextmanager
def boot(machine: Machine) -> Iterator[Booted]:
    """Boot the machine; skips, with the reason, where this cannot be."""
    skip_without("unshare", "nsenter", "setpriv")
    machine.install(_SYSTEMD)
    machine.give_access()  # Ubuntu's systemd brings a resolver of its own
    group = _own_cgroup()
    isolated = ["unshare", *_NAMESPACES, "--fork", "--kill-child", "/bin/bash", "-c", _BOOT]
    line = [
        *("/bin/bash", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(group)),
        *(*isolated, str(machine.folder)),
    ]
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield _wait_until_booted(process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        _remove(group)


def _own_cgroup() -> Path:
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    found = [Path(each[1]) for each in mounts if each[2] == "cgroup2"]
    if not found:
        pytest.skip("cgroup2 is not mounted: systemd cannot be booted")
    group = found[0] / f"altegio-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made, so systemd cannot be booted: {error.strerror}")
    return group


def _wait_until_booted(process: subprocess.Popen[str]) -> Booted:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.5)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children and (booted := Booted(int(children[0]))).is_running():
            return booted
    process.kill()
    pytest.skip(f"systemd does not boot here: {process.communicate()[1][-300:]}")


def _remove(group: Path) -> None:
    """Remove the group with those in it; their processes are being killed."""
    for _ in range(100):
        for each in sorted(group.rglob("*"), reverse=True):
            if each.is_dir():
                with suppress(OSError):
                    each.rmdir()
        with suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)
