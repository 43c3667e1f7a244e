"""What a refusal of MongoDB means, and what to do about it. No text of the server is shown.

The server's own texts hold parts of commands, and so of documents. They are only searched for words
that tell one refusal from another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.errors import PyMongoError

UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
#: What Atlas itself refuses, for many reasons.
ATLAS = 8000
CURSOR_NOT_FOUND = 43
DUPLICATE_KEY = 11000

_WRONG_USER = (
    "MongoDB refused the user or the password of DB_URI: check both (special characters must be "
    "percent-encoded). If the user was created in the database admin, add authSource=admin to "
    "DB_URI, as in mongodb://USER:PASSWORD@host/database?authSource=admin"
)
_NO_USER = (
    "MongoDB wants a user and a password, and DB_URI names none: "
    "mongodb://USER:PASSWORD@host/database?authSource=admin"
)
_NO_RIGHT = (
    "the user of DB_URI needs the role readWrite on the database. For reports and dry runs the "
    "role read is enough"
)
_QUOTA = (
    "the database is full: the Atlas cluster is over its space quota. Delete what is not needed, "
    "or choose a larger cluster"
)
_TOO_OLD = (
    "this server does not have what the program needs. It needs MongoDB 5.0 or later; "
    "altegio-sync check names what is missing"
)
_MEMORY = (
    "the question needs more memory than this server gives it. Ask for fewer days (--from, --to), "
    "or use a larger server"
)
_LARGE = "the document would be larger than MongoDB's limit of 16 MiB"
_KIND = (
    "ALTEGIO_COLLECTION names a view, a capped or a time-series collection. The program needs an "
    "ordinary collection"
)
_BUSY = "the server was too busy, and ended the operation. Run the command again later"
_DISK = "the disk of the MongoDB server is full, or cannot be written to"
_SENTENCES: dict[int, str] = {
    UNAUTHORIZED: _NO_RIGHT,
    AUTHENTICATION_FAILED: _WRONG_USER,
    9: _TOO_OLD,
    20: "the server does not allow this here (a view, or a server of a special kind)",
    26: "there is no such collection",
    39: _DISK,
    CURSOR_NOT_FOUND: "the server forgot a question that was still being answered. Run it again",
    50: _BUSY,
    59: _TOO_OLD,
    66: "the server does not store the _id of the document as it is",
    67: "the server does not allow such an index",
    72: _TOO_OLD,
    85: "another index of the same name is in the way",
    86: "another index of the same name is in the way",
    112: _BUSY,
    115: _TOO_OLD,
    121: "the collection's validator does not accept the document",
    146: _MEMORY,
    16819: _MEMORY,
    16945: _MEMORY,
    166: _KIND,
    167: _KIND,
    168: _TOO_OLD,
    211: "the replica set is not ready. Run the command again later",
    238: _TOO_OLD,
    251: _BUSY,
    290: _BUSY,
    292: _MEMORY,
    303: _TOO_OLD,
    304: _TOO_OLD,
    10003: _KIND,
    10101: _KIND,
    10334: _LARGE,
    DUPLICATE_KEY: "a unique index does not let a second document with the same value in",
    12501: _QUOTA,
    14031: _DISK,
    16500: _BUSY,
    17419: _LARGE,
    17420: _LARGE,
    40324: _TOO_OLD,
    40353: _TOO_OLD,
    50840: _TOO_OLD,
}
_UNKNOWN = (
    "this program does not know the reason. MongoDB's list of error codes explains the code, and "
    "so does the server's log"
)
_NAME = re.compile(r"[A-Za-z]{3,60}")
_SPACE_WORDS = ("space quota", "storage quota", "over your space")
_LOGIN_WORDS = ("bad auth", "authentication", "auth failed", "not authenticated")
_FORBIDDEN_WORDS = ("not allowed", "disallowed", "unsupported", "not supported")


def meaning_of(code: int | None) -> str:
    """The reason in a sentence, for a code that is shown beside it."""
    return _SENTENCES.get(code or 0, _UNKNOWN)


def explain(error: OperationFailure) -> str:
    """A whole sentence about the refusal: the reason, its code, and what to do."""
    details = _details_of(error)
    code, text = details.get("code", error.code), _text_of(error)
    if code == AUTHENTICATION_FAILED or (code == ATLAS and _has(text, _LOGIN_WORDS)):
        return _WRONG_USER
    if code == UNAUTHORIZED and "requires authentication" in text:
        return _NO_USER
    if code == UNAUTHORIZED:
        return f"MongoDB refused access (code {code}): {_NO_RIGHT}"
    reason = _reason_at_atlas(text) if code == ATLAS else meaning_of(code)
    return f"MongoDB refused (code {code}{_name_in(details)}): {reason}"


def refuses_no_timeout(error: PyMongoError) -> bool:
    """Whether the server does not allow a cursor without a time limit, as Atlas Free and Flex."""
    if not isinstance(error, OperationFailure):
        return False
    text = _text_of(error)
    return "timeout" in text and _has(text, _FORBIDDEN_WORDS)


def _reason_at_atlas(text: str) -> str:
    if _has(text, _SPACE_WORDS):
        return _QUOTA
    if _has(text, _FORBIDDEN_WORDS):
        return "this tier of Atlas does not allow it. A dedicated cluster does (M10 or larger)"
    return "Atlas refused it. The pages of the cluster in Atlas show its state"


def _details_of(error: OperationFailure) -> Mapping[str, Any]:
    """What is said of the first write that was refused, else of the whole command."""
    details = error.details or {}
    parts = [*details.get("writeConcernErrors", []), *details.get("writeErrors", [])]
    return parts[0] if parts else details


def _name_in(details: Mapping[str, Any]) -> str:
    name = details.get("codeName")
    is_shown = isinstance(name, str) and _NAME.fullmatch(name)
    return f", {name}" if is_shown else ""


def _text_of(error: OperationFailure) -> str:
    return str(_details_of(error).get("errmsg") or error).lower()


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(each in text for each in words)
