"""What takes minutes, or needs much: `make test-slow`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from altegio_sync.sandbox import SandboxServer, School
from tests.slow.machine import Machine
from tests.slow.systemd import Booted, boot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", params=["bookworm", "noble"], ids=["debian-12", "ubuntu-24.04"])
def machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A fresh Debian or Ubuntu; skips, with the reason, where none can be made."""
    folder: Path = tmp_path_factory.mktemp("machine")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    yield Machine.make(folder, request.param)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[SandboxServer]:
    """A made-up school that every machine in a folder reaches: they share the network."""
    school = School(seed=7)
    with SandboxServer(school, requests_per_second=0, requests_per_minute=0) as running:
        yield running


@pytest.fixture(scope="session")
def booted(machine: Machine) -> Iterator[Booted]:
    """The machine with a systemd that runs, and the program in `/opt/altegio-sync`."""
    machine.install("python3-venv libcurl4")
    machine.clone("root", "to-install")
    install = "/opt/altegio-sync/bin/pip install './to-install[embedded]'"
    machine.do(f"python3 -m venv /opt/altegio-sync; {install}")
    with boot(machine) as running:
        yield running
