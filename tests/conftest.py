"""A real MongoDB for all tests, a database of its own for each."""

from __future__ import annotations

import os
import secrets
import signal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from altegio_sync.mongo.core.connection import open_database
from tests.acceptance.warm import end_warm_process
from tests.mongod import RunningMongod, running_mongod

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pymongo.asynchronous.database import AsyncDatabase
    from xdist.scheduler import Scheduling


#: No example and no strategy fails because the machine is busy.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
# The tests are in English wherever they run, also in the processes that they start.
for name in ("ALTEGIO_LANG", "LANG", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(name, None)
# Under nohup SIGHUP is ignored, and in the background of a script SIGINT. Every process that a test
# starts would ignore it too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--attack", type=int, help="examples for the attack's state machine, others each time"
    )


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    from tests.both_ends import FromBothEnds

    return FromBothEnds(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session")
def attack_examples(request: pytest.FixtureRequest) -> int | None:
    """How many other examples the state machine shall try; None for those of every run."""
    wanted: int | None = request.config.getoption("--attack")
    return wanted


@pytest.fixture(scope="session")
def catalog() -> None:
    """The compiled translations, of the catalogs as they are now."""
    from hatch_build import compile_catalogs  # Babel is slow to import

    compile_catalogs()


@pytest.fixture(scope="session", autouse=True)
def _ended() -> Iterator[None]:
    """No process outlives the tests; what it covered is counted."""
    yield
    end_warm_process()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def mongod() -> Iterator[RunningMongod]:
    with running_mongod() as running:
        yield running


@pytest.fixture(scope="session")
def replica_set() -> Iterator[RunningMongod]:
    """A replica set of one: it has transactions."""
    with running_mongod("tests") as running:
        yield running


@pytest.fixture
def db_uri(mongod: RunningMongod) -> Iterator[str]:
    """The address of a database that no other test knows."""
    name = f"test_{secrets.token_hex(6)}"
    yield mongod.uri_of(name)
    mongod.drop(name)


@pytest.fixture(params=["alone", "replica set"])
def any_uri(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same on a server without transactions and on one with them."""
    name = "mongod" if request.param == "alone" else "replica_set"
    server: RunningMongod = request.getfixturevalue(name)
    name = f"test_{secrets.token_hex(6)}"
    yield server.uri_of(name)
    server.drop(name)


@pytest.fixture
async def database(db_uri: str) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    async with open_database(db_uri) as opened:
        yield opened
