"""A fresh Debian or Ubuntu in a folder, made by debootstrap from the mirror that apt uses here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
#: Somebody who is not root.
USER = "school"
_UBUNTU = "noble"
_UBUNTU_KEYS = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
_UBUNTU_SCRIPT = "/usr/share/debootstrap/scripts/gutsy"  # an older debootstrap has none for noble
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
#: How this machine reaches packages: the fresh machine has no other way.
_ACCESS = ("/etc/resolv.conf", "/etc/pip.conf", "/etc/xdg/pip", str(_CERTIFICATES))
_PATH = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def mirror(suite: str) -> str:
    """The mirror of this suite that apt's own settings name; skips where there is none."""
    if shutil.which("apt-get") is None:
        pytest.skip("apt is not installed: no mirror is known")
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)"]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    pairs = [line.split() for line in lines]
    named = {codename: address for address, codename in (each for each in pairs if len(each) == 2)}
    if suite in named:
        return named[suite]
    beside = {re.sub("/debian/?$", "/ubuntu/", each) for each in named.values()}
    found = [each for each in sorted(beside - set(named.values())) if _has(each, suite)]
    if suite != _UBUNTU or not found:
        pytest.skip(f"no mirror of {suite} is named in apt's settings, or lies beside one of them")
    return found[0]


def _has(address: str, suite: str) -> bool:
    if not address.startswith(("http://", "https://")):
        return False
    try:
        with urlopen(f"{address}dists/{suite}/Release", timeout=60) as answer:
            return f"Codename: {suite}".encode() in answer.read(4096)
    except (URLError, TimeoutError):
        return False


def skip_without(*programs: str) -> None:
    missing = [each for each in programs if shutil.which(each) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@dataclass
class Machine:
    """The folder of a system that commands run in, by chroot."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, suite: str) -> Machine:
        skip_without("debootstrap", "chroot")
        if os.getuid() != 0:
            pytest.skip("only root may make a machine in a folder (debootstrap, chroot)")
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates,python3"]
        script = []
        if suite == _UBUNTU:
            if not _UBUNTU_KEYS.exists():
                pytest.skip(f"the keys of Ubuntu are not installed: {_UBUNTU_KEYS}")
            command += [f"--keyring={_UBUNTU_KEYS}", "--components=main,universe"]
            script = [_UBUNTU_SCRIPT]
        command += [suite, str(folder), mirror(suite), *script]
        ran = subprocess.run(command, capture_output=True, check=False, text=True)
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
        machine = cls(folder)
        machine.give_access()
        machine.do(f"apt-get -qq update && useradd --create-home {USER}")
        return machine

    def give_access(self) -> None:
        """Let the machine reach packages. A package that it installs may undo this."""
        for each in map(Path, _ACCESS):
            target = self.folder / each.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if each.is_dir():
                shutil.copytree(each, target, dirs_exist_ok=True)
            elif each.exists():
                target.unlink(missing_ok=True)  # a link may point out of the machine
                shutil.copyfile(each, target)

    def install(self, packages: str) -> None:
        self.do(f"DEBIAN_FRONTEND=noninteractive apt-get -qq -y install {packages}")

    def clone(self, user: str, name: str) -> None:
        """Clone the repository into a folder of the user's home."""
        target = self.folder / home(user).lstrip("/") / name
        subprocess.run(["git", "clone", "-q", f"file://{ROOT}", str(target)], check=True)
        self.do(f"chown -R {user} {home(user)}/{name}")

    def do(self, lines: str, *, user: str = "root", **variables: str) -> str:
        """What the lines print, for somebody who has just logged in; none of them may fail."""
        ran = self.run(lines, user=user, **variables)
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
        return ran.stdout

    def run(
        self, lines: str, *, user: str = "root", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        command = ["chroot", f"--userspec={user}", str(self.folder), "/bin/bash", "-ec"]
        environment = {"HOME": home(user), "PATH": _PATH, "LANG": "C.UTF-8", **variables}
        return self._run([*command, f"cd\n{lines}"], environment)

    def _run(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        access = {name: value for name, value in os.environ.items() if name.endswith("_proxy")}
        if _CERTIFICATES.exists():
            access["PIP_CERT"] = access["SSL_CERT_FILE"] = str(_CERTIFICATES)
        return subprocess.run(
            command, env=access | dict(environment), capture_output=True, check=False, text=True
        )


def home(user: str) -> str:
    return "/root" if user == "root" else f"/home/{user}"
