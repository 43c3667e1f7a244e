"""Tests whether Altegio's settings contain the address at which `serve` receives webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from altegio_sync.errors import AltegioError
from altegio_sync.messages import check as texts
from altegio_sync.messages import check_names as names
from altegio_sync.usecases.check.checks import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.hook_settings import HookAddress
    from altegio_sync.messages import Message


class HookSettingsSource(Protocol):
    """The settings of webhooks. Raises AltegioError when there is no usable answer."""

    async def fetch_hook_addresses(self, company_id: str) -> Sequence[HookAddress]: ...


async def check_webhooks(
    source: HookSettingsSource, company_id: str, secrets: Sequence[str]
) -> Check:
    """Look for an address that ends with `/hooks/` and one of the secrets.

    The host is not compared: a web server in front of `serve` has an address that this program does
    not know. The polls work without webhooks, so no result prevents a run.
    """
    try:
        addresses = await source.fetch_hook_addresses(company_id)
    except AltegioError as error:
        return Check.warning(names.WEBHOOKS(), error.message, texts.LOOK_AT_WEBHOOKS())
    ours = [each for each in addresses if _is_ours(each.url, secrets)]
    if not ours:
        text = texts.NO_WEBHOOK_ADDRESS(count=len(addresses)) if addresses else texts.NO_WEBHOOKS()
        return Check.warning(names.WEBHOOKS(), text, texts.ENTER_WEBHOOK_ADDRESS())
    # The switches of an address that is entered twice may differ.
    best = max(ours, key=lambda each: (each.is_active and each.sends_bookings, each.is_active))
    return _check_switches(best)


def _check_switches(address: HookAddress) -> Check:
    host = _shown_host(address.url)
    if not address.is_active:
        text = texts.WEBHOOKS_OFF(host=host)
        return Check.warning(names.WEBHOOKS(), text, texts.ENABLE_WEBHOOKS())
    if not address.sends_bookings:
        text = texts.BOOKINGS_NOT_SENT(host=host)
        return Check.warning(names.WEBHOOKS(), text, texts.TICK_BOOKINGS())
    return Check.good(names.WEBHOOKS(), texts.WEBHOOKS_COME(host=host))


def _is_ours(url: str, secrets: Sequence[str]) -> bool:
    try:
        path = urlsplit(url.strip()).path.rstrip("/")
    except ValueError:
        return False
    return any(path.endswith(f"/hooks/{secret}") for secret in secrets)


def _shown_host(url: str) -> Message | str:
    """The host alone: the path contains a secret, and perhaps there are a user and a password."""
    return urlsplit(url.strip()).hostname or texts.UNKNOWN_HOST()
