"""Explains a refusal of MongoDB, and what to do about it.

The server's text is never shown: it may contain parts of a command, and so parts of a document. The
text is only searched for words that distinguish one refusal from another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

from altegio_sync.messages import store as texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.errors import PyMongoError

    from altegio_sync.messages import Message, Template

UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
#: Atlas refuses with this code, for many reasons.
ATLAS = 8000
CURSOR_NOT_FOUND = 43
DUPLICATE_KEY = 11000

#: The reasons by the server's code.
_REASONS: dict[int, Template] = {
    UNAUTHORIZED: texts.NO_RIGHT,
    AUTHENTICATION_FAILED: texts.WRONG_USER,
    9: texts.LACKS_FEATURES,
    20: texts.NOT_ALLOWED,
    26: texts.NO_COLLECTION,
    39: texts.DISK,
    CURSOR_NOT_FOUND: texts.CURSOR_LOST,
    50: texts.BUSY,
    59: texts.LACKS_FEATURES,
    66: texts.ODD_ID,
    67: texts.INDEX_NOT_ALLOWED,
    72: texts.LACKS_FEATURES,
    85: texts.INDEX_IN_THE_WAY,
    86: texts.INDEX_IN_THE_WAY,
    112: texts.BUSY,
    115: texts.LACKS_FEATURES,
    121: texts.VALIDATOR,
    146: texts.MEMORY,
    16819: texts.MEMORY,
    16945: texts.MEMORY,
    166: texts.WRONG_KIND,
    167: texts.WRONG_KIND,
    168: texts.LACKS_FEATURES,
    211: texts.SET_NOT_READY,
    238: texts.LACKS_FEATURES,
    251: texts.BUSY,
    290: texts.BUSY,
    292: texts.MEMORY,
    303: texts.LACKS_FEATURES,
    304: texts.LACKS_FEATURES,
    10003: texts.WRONG_KIND,
    10101: texts.WRONG_KIND,
    10334: texts.LARGE,
    DUPLICATE_KEY: texts.DUPLICATE,
    12501: texts.QUOTA,
    14031: texts.DISK,
    16500: texts.BUSY,
    17419: texts.LARGE,
    17420: texts.LARGE,
    40324: texts.LACKS_FEATURES,
    40353: texts.LACKS_FEATURES,
    50840: texts.LACKS_FEATURES,
}
_NAME = re.compile(r"[A-Za-z]{3,60}")
_SPACE_WORDS = ("space quota", "storage quota", "over your space")
_LOGIN_WORDS = ("bad auth", "authentication", "auth failed", "not authenticated")
_FORBIDDEN_WORDS = ("not allowed", "disallowed", "unsupported", "not supported")


def meaning_of(code: int | None) -> Message:
    """The reason in words. The caller shows the code too."""
    return _REASONS.get(code or 0, texts.UNKNOWN_REASON)()


def explain(error: OperationFailure) -> Message:
    """A whole sentence about the refusal: the reason, its code, and what to do."""
    details = _details_of(error)
    code, text = details.get("code", error.code), _text_of(error)
    if code == AUTHENTICATION_FAILED or (code == ATLAS and _has(text, _LOGIN_WORDS)):
        return texts.WRONG_USER()
    if code == UNAUTHORIZED and "requires authentication" in text:
        return texts.NO_USER()
    if code == UNAUTHORIZED:
        return texts.REFUSED_ACCESS(code=code, reason=texts.NO_RIGHT())
    reason = _reason_at_atlas(text) if code == ATLAS else meaning_of(code)
    name = details.get("codeName")
    if isinstance(name, str) and _NAME.fullmatch(name):
        return texts.REFUSED_WITH_NAME(code=code, name=name, reason=reason)
    return texts.REFUSED(code=code, reason=reason)


def refuses_no_timeout(error: PyMongoError) -> bool:
    """Whether the server allows no cursor without a time limit, such as Atlas Free and Flex."""
    if not isinstance(error, OperationFailure):
        return False
    text = _text_of(error)
    return "timeout" in text and _has(text, _FORBIDDEN_WORDS)


def _reason_at_atlas(text: str) -> Message:
    if _has(text, _SPACE_WORDS):
        return texts.QUOTA()
    if _has(text, _FORBIDDEN_WORDS):
        return texts.ATLAS_TIER()
    return texts.ATLAS_REFUSED()


def _details_of(error: OperationFailure) -> Mapping[str, Any]:
    """The details of the first refused write; if there is none, those of the whole command."""
    details = error.details or {}
    parts = [*details.get("writeConcernErrors", []), *details.get("writeErrors", [])]
    return parts[0] if parts else details


def _text_of(error: OperationFailure) -> str:
    return str(_details_of(error).get("errmsg") or error).lower()


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(each in text for each in words)
