"""Sends a message to people by Apprise: Telegram, e-mail, Viber and many more."""

from __future__ import annotations

import logging
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import anyio

from altegio_sync.messages import notify as texts

if TYPE_CHECKING:
    from altegio_sync.messages import Message

#: A service that does not answer delays a command by this much.
MOST_SECONDS = 10.0


async def send_message(addresses: str, title: str, body: str) -> Message | None:
    """Send the message to all addresses, which are secrets.

    Returns what went wrong, without an address; None if every address took the message.
    """
    if find_spec("apprise") is None:
        return texts.NOTIFY_NOT_INSTALLED()
    # Its log lines contain addresses, and its warnings are about its own code.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return await _send(addresses, title, body)


async def _send(addresses: str, title: str, body: str) -> Message | None:
    import apprise  # only runs that say something wait for it

    notifier = apprise.Apprise()
    if not notifier.add(addresses) or not len(notifier):
        return texts.NOTIFY_UNKNOWN_ADDRESS()
    is_sent: bool | None = None
    with anyio.move_on_after(MOST_SECONDS):
        is_sent = bool(await notifier.async_notify(title=title, body=body))
    if is_sent is None:
        return texts.NOTIFY_FAILED(reason=texts.NO_ANSWER(seconds=int(MOST_SECONDS)))
    return None if is_sent else texts.NOTIFY_FAILED(reason=texts.NOTIFY_REFUSED())
