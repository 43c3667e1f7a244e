"""Explains why a MongoDB could not be reached, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from altegio_sync.errors import StoreError, StoreUnavailableError
from altegio_sync.messages import store as texts

if TYPE_CHECKING:
    from pymongo import AsyncMongoClient

    from altegio_sync.messages import Message, Template

#: Kinds of servers that answer, but cannot be used for reading or writing.
_WRONG_SERVERS = {
    "RSGhost": texts.UNINITIATED_SET,
    "RSSecondary": texts.SECONDARY,
    "RSArbiter": texts.ARBITER,
    "RSOther": texts.NOT_READY,
}
#: Words of the driver and of OpenSSL, each with a hint. The hint of the first word found is shown.
_HINTS: tuple[tuple[str, Template], ...] = (
    (
        r"Name or service not known|nodename nor servname|No address associated|getaddrinfo|"
        r"Temporary failure in name resolution",
        texts.UNKNOWN_HOST,
    ),
    (
        r"Hostname mismatch|IP address mismatch|doesn't match",
        texts.CERTIFICATE_NAME,
    ),
    (
        r"certificate has expired|not yet valid",
        texts.CERTIFICATE_OUT_OF_DATE,
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        texts.CERTIFICATE_NOT_TRUSTED,
    ),
    (
        r"CERTIFICATE_REQUIRED|certificate required|HANDSHAKE_FAILURE",
        texts.CERTIFICATE_WANTED,
    ),
    (
        r"TLSV1_ALERT_INTERNAL_ERROR",
        texts.ATLAS_ACCESS_LIST,
    ),
    (
        r"SSL handshake failed|WRONG_VERSION_NUMBER|\[SSL",
        texts.NO_TLS,
    ),
    (
        r"connection (?:is already )?closed|Connection reset|ConnectionResetError",
        texts.CLOSED,
    ),
    (
        r"Connect call failed|Connection refused",
        texts.NO_SERVER,
    ),
    (
        r'replica set name "|replica set named',
        texts.OTHER_SET,
    ),
    (
        r"DNS query name does not exist|NXDOMAIN|does not contain an answer|NoAnswer",
        texts.NO_CLUSTER,
    ),
    (
        r"resolution lifetime expired|DNS operation timed out|All nameservers failed",
        texts.NO_NAME_SERVER,
    ),
    (
        r"requires at least",
        texts.TOO_OLD,
    ),
    (
        r"dnspython",
        texts.NO_DNSPYTHON,
    ),
    (
        r"timed out|No servers? found|No servers match",
        texts.NO_ANSWER,
    ),
    (
        r"No replica set members|No primary",
        texts.NO_PRIMARY,
    ),
)
_LONGEST = 200


def describe_unreachable(text: str) -> Message:
    """The first cause in the driver's ``text``, and what to do."""
    cause = re.split(r" \(configured timeouts|, Timeout: |, Topology", text)[0][:_LONGEST]
    found = (hint for words, hint in _HINTS if re.search(words, text))
    hint = next(found, texts.CHECK_ADDRESS)
    return texts.UNREACHABLE(cause=cause, hint=hint())


def find_wrong_server(client: AsyncMongoClient[dict[str, Any]]) -> StoreError | None:
    """What is wrong with the only servers that answer; None if one of them can be used."""
    topology = client.topology_description
    kinds = {each.server_type_name for each in topology.server_descriptions().values()}
    if "RSSecondary" in kinds and topology.topology_type_name != "Single":
        return None  # the set has no primary at the moment
    for kind, text in _WRONG_SERVERS.items():
        if kinds == {kind}:
            is_final = kind in ("RSSecondary", "RSArbiter")
            return StoreError(text()) if is_final else StoreUnavailableError(text())
    return None
