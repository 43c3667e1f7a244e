"""A sandbox that a file's tests only read, and one for each test that books."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import httpx2
import pytest

from altegio_sync.sandbox import SandboxServer, School

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 6, 15)
#: What a client of the API sends with every request.
HEADERS = {
    "Accept": "application/vnd.api.v2+json",
    "Authorization": "Bearer sandbox-partner-token, User sandbox-user-token",
}


def client_of(server: SandboxServer) -> httpx2.Client:
    """Paths are relative to the API's root; each request has a connection to itself."""
    return httpx2.Client(
        base_url=f"{server.url}/",
        headers={**HEADERS, "Connection": "close"},
        # A proxy of the environment leads nowhere from loopback.
        trust_env=False,
        verify=False,  # no certificates are read, for each client again, where none is needed
        timeout=30,
    )


@pytest.fixture(scope="module")
def school() -> School:
    """As of a fixed day in summer: a run of next year finds the same one."""
    return School(seed=7, today=TODAY)


@pytest.fixture(scope="module")
def server(school: School) -> Iterator[SandboxServer]:
    """Without limits, and never told to fail: for tests that only read."""
    with SandboxServer(school, requests_per_second=0, requests_per_minute=0) as running:
        yield running


@pytest.fixture(scope="module")
def altegio(server: SandboxServer) -> Iterator[httpx2.Client]:
    with client_of(server) as client:
        yield client


@pytest.fixture(scope="module")
def spare_server() -> Iterator[SandboxServer]:
    """To start and stop one takes longer than most tests do: `own_server` makes it as new."""
    with SandboxServer(School.empty(), requests_per_second=0, requests_per_minute=0) as running:
        yield running


@pytest.fixture
def own_school() -> School:
    """Nothing is booked but what the test books."""
    return School.empty()


@pytest.fixture
def own_server(spare_server: SandboxServer, own_school: School) -> SandboxServer:
    """For tests that book, or let requests fail."""
    spare_server.start_over(own_school)
    return spare_server


@pytest.fixture
def own_altegio(own_server: SandboxServer) -> Iterator[httpx2.Client]:
    with client_of(own_server) as client:
        yield client
