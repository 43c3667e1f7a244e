"""`init --install` where a real systemd runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.slow.machine import USER

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.slow.systemd import Booted

_UNITS = [f"altegio-{each}.service" for each in ("changes", "sync", "backup")]


@pytest.mark.parametrize("user", ["root", USER])
def test_init_starts_timers_that_work(
    booted: Booted, user: str, sandbox: SandboxServer, db_uri: str
) -> None:
    settings = {
        "ALTEGIO_API_URL": sandbox.url,
        "ALTEGIO_COMPANY_TOKEN": "sandbox-partner-token",
        "ALTEGIO_USER_TOKEN": "sandbox-user-token",
        "DB_URI": db_uri,
    }
    systemctl = "systemctl"
    if user != "root":
        booted.do(f"loginctl enable-linger {user}")
        settings["XDG_RUNTIME_DIR"] = f"/run/user/{booted.do(f'id -u {user}').strip()}"
        systemctl = "systemctl --user"

    init = "rm -rf school; mkdir school; cd school; /opt/altegio-sync/bin/altegio-sync init"
    shown = booted.do(f"{init} --yes --install", user, **settings)
    started = [booted.do(f"{systemctl} start {each}", user, **settings) for each in _UNITS]
    timers = booted.do(f"{systemctl} list-timers --no-pager", user, **settings)

    assert "The timers run" in shown
    assert started == ["", "", ""]  # a command that fails fails `start` too
    assert timers.count("altegio-") == 6
    assert ("only run while you are logged in" in shown) is False
