"""What `check` says about the address of webhooks in Altegio's settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from altegio_sync.altegio.translate import to_hook_addresses
from altegio_sync.altegio.wire import HookSettingsAnswer
from altegio_sync.domain.hook_settings import HookAddress
from altegio_sync.errors import AltegioError, AuthenticationError, NotFoundError
from altegio_sync.usecases.check import Check, Level, check_webhooks

SECRET, OLD = "a" * 32, "b" * 31 + "_"
OURS = f"https://school.example/hooks/{SECRET}"


class Settings:
    """Altegio's answer about webhooks, or its refusal."""

    def __init__(self, answer: Sequence[HookAddress] | AltegioError) -> None:
        self._answer = answer

    async def fetch_hook_addresses(self, company_id: str) -> Sequence[HookAddress]:
        assert company_id == "77"
        if isinstance(self._answer, AltegioError):
            raise self._answer
        return self._answer


async def checked(*addresses: HookAddress) -> Check:
    check = await check_webhooks(Settings(addresses), "77", [SECRET, OLD])
    assert SECRET not in f"{check!r} {check.text} {check.hint}"
    assert check.ok
    return check


@pytest.mark.parametrize(
    "url",
    [
        OURS,
        f"{OURS}/",
        f" {OURS} ",
        f"https://user:word@school.example:8443/behind/a/proxy/hooks/{SECRET}",
        f"https://school.example/hooks/{OLD}?x=1",
    ],
    ids=["plain", "slash", "spaces", "behind-a-proxy", "the-old-secret"],
)
async def test_our_address_is_known_by_the_end_of_its_path(url: str) -> None:
    others = HookAddress("https://crm.example/altegio", True, False)

    check = await checked(others, HookAddress(url, True, True))

    assert check.level is Level.OK
    assert str(check.text) == (
        "Altegio sends changes of appointments to school.example, with our secret"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://school.example/hooks/",
        f"https://school.example/hooks/x{SECRET}",
        f"https://school.example/hooks/{SECRET[:-1]}",
        f"https://school.example/{SECRET}",
        f"https://school.example/hooks/{SECRET}/more",
        f"https://school.example/?path=/hooks/{SECRET}",
        f"http://[::1/hooks/{SECRET}",
    ],
)
async def test_any_other_address_is_not_ours(url: str) -> None:
    check = await checked(HookAddress(url, True, True))

    assert check.level is Level.WARN
    assert "1 address in Altegio does not end with /hooks/" in str(check.text)
    assert "Settings, System settings, For developers: add https://YOUR-HOST" in str(check.hint)


@pytest.mark.parametrize(
    ("addresses", "text", "hint"),
    [
        ([], "sends no webhooks", ": add https"),
        ([HookAddress(OURS, False, True)], "webhooks are off", ": enable webhooks"),
        ([HookAddress(OURS, False, False)], "webhooks are off", ": enable webhooks"),
        ([HookAddress(OURS, True, False)], "no changes of appointments", ": tick the app"),
        (
            [HookAddress(OURS, False, True), HookAddress(f"{OURS}/", True, False)],
            "no changes of appointments",
            ": tick the app",
        ),
    ],
    ids=["none", "off", "all-off", "not-ticked", "twice"],
)
async def test_what_is_missing_is_named_with_its_place(
    addresses: list[HookAddress], text: str, hint: str
) -> None:
    check = await checked(*addresses)

    assert check.level is Level.WARN
    assert text in str(check.text)
    assert hint in str(check.hint)


@pytest.mark.parametrize("error", [AuthenticationError("no"), NotFoundError("no")])
async def test_a_refusal_is_a_warning(error: AltegioError) -> None:
    check = await check_webhooks(Settings(error), "77", [SECRET])

    assert check.level is Level.WARN
    assert (str(check.text), str(check.hint)) == (
        "no",
        "look in Altegio, in Settings, System settings, For developers",
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"urls": [OURS], "active": 1, "record": 1}, [(OURS, True, True)]),
        ({"urls": {"0": OURS}, "active": "1", "record": False}, [(OURS, True, False)]),
        ({"urls": ["", None, 5], "active": 1}, [("5", True, False)]),
        ({"urls": []}, []),
        ({}, []),
        (
            {
                "urls": ["https://crm.example/", OURS],
                "active": 1,
                "record": 0,
                "url_settings": [None, {"url": OURS, "active": 1, "record": 1}],
            },
            [("https://crm.example/", True, False), (OURS, True, True)],
        ),
    ],
    ids=["documented", "as-php-writes", "odd", "empty", "nothing", "for-each-address"],
)
def test_the_settings_are_read_leniently(
    data: dict[str, Any], expected: list[tuple[str, bool, bool]]
) -> None:
    answer = HookSettingsAnswer.model_validate({"success": True, "data": data})

    found = to_hook_addresses(answer.data)

    assert [(each.url, each.is_active, each.sends_bookings) for each in found] == expected
    assert SECRET not in repr(found) + repr(answer)
