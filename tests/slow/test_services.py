"""The steps of docs/install.md, "With systemd", with a MongoDB that the units share."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.slow.machine import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from altegio_sync.sandbox import SandboxServer
    from tests.slow.systemd import Booted

#: For servers that are started and for a busy machine: far longer than anything takes.
PATIENCE_S = 300.0
SECRET = "s" * 40
MONGOD, SERVE = "altegio-mongod.service", "altegio-serve.service"


REMOVED = """
    rm -rf /etc/systemd/system/altegio-* /etc/altegio-sync /usr/local/bin/altegio-sync
    systemctl daemon-reload
"""
PAGE = (ROOT / "docs" / "install.md").read_text("utf-8")


def first_run() -> str:
    """The documented command of an administrator, after which `changes` knows where to begin."""
    line: str
    [line] = re.findall("^# (sudo -u altegio .* changes --since 7d .*)$", PAGE, re.MULTILINE)
    return line


def documented_steps() -> str:
    """The commands of the page, with the MongoDB server; the timers are left out."""
    [block] = re.findall("```console\n(# useradd.*?)```", PAGE, re.DOTALL)
    lines = [line.removeprefix("# ") for line in block.splitlines() if ".timer" not in line]
    return "\n".join(lines).replace("pip install .", "pip install '.[embedded]'")


@pytest.fixture(scope="module")
def services(booted: Booted, sandbox: SandboxServer) -> Iterator[Services]:
    """`altegio-mongod` and `altegio-serve`, as an administrator starts them."""
    settings = f"""ALTEGIO_API_URL={sandbox.url}
ALTEGIO_COMPANY_ID=77
ALTEGIO_COMPANY_TOKEN=sandbox-partner-token
ALTEGIO_USER_TOKEN=sandbox-user-token
ALTEGIO_HOOK_SECRET={SECRET}
ALTEGIO_POLL_EVERY=1d
ALTEGIO_RECHECK_AT=off
DB_URI=embedded
"""
    booted.do(f"cd to-install; printf '%s' '{settings}' > .env\n{documented_steps()}")
    made = Services(booted, free_port())
    made.listen_at_own_port()
    booted.do(f"systemctl enable --now {MONGOD} {SERVE}")
    made.wait_for(made.are_well)
    booted.do(first_run())
    # It gives way to the first poll of `serve`, which may still be at work.
    made.wait_for(made.knows_where_to_begin)
    yield made
    booted.do(f"systemctl disable --now {SERVE} {MONGOD}")
    booted.do(REMOVED)  # `init --install` replaces no unit of others


def free_port() -> int:
    """The machine shares the network with this one, where 8077 may be in use."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class Services:
    def __init__(self, booted: Booted, port: int) -> None:
        self.booted = booted
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    def listen_at_own_port(self) -> None:
        command = f"/opt/altegio-sync/bin/altegio-sync serve --port {self._port}"
        folder = f"/etc/systemd/system/{SERVE}.d"
        lines = f"[Service]\\nExecStart=\\nExecStart={command}\\n"
        self.booted.do(f"mkdir {folder}; printf '{lines}' > {folder}/port.conf")
        self.booted.do("systemctl daemon-reload")

    def start(self, *units: str) -> None:
        ran = self.booted.run(f"systemctl start {' '.join(units)}", "root")
        assert ran.returncode == 0, self.journal(*units)

    def knows_where_to_begin(self) -> bool:
        return self.booted.run("systemctl start altegio-changes.service", "root").returncode == 0

    def are_well(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health", timeout=30).status_code == 200
        except httpx2.TransportError:
            return False

    def notify(self, record_id: int) -> int:
        notice = {"company_id": 77, "resource": "record", "resource_id": record_id}
        body = notice | {"status": "update"}
        return httpx2.post(f"{self.url}/hooks/{SECRET}", json=body, timeout=60).status_code

    def servers(self) -> dict[str, str]:
        """The unit of each mongod that runs, by its process."""
        found = self.booted.do("grep -lx mongod /proc/[0-9]*/comm 2>/dev/null || true").split()
        groups = {each.split("/")[2]: self._unit_of(each.split("/")[2]) for each in found}
        return {pid: unit for pid, unit in groups.items() if unit}

    def _unit_of(self, pid: str) -> str:
        group = self.booted.run(f"cat /proc/{pid}/cgroup", "root").stdout.strip()
        return group.rpartition("/")[2]

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, self.journal()
            time.sleep(0.2)

    def journal(self, *units: str) -> str:
        names = " ".join([MONGOD, SERVE, *units])
        return self.booted.run(f"systemctl status --no-pager -n 50 {names}", "root").stdout


def test_a_run_of_a_timer_uses_the_server_of_the_others(services: Services) -> None:
    before = services.servers()
    assert list(before.values()) == [MONGOD]

    services.start("altegio-sync.service", "altegio-changes.service")

    assert services.servers() == before
    assert services.notify(1) == 204


def test_the_server_stays_when_serve_is_stopped(services: Services) -> None:
    before = services.servers()

    services.booted.do(f"systemctl stop {SERVE}")
    services.start("altegio-changes.service")

    assert services.servers() == before
    services.booted.do(f"systemctl start {SERVE}")
    services.wait_for(services.are_well)
    assert services.servers() == before


def test_a_server_that_was_killed_is_replaced_at_once(services: Services) -> None:
    [killed] = services.servers()

    services.booted.do(f"kill -9 {killed}")

    services.wait_for(lambda: killed not in services.servers() and len(services.servers()) == 1)
    services.wait_for(services.are_well)
    services.start("altegio-changes.service")


def test_serve_starts_a_server_where_that_of_the_unit_was_stopped(services: Services) -> None:
    services.booted.do(f"systemctl stop {MONGOD}")

    services.wait_for(services.are_well)
    assert list(services.servers().values()) == [SERVE]

    services.booted.do(f"systemctl restart {SERVE}; systemctl start {MONGOD}")
    services.wait_for(services.are_well)
