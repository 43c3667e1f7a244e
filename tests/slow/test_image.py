"""The image of `packaging/Containerfile`, on a base that debootstrap makes."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.slow.machine import ROOT, skip_without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.sandbox import SandboxServer
    from tests.slow.machine import Machine

PROGRAM = "/opt/altegio-sync/bin/altegio-sync"
DATA = "/var/lib/altegio-sync"
USER_ID = 10001
_IMAGE, _BASE = "altegio-sync", "base"


@dataclass(frozen=True)
class Buildah:
    """buildah with a storage of its own, where no service for containers has to run."""

    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ("--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"))
        command = ["buildah", *where, "--storage-driver", "vfs", *arguments]
        return subprocess.run(command, capture_output=True, check=False, text=True, cwd=ROOT)

    def do(self, *arguments: str) -> str:
        ran = self.run(*arguments)
        assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
        return ran.stdout.strip()

    def build(self, name: str, *arguments: str) -> None:
        self.do("bud", "--isolation", "chroot", "-t", name, *arguments)

    def start(self, *arguments: str) -> tuple[str, ...]:
        return ("run", "--isolation", "chroot", *arguments)

    @contextmanager
    def container(self) -> Iterator[str]:
        name = self.do("from", _IMAGE)
        yield name
        self.do("rm", name)


@pytest.fixture(scope="module")
def buildah(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """With the image, which is built on the fresh machine."""
    skip_without("buildah")
    folder = tmp_path_factory.mktemp("buildah")
    made = Buildah(folder)
    tried = made.run("from", "scratch")
    if tried.returncode != 0:
        pytest.skip(f"buildah does not work here: {tried.stderr[-300:]}")
    made.build(_BASE, "-f", str(_base(machine, folder)), str(folder))
    # Only the fresh machine needs the certificates of this one to reach packages.
    access = ("--env", "PIP_CERT=/etc/ssl/certs/ca-certificates.crt")
    made.build(
        *(_IMAGE, "-f", "packaging/Containerfile", "--build-arg", f"BASE=localhost/{_BASE}"),
        *(*access, "."),
    )
    yield made
    made.run("rm", "--all")
    shutil.rmtree(folder)


def _base(machine: Machine, folder: Path) -> Path:
    """A file that makes the fresh machine an image."""
    machine.install("python3-venv")
    left_out = [f"--exclude=./{each}/*" for each in ("home", "opt", "root", "proc", "sys", "dev")]
    archive = folder / "machine.tar"
    subprocess.run(["tar", "-C", machine.folder, *left_out, "-cf", archive, "."], check=True)
    file = folder / "Base"
    file.write_text(f"FROM scratch\nADD {archive.name} /\n")
    return file


def test_the_image_has_the_program_alone_and_does_not_run_it_as_root(buildah: Buildah) -> None:
    with buildah.container() as container:
        run = (*buildah.start(), container, "--")

        assert buildah.do(*run, "id", "-u") == str(USER_ID)
        assert buildah.do(*run, "pwd") == DATA
        assert buildah.do(*run, PROGRAM, "--version").startswith("altegio-sync ")
        assert "Використання" in buildah.do(*run, PROGRAM, "--lang", "uk", "--help")
        assert "src" not in buildah.do(*run, "ls", "/").split()
        assert buildah.do(*run, "ls", DATA) == ""
        missing = buildah.run(*run, PROGRAM, "status")
        assert missing.returncode == 2
        assert "DB_URI" in missing.stderr


def test_a_month_is_synced_with_secrets_from_files(
    buildah: Buildah, tmp_path: Path, sandbox: SandboxServer, db_uri: str
) -> None:
    secrets = _secrets(tmp_path, db_uri)
    data = tmp_path / "data"
    data.mkdir()
    shutil.chown(data, USER_ID, USER_ID)
    settings = {
        "ALTEGIO_API_URL": sandbox.url,
        "ALTEGIO_COMPANY_ID": "77",
        "ALTEGIO_COMPANY_TOKEN_FILE": "/run/secrets/company",
        "ALTEGIO_USER_TOKEN_FILE": "/run/secrets/user",
        "DB_URI_FILE": "/run/secrets/mongodb",
    }
    volumes = ("-v", f"{secrets}:/run/secrets:ro", "-v", f"{data}:{DATA}:rw")
    with buildah.container() as container:

        def call(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
            values = [f"{name}={value}" for name, value in (settings | more).items()]
            given = [word for each in values for word in ("--env", each)]
            return buildah.run(*buildah.start(*given, *volumes), container, "--", PROGRAM, *words)

        synced = call("sync", "last-month")
        backed_up = call("backup", "tonight")
        twice = call("todo", DB_URI="mongodb://127.0.0.1/other")

    assert (synced.returncode, "Stored 4" in synced.stdout) == (0, True), synced.stderr
    assert backed_up.returncode == 0, backed_up.stderr
    [backup] = data.glob("tonight/*/*.bson.gz")
    assert backup.stat().st_uid == USER_ID
    assert twice.returncode == 2
    assert "DB_URI_FILE" in twice.stderr


def _secrets(folder: Path, db_uri: str) -> Path:
    """Files as `podman secret` gives them."""
    secrets = folder / "secrets"
    secrets.mkdir()
    values = {
        "company": "sandbox-partner-token",
        "user": "sandbox-user-token",
        "mongodb": db_uri,
    }
    for name, value in values.items():
        (secrets / name).write_text(f"{value}\n")
        (secrets / name).chmod(0o444)
    return secrets
