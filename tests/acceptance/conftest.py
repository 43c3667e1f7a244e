"""A sandbox, a command and a browser for the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.sandbox import School
from tests.acceptance.cli import UNLIMITED, Cli, unlimited_sandbox
from tests.chromium import find_chromium, running_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from altegio_sync.sandbox import Locations, SandboxServer
    from tests.chromium import Browser


@pytest.fixture(scope="session")
def made_up_school() -> School:
    """Made up once: that takes longer than most tests do."""
    return School(seed=7)


@pytest.fixture
def school(made_up_school: School) -> School:
    return made_up_school.copy()


@pytest.fixture
def served(school: School) -> School | Locations:
    """What the sandbox serves."""
    return school


@pytest.fixture
def server(served: School | Locations) -> Iterator[SandboxServer]:
    with unlimited_sandbox(served) as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path, server: SandboxServer, db_uri: str) -> Cli:
    made = Cli.against(tmp_path, server, server.school, db_uri)
    made.settings |= UNLIMITED
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("the page is looked at in Chromium, which is not here")
    with running_chromium(path) as running:
        yield running
