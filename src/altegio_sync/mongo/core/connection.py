"""Checks the address of MongoDB, opens it, and turns the errors of PyMongo into ours."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import anyio
import pymongo
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient, ReadPreference
from pymongo.common import URI_OPTIONS_VALIDATOR_MAP
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from altegio_sync.errors import ConfigError, StoreError, StoreRightError, StoreUnavailableError
from altegio_sync.messages import store as texts
from altegio_sync.messages.os_errors import os_reason
from altegio_sync.mongo.core.collation import PlainDatabase, find_collated
from altegio_sync.mongo.core.py311_wait_for import replace_wait_for
from altegio_sync.mongo.core.refusals import UNAUTHORIZED, explain
from altegio_sync.mongo.core.unreachable import describe_unreachable, find_wrong_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]
ParamsT = ParamSpec("ParamsT")
AnswerT = TypeVar("AnswerT")

FIRST_CONTACT_S = 5.0
WITHIN_RUN_S = 30.0
_LEAVE_S = 1.0
#: Every acknowledged write is durable, also if the URI asks for less.
DURABLE = WriteConcern("majority", j=True)
#: A single date beyond Python's calendar, or a single text that is not UTF-8, must not prevent the
#: others from being read.
LENIENT: dict[str, Any] = {
    "tz_aware": True,
    "unicode_decode_error_handler": "replace",
    "datetime_conversion": DatetimeConversion.DATETIME_AUTO,
}
_SRV = "mongodb+srv://"
#: Some servers, such as DocumentDB, cannot repeat writes.
_OFF = re.compile(r"[?&;]retryWrites=false(?:[&;]|$)", re.IGNORECASE)
#: Codes of a server that shuts down, is no longer primary or cannot reach the other members.
GOING_AWAY = (6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436)
_TRIED_EVERY_S = 0.25


class _LostError(StoreUnavailableError):
    """MongoDB was lost during an operation, which may or may not have been carried out."""


def database_name(uri: str) -> str:
    """The database that the URI names.

    Raises:
        ConfigError: the URI is wrong, or names no database. The error never contains the URI.
    """
    plain = uri
    if uri.startswith(_SRV):
        # This check sends no DNS query, and a plain address does not allow options about DNS.
        plain = _without_options("mongodb://" + uri[len(_SRV) :], _is_about_srv)
    try:
        name = parse_uri(_without_options(plain, _is_unknown))["database"]
    except OSError as error:
        raise _unreadable_file(error) from None
    except (PyMongoError, ValueError):
        raise ConfigError(texts.NO_ADDRESS()) from None
    if not name:
        raise ConfigError(texts.NO_DATABASE())
    return str(name)


def _without_options(uri: str, is_left_out: Callable[[str], bool]) -> str:
    """The URI without some options. ``is_left_out`` gets the name of an option in small letters."""
    address, _, query = uri.partition("?")
    separator = "&" if "&" in query else ";"
    options = (each.partition("=") for each in query.split(separator))
    kept = ["".join(each) for each in options if not each[1] or not is_left_out(each[0].lower())]
    return f"{address}?{separator.join(kept)}" if any(kept) else address


def _is_unknown(option: str) -> bool:
    """Whether PyMongo does not know the option (Node.js may), and would warn on stderr."""
    return option not in URI_OPTIONS_VALIDATOR_MAP


def _is_about_srv(option: str) -> bool:
    return option.startswith("srv")


def _unreadable_file(error: OSError) -> ConfigError:
    return ConfigError(texts.UNUSABLE_FILE(reason=os_reason(error)))


@asynccontextmanager
async def open_database(uri: str) -> AsyncIterator[AsyncDatabase[Document]]:
    """The database of the URI. It is contacted at once, and closed at the end.

    Raises:
        ConfigError: see `database_name`.
        StoreUnavailableError: no contact within ``FIRST_CONTACT_S``.
        StoreError: MongoDB was reached and refused the connection.
    """
    name = database_name(uri)
    replace_wait_for()
    client = _client(uri)
    try:
        await _contact(client)
        if _stands_alone(client):
            await client.close()
            client = _client(uri, retries_writes=False)
        with translated_errors():
            collated = await find_collated(client[name])
        yield durable(PlainDatabase.of(client[name], collated))
    finally:
        # Closing ends the sessions on the server. If the server is gone, the driver would wait for
        # it. The inner limit ends this wait, the outer limit ends every other wait.
        with (
            anyio.CancelScope(shield=True),
            anyio.move_on_after(2 * _LEAVE_S),
            pymongo.timeout(_LEAVE_S),
        ):
            await client.close()


async def _contact(client: AsyncMongoClient[Document]) -> None:
    """Contact the server. The limit is short here, so that a wrong address is reported at once."""
    try:
        with translated_errors(), pymongo.timeout(FIRST_CONTACT_S):
            await client.admin.command("ping")
    except StoreUnavailableError as error:
        raise find_wrong_server(client) or error from None
    if (wrong := find_wrong_server(client)) is not None:
        raise wrong


def _client(uri: str, *, retries_writes: bool = True) -> AsyncMongoClient[Document]:
    """A client that has not sent anything yet.

    A standalone server cannot repeat a write. PyMongo (4.20) nevertheless repeats a write that was
    waiting for a connection when another connection was lost. PyMongo then treats its own refusal
    as a new loss, and closes the good connections. The next writes wait for these connections. So
    many writes at once would never end.
    """
    try:
        with translated_errors():
            return AsyncMongoClient(
                _without_options(uri, _is_unknown),
                serverSelectionTimeoutMS=WITHIN_RUN_S * 1000,
                connectTimeoutMS=FIRST_CONTACT_S * 1000,
                appname="altegio-sync",
                tz_aware=True,
                retryWrites=retries_writes and not _OFF.search(uri),
            )
    except OSError as error:
        raise _unreadable_file(error) from None


def _stands_alone(client: AsyncMongoClient[Document]) -> bool:
    servers = client.topology_description.server_descriptions().values()
    return any(each.server_type_name == "Standalone" for each in servers)


def durable(database: AsyncDatabase[Document]) -> AsyncDatabase[Document]:
    """The same database: writes are durable, reads are from the primary, moments have a zone."""
    return database.with_options(
        codec_options=CodecOptions[Any](**LENIENT),
        read_preference=ReadPreference.PRIMARY,
        write_concern=DURABLE,
        read_concern=ReadConcern("local"),
    )


def waits_for_mongodb(
    operation: Callable[ParamsT, Coroutine[Any, Any, AnswerT]],
) -> Callable[ParamsT, Coroutine[Any, Any, AnswerT]]:
    """Repeat an operation for up to ``WITHIN_RUN_S`` while its server cannot be reached.

    The operation may be carried out twice, so this must be harmless.
    The driver waits by itself if it knows that the server is away, and it repeats a write in a
    replica set. Without this function, the operation that a standalone server was carrying out when
    it died would be lost.
    """

    @wraps(operation)
    async def patient(*args: ParamsT.args, **kwargs: ParamsT.kwargs) -> AnswerT:
        deadline = anyio.current_time() + WITHIN_RUN_S
        limit: AbstractContextManager[None] = nullcontext()
        while True:
            try:
                with translated_errors(), limit:
                    return await operation(*args, **kwargs)
            except _LostError as error:
                # Not `_LostError` again: an operation around this one would wait for it once more.
                lost = StoreUnavailableError(error.message)
            await anyio.sleep(_TRIED_EVERY_S)
            left_s = deadline - anyio.current_time()
            if left_s <= 0:
                raise lost
            limit = pymongo.timeout(left_s)

    return patient


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn PyMongo's errors into ours, whose text contains no document and no password."""
    try:
        yield
    except ServerSelectionTimeoutError as error:
        raise StoreUnavailableError(describe_unreachable(str(error))) from None
    except OperationFailure as error:
        raise _refused(error) from None
    except (
        AutoReconnect,
        NetworkTimeout,
        NotPrimaryError,
        WaitQueueTimeoutError,
        ExecutionTimeout,
    ) as error:
        raise _LostError(texts.LOST(kind=type(error).__name__)) from None
    except ConfigurationError as error:
        raise StoreUnavailableError(describe_unreachable(str(error))) from None
    except PyMongoError as error:
        raise StoreError(texts.FAILED(kind=type(error).__name__)) from None


def _refused(error: OperationFailure) -> StoreError:
    details = error.details or {}
    parts = [*details.get("writeConcernErrors", []), *details.get("writeErrors", [])]
    for code in (error.code, *(each.get("code") for each in parts)):
        if code in GOING_AWAY:
            return _LostError(texts.LOST_WITH_CODE(code=code))
    kind = StoreRightError if error.code == UNAUTHORIZED else StoreError
    return kind(explain(error))
