"""`check` reads the settings of webhooks from the sandbox, and never shows the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.acceptance.cli import Cli

SECRET = "hook-SECRET-2087-" + "x" * 20
OURS = f"https://school.example/hooks/{SECRET}"


@pytest.mark.parametrize(
    ("urls", "switches", "level", "text"),
    [
        ([OURS], {}, "ok", "to school.example, with our secret"),
        ([OURS], {"record": 0}, "warn", "it gets no changes of appointments"),
        (["https://crm.example/"], {}, "warn", "does not end with /hooks/ and our secret"),
        (None, {}, "warn", "Access denied"),
    ],
    ids=["well", "not-ticked", "missing", "refused"],
)
def test_check_reports_whether_our_address_gets_webhooks(
    cli: Cli,
    server: SandboxServer,
    urls: list[str] | None,
    switches: dict[str, int],
    level: str,
    text: str,
) -> None:
    server.hooks.settings.urls = urls or ()
    server.hooks.settings.denied = set() if urls else {"77"}
    server.hooks.settings.switches |= switches

    ran = cli.run("check", "--json", ALTEGIO_HOOK_SECRET=f"{SECRET},{'y' * 32}")

    [found] = [each for each in ran.json["checks"] if each["check"] == "webhooks"]
    assert ran.code == 0
    assert ran.json["ok"] is True
    assert found["level"] == level
    assert text in found["text"]
    assert SECRET not in ran.out + ran.err


def test_without_a_secret_nobody_asks_for_webhooks(cli: Cli, server: SandboxServer) -> None:
    ran = cli.run("check")

    assert "webhooks" not in ran.out
    assert not [each for each in server.requests if "hooks_settings" in each.path]
