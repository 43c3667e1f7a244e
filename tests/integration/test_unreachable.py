"""The messages about a MongoDB that cannot be used, with real servers of each kind."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.errors import StoreError
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.core.unreachable import describe_unreachable
from altegio_sync.mongo.stores import MongoAppointments
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from tests.mongod import RunningMongod

Document = dict[str, Any]


async def told_of(uri: str) -> str:
    """What is said when a document is looked for there."""
    with pytest.raises(StoreError) as raised:
        async with open_database(uri) as database:
            await MongoAppointments(database, "altegio-appointments").prepare(dry_run=False)
    return str(raised.value)


async def told_of_all(*uris: str) -> list[str]:
    """At the same time, since each waits for some seconds."""
    return await asyncio.gather(*map(told_of, uris))


async def test_a_replica_set_that_was_never_initiated() -> None:
    with running_mongod(replica_set="school", is_member=True) as running:
        queries = "", "?replicaSet=school", "?directConnection=true"
        told = await told_of_all(*(running.uri_of(f"school{query}") for query in queries))

    assert all("never initiated" in each for each in told)


def await_state(member: RunningMongod, state: str) -> None:
    """A member that was only just added is starting up."""
    with closing(MongoClient[Document](member.uri, directConnection=True)) as client:
        while not client.admin.command("hello").get(state):
            time.sleep(0.05)


async def test_a_secondary_and_an_arbiter_and_a_wrong_name() -> None:
    with (
        running_mongod(replica_set="school", is_member=True) as primary,
        running_mongod(replica_set="school", is_member=True) as secondary,
        running_mongod(replica_set="school", is_member=True) as arbiter,
    ):
        addresses = primary.address, secondary.address, arbiter.address
        members: list[Document] = [{"_id": n, "host": each} for n, each in enumerate(addresses)]
        members[0]["priority"] = 5
        members[2]["arbiterOnly"] = True
        settings = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200}
        config = {"_id": "school", "members": members, "settings": settings}
        with closing(MongoClient[Document](primary.uri, directConnection=True)) as client:
            client.admin.command("replSetInitiate", config)
        with closing(MongoClient[Document](primary.uri, replicaSet="school")) as client:
            client.school.set_up.insert_one({"_id": 1})
        await_state(secondary, "secondary")
        await_state(arbiter, "arbiterOnly")

        direct = "school?directConnection=true"
        of_secondary, of_arbiter, wrong_name = await told_of_all(
            secondary.uri_of(direct),
            arbiter.uri_of(direct),
            primary.uri_of("school?replicaSet=other"),
        )
        assert "leads to a secondary" in of_secondary
        assert "leads to an arbiter" in of_arbiter
        assert "Check replicaSet in DB_URI" in wrong_name
        async with open_database(secondary.uri_of("school")) as database:  # it finds the primary
            assert await database.set_up.count_documents({}) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by openssl")
async def test_tls_that_is_wanted_or_not_wanted_or_not_trusted(tmp_path: Path) -> None:
    certificate, authority = make_certificates(tmp_path)
    options = [
        *("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(certificate)),
        *("--tlsCAFile", str(authority)),
    ]
    trusted = f"tls=true&tlsCAFile={authority}"
    with (
        running_mongod(options=(*options, "--tlsAllowConnectionsWithoutCertificates")) as running,
        running_mongod(options=options) as strict,
        running_mongod() as plain,
    ):
        port, strict_port = (each.address.rpartition(":")[2] for each in (running, strict))
        unwanted, untrusted, misnamed, without, too_much = await told_of_all(
            f"mongodb://localhost:{port}/school",
            f"mongodb://localhost:{port}/school?tls=true",
            f"mongodb://127.0.0.1:{port}/school?{trusted}",
            f"mongodb://localhost:{strict_port}/school?{trusted}",
            plain.uri_of("school?tls=true"),
        )
        async with open_database(f"mongodb://localhost:{port}/school?{trusted}") as database:
            assert await database.any.count_documents({}) == 0

    assert "add tls=true" in unwanted
    assert "tlsCAFile=FILE" in untrusted
    assert "Write the host in DB_URI as the certificate names it" in misnamed
    assert "tlsCertificateKeyFile=FILE" in without
    assert "remove tls=true" in too_much


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost with its key, and that of the authority that signed it."""
    steps = (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority",
        "req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=localhost",
        "x509 -req -in own.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out own.crt -days 2 "
        "-extfile names",
    )
    (folder / "names").write_text("subjectAltName=DNS:localhost")
    for step in steps:
        subprocess.run(["openssl", *step.split()], cwd=folder, check=True, capture_output=True)
    both = (folder / "own.key").read_text() + (folder / "own.crt").read_text()
    (folder / "own.pem").write_text(both)
    return folder / "own.pem", folder / "ca.crt"


async def test_users_passwords_and_rights() -> None:
    with running_mongod(has_users=True) as running:
        with closing(MongoClient[Document](running.uri)) as client:
            client.admin.command("createUser", "root", pwd="root", roles=["root"])
        with closing(
            MongoClient[Document](running.uri, username="root", password="root")
        ) as client:
            for name, role in (("reader", "read"), ("writer", "readWrite"), ("other", "read")):
                place = "shop" if name == "other" else "school"
                client.admin.command(
                    "createUser", name, pwd="a", roles=[{"role": role, "db": place}]
                )
        address = running.address

        assert "DB_URI names none" in await told_of(f"mongodb://{address}/school")
        for uri in (
            f"mongodb://writer:b@{address}/school?authSource=admin",
            f"mongodb://writer:a@{address}/school",
            f"mongodb://nobody:a@{address}/school?authSource=admin",
        ):
            told = await told_of(uri)
            assert "refused the user or the password" in told
            assert "authSource=admin" in told
        told = await told_of(f"mongodb://other:a@{address}/school?authSource=admin")
        assert "code 13" in told
        assert "needs the role readWrite" in told


async def test_addresses_without_a_server() -> None:
    unknown, silent, no_cluster = await told_of_all(
        "mongodb://nowhere.invalid/school",
        "mongodb://127.0.0.1:9/school",
        "mongodb+srv://nowhere.invalid.example/school",
    )

    assert all(
        each.startswith("MongoDB cannot be reached: ") for each in (unknown, silent, no_cluster)
    )
    assert "finds no server of that name" in unknown
    assert "no server answers there" in silent


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The DNS query name does not exist: _mongodb._tcp.x.", "deleted or paused"),
        ("The resolution lifetime expired after 21.6 seconds", "name servers do not answer"),
        ('The "dnspython" module must be installed to use mongodb+srv://', "pip install dnspython"),
        ("SSL handshake failed: h: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1", "IP Access List"),
        ("h:27017: [SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", "out of date"),
        ("h:27017: timed out", "firewall"),
        ("something new", "check DB_URI and that the server runs"),
    ],
)
def test_the_drivers_words_become_what_to_do(text: str, told: str) -> None:
    assert told in str(describe_unreachable(text))


@pytest.mark.parametrize(
    ("query", "retries"),
    [("?retryWrites=false", False), ("?w=1&retryWrites=false&appName=a", False), ("", True)],
)
async def test_the_address_can_turn_repeated_writes_off(
    replica_set: RunningMongod, query: str, retries: bool
) -> None:
    async with open_database(replica_set.uri_of(f"school{query}")) as database:
        assert database.client.options.retry_writes is retries
