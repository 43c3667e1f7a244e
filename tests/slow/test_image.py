"""The image of `packaging/Containerfile`, on a base that debootstrap makes."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.slow.machine import ROOT, skip_without

if TYPE_CHECKING:
    from pathlib import Path

    from tests.slow.machine import Machine

_IMAGE, _BASE = "altegio-sync-test", "altegio-sync-test-base"


def buildah(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["buildah", "--storage-driver", "vfs", *arguments]
    return subprocess.run(command, capture_output=True, check=False, text=True, cwd=ROOT)


def made(*arguments: str) -> str:
    ran = buildah(*arguments)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return ran.stdout.strip()


@pytest.fixture
def base(machine: Machine, tmp_path: Path) -> str:
    """The fresh Debian as an image."""
    skip_without("buildah")
    works = buildah("from", "--name", "altegio-sync-probe", "scratch")
    if works.returncode != 0:
        pytest.skip(f"buildah does not work here: {works.stderr[-300:]}")
    made("rm", "altegio-sync-probe")
    archive = tmp_path / "machine.tar"
    left_out = ["--exclude=./home", "--exclude=./proc", "--exclude=./sys", "--exclude=./dev"]
    subprocess.run(["tar", "-C", machine.folder, *left_out, "-cf", archive, "."], check=True)
    file = tmp_path / "Base"
    file.write_text(f"FROM scratch\nADD {archive.name} /\n")
    made("bud", "--isolation", "chroot", "-t", _BASE, "-f", str(file), str(tmp_path))
    return _BASE


def test_the_image_runs_the_program_and_not_as_root(base: str, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("partner-SECRET-7\n")
    certificates = "/etc/ssl/certs/ca-certificates.crt"
    build = ["bud", "--isolation", "chroot", "-t", _IMAGE, "-f", "packaging/Containerfile"]
    made(*build, "--build-arg", f"BASE={base}", "--env", f"PIP_CERT={certificates}", ".")
    container = made("from", _IMAGE)
    try:
        run = ("run", "--isolation", "chroot", container, "--")
        program = "/opt/altegio-sync/bin/altegio-sync"

        assert made(*run, "id", "-u") == "10001"
        assert made(*run, program, "--version").startswith("altegio-sync ")
        missing = buildah(*run, program, "status")
        assert missing.returncode == 2
        assert "DB_URI" in missing.stderr
    finally:
        buildah("rm", container)
        buildah("rmi", _IMAGE, base)
