"""A sandbox and a command for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.sandbox import SandboxServer, School
from tests.acceptance.cli import PARTNER_TOKEN, USER_TOKEN, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def made_up_school() -> School:
    """Made up once: that takes longer than most tests do."""
    return School(seed=7)


@pytest.fixture
def school(made_up_school: School) -> School:
    return made_up_school.copy()


@pytest.fixture
def server(school: School) -> Iterator[SandboxServer]:
    """Without the sandbox's own limits, so that no test waits; `cli` turns ours off as well."""
    with SandboxServer(
        school,
        token=PARTNER_TOKEN,
        user_token=USER_TOKEN,
        requests_per_second=0,
        requests_per_minute=0,
    ) as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path, server: SandboxServer, school: School, db_uri: str) -> Cli:
    made = Cli.against(tmp_path, server, school, db_uri)
    made.settings |= {"ALTEGIO_REQUESTS_PER_SECOND": "0", "ALTEGIO_REQUESTS_PER_MINUTE": "0"}
    return made
