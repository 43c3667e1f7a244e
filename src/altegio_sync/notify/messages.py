"""Sends a message to people by Apprise: Telegram, e-mail, Viber and many more."""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import anyio

from altegio_sync.messages import notify as texts
from altegio_sync.messages.words import BOTH, join

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apprise import NotifyBase

    from altegio_sync.messages import Message

#: A service that does not answer delays a command by this much.
MOST_SECONDS = 10.0
_STATUS = re.compile(r"\berror=(\d{3})\b")
_NO_CONNECTION = "Connection error"
#: The lines that Apprise logs about the message that is being sent. They contain secrets.
_lines: ContextVar[list[str] | None] = ContextVar("apprise_lines", default=None)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message; ``problem`` has no address, since addresses are secrets."""

    is_taken: bool
    problem: Message | None = None


def find_address_problem(addresses: str) -> Message | None:
    """Why not every address can be used; nothing is sent."""
    if find_spec("apprise") is None:
        return texts.NOTIFY_NOT_INSTALLED()
    with _quiet_apprise():
        return _unknown(_targets(addresses))


async def send_message(addresses: str, title: str, body: str) -> Delivery:
    """Send the message to each of the addresses.

    It is taken if one of them took it. A wrong address keeps it from no other.
    """
    if find_spec("apprise") is None:
        return Delivery(is_taken=False, problem=texts.NOTIFY_NOT_INSTALLED())
    with _quiet_apprise():
        return await _send(_targets(addresses), title, body)


async def _send(targets: Sequence[NotifyBase | None], title: str, body: str) -> Delivery:
    problems: dict[int, Message] = {}

    async def send(position: int, target: NotifyBase) -> None:
        problem = await _send_one(target, title, body)
        if problem is not None:
            problems[position] = problem

    async with anyio.create_task_group() as tasks:
        for position, each in enumerate(targets):
            if each is not None:
                tasks.start_soon(send, position, each)
    unknown = _unknown(targets)
    refused = [
        texts.NOTIFY_FAILED(number=position + 1, reason=each)
        for position, each in sorted(problems.items())
    ]
    found = refused if unknown is None else [unknown, *refused]
    known = sum(each is not None for each in targets)
    return Delivery(len(problems) < known, join(BOTH, found) if found else None)


async def _send_one(target: NotifyBase, title: str, body: str) -> Message | None:
    lines: list[str] = []
    _lines.set(lines)
    with anyio.move_on_after(MOST_SECONDS):
        # The thread has this context, unlike one that Apprise would start.
        is_sent = await anyio.to_thread.run_sync(
            lambda: target.notify(title=title, body=body), abandon_on_cancel=True
        )
        return None if is_sent else _reason(lines)
    return texts.NO_ANSWER(seconds=int(MOST_SECONDS))


def _reason(lines: Sequence[str]) -> Message:
    statuses = [found[1] for each in lines if (found := _STATUS.search(each))]
    if statuses:
        return texts.NOTIFY_REFUSED_WITH(status=statuses[-1])
    if any(_NO_CONNECTION in each for each in lines):
        return texts.NOTIFY_NO_CONNECTION()
    return texts.NOTIFY_REFUSED()


def _targets(addresses: str) -> list[NotifyBase | None]:
    """The target of each address; None for an address that Apprise does not know."""
    import apprise  # only runs that say something wait for it
    from apprise.utils.parse import parse_urls

    urls: list[str] = parse_urls(addresses)  # type: ignore[no-untyped-call]
    return [apprise.Apprise.instantiate(each) for each in urls] or [None]


def _unknown(targets: Sequence[NotifyBase | None]) -> Message | None:
    numbers = [number for number, each in enumerate(targets, 1) if each is None]
    return texts.NOTIFY_UNKNOWN_ADDRESS(numbers=numbers) if numbers else None


@contextmanager
def _quiet_apprise() -> Iterator[None]:
    """Its log lines contain addresses, and its warnings are about its own code."""
    logger = logging.getLogger("apprise")
    logger.propagate = False
    handler = _Lines()
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(handler)


class _Lines(logging.Handler):
    """Collects the lines about each message."""

    def emit(self, record: logging.LogRecord) -> None:
        lines = _lines.get()
        if lines is not None:
            lines.append(record.getMessage())
