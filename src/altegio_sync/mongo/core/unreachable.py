"""Why a MongoDB could not be reached, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from altegio_sync.errors import StoreError, StoreUnavailableError

if TYPE_CHECKING:
    from pymongo import AsyncMongoClient

_CANNOT = "MongoDB cannot be reached"
_SET_HINT = (
    "name the members of the replica set in DB_URI and leave directConnection out, as in "
    "mongodb://host1,host2,host3/database?replicaSet=NAME"
)
#: By the kind of a server that answers but takes no reports or writes.
_WRONG_SERVERS = {
    "RSGhost": (
        f"{_CANNOT}: the server is part of a replica set that was never initiated, or no longer "
        "belongs to its set. Run rs.initiate() there once, or start mongod without --replSet"
    ),
    "RSSecondary": f"DB_URI leads to a secondary of a replica set, where nothing can be written: "
    f"{_SET_HINT}",
    "RSArbiter": f"DB_URI leads to an arbiter of a replica set, which has no data: {_SET_HINT}",
    "RSOther": (
        f"{_CANNOT}: the server is starting, recovering or being removed from its replica set. "
        "Try again later"
    ),
}
#: Words of the driver and of OpenSSL, with what to do; the first that is found is told.
_HINTS: tuple[tuple[str, str], ...] = (
    (
        r"Name or service not known|nodename nor servname|No address associated|getaddrinfo|"
        r"Temporary failure in name resolution",
        "this machine finds no server of that name. Check the host in DB_URI and the network",
    ),
    (
        r"Hostname mismatch|IP address mismatch|doesn't match",
        "the certificate is for another name. Write the host in DB_URI as the certificate names it",
    ),
    (
        r"certificate has expired|not yet valid",
        "the certificate of the server is out of date, or the clock of this machine is wrong",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        "the certificate of the server is not trusted here. Name the file of its authority with "
        "tlsCAFile=FILE in DB_URI",
    ),
    (
        r"CERTIFICATE_REQUIRED|certificate required|HANDSHAKE_FAILURE",
        "the server wants a certificate of the client: tlsCertificateKeyFile=FILE in DB_URI",
    ),
    (
        r"TLSV1_ALERT_INTERNAL_ERROR",
        "in Atlas, add the address of this machine to the IP Access List",
    ),
    (
        r"SSL handshake failed|WRONG_VERSION_NUMBER|\[SSL",
        "the server does not answer with TLS. If it does not use TLS, remove tls=true from DB_URI",
    ),
    (
        r"connection (?:is already )?closed|Connection reset|ConnectionResetError",
        "the server closed the connection. If it wants TLS, add tls=true to DB_URI; if it also "
        "wants a certificate of the client, add tlsCertificateKeyFile=FILE",
    ),
    (
        r"Connect call failed|Connection refused",
        "no server answers there. Check DB_URI and that the server runs",
    ),
    (
        r'replica set name "|replica set named',
        "the server belongs to no replica set of that name. Check replicaSet in DB_URI",
    ),
    (
        r"DNS query name does not exist|NXDOMAIN|does not contain an answer|NoAnswer",
        "no cluster has that name. Check the host in DB_URI; a cluster that was deleted or paused "
        "in Atlas loses its name",
    ),
    (
        r"resolution lifetime expired|DNS operation timed out|All nameservers failed",
        "the name servers do not answer. Check the network of this machine",
    ),
    (
        r"requires at least",
        "the server is too old. The program needs MongoDB 5.0 or later",
    ),
    (
        r"dnspython",
        "mongodb+srv:// needs the package dnspython: pip install dnspython",
    ),
    (
        r"timed out|No servers? found|No servers match",
        "no server answers in time. Check DB_URI, the firewall and that the server runs; in "
        "Atlas, the IP Access List",
    ),
    (
        r"No replica set members|No primary",
        "the replica set has no primary at the moment. Check that most of its members run",
    ),
)
_CHECK = "check DB_URI and that the server runs"
_LONGEST = 200


def describe_unreachable(text: str) -> str:
    """The error's first cause, and what to do; ``text`` is the driver's."""
    cause = re.split(r" \(configured timeouts|, Timeout: |, Topology", text)[0][:_LONGEST]
    hint = next((hint for words, hint in _HINTS if re.search(words, text)), _CHECK)
    return f"{_CANNOT}: {cause}: {hint}"


def find_wrong_server(client: AsyncMongoClient[dict[str, Any]]) -> StoreError | None:
    """What is wrong with the only servers that answer; None where one of them serves."""
    topology = client.topology_description
    kinds = {each.server_type_name for each in topology.server_descriptions().values()}
    if "RSSecondary" in kinds and topology.topology_type_name != "Single":
        return None  # the set has no primary at the moment
    for kind, text in _WRONG_SERVERS.items():
        if kinds == {kind}:
            is_final = kind in ("RSSecondary", "RSArbiter")
            return StoreError(text) if is_final else StoreUnavailableError(text)
    return None
