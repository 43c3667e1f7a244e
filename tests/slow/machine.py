"""A fresh Debian in a folder, made by debootstrap from the mirror that apt uses here."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
SUITE = "bookworm"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
#: How this machine reaches packages: the fresh machine has no other way.
_ACCESS = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/xdg/pip", str(_CERTIFICATES))


def mirror() -> str:
    """The mirror of this suite that apt's own settings name; skips where there is none."""
    if shutil.which("apt-get") is None:
        pytest.skip("apt is not installed: no mirror of Debian is known")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)"]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = [line.split()[0] for line in lines.splitlines() if line.split()[1:] == [SUITE]]
    if not found:
        pytest.skip(f"apt's settings name no mirror of Debian's suite {SUITE}")
    return found[0]


def skip_without(*programs: str) -> None:
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@dataclass
class Machine:
    """The folder of a Debian that commands run in, by chroot."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Machine:
        skip_without("debootstrap", "chroot")
        if os.getuid() != 0:
            pytest.skip("only root may make a machine in a folder (debootstrap, chroot)")
        packages = "--include=python3-venv,git,ca-certificates,pipx"
        command = ["debootstrap", "--variant=minbase", packages, SUITE, str(folder), mirror()]
        ran = subprocess.run(command, capture_output=True, check=False, text=True)
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
        machine = cls(folder)
        machine._give_access()
        return machine

    def _give_access(self) -> None:
        for each in map(Path, _ACCESS):
            target = self.folder / each.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if each.is_dir():
                shutil.copytree(each, target, dirs_exist_ok=True)
            elif each.exists():
                shutil.copyfile(each, target)

    def clone_to(self, path: str) -> None:
        target = self.folder / path.lstrip("/")
        subprocess.run(["git", "clone", "-q", f"file://{ROOT}", str(target)], check=True)

    def run(
        self, line: str, *, user: str = "root", home: str = "/root"
    ) -> subprocess.CompletedProcess[str]:
        """Run the line as somebody who has just logged in."""
        command = ["chroot", f"--userspec={user}", str(self.folder), "/bin/sh", "-ec"]
        return self._run(
            [*command, f"cd\n{line}"], {"HOME": home, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        )

    def _run(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        access = {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        if _CERTIFICATES.exists():
            access["PIP_CERT"] = access["SSL_CERT_FILE"] = str(_CERTIFICATES)
        return subprocess.run(
            command, env=access | dict(environment), capture_output=True, check=False, text=True
        )
