"""What needs no server of one's own: the sandbox, the embedded MongoDB, the demo."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient

from altegio_sync.cli.demo_command import run_demo
from altegio_sync.embedded.server import share_mongod
from tests.acceptance.cli import Cli
from tests.acceptance.ping_server import PingServer
from tests.acceptance.warm import Started

Document = dict[str, object]


def exported(sandbox: Started) -> dict[str, str]:
    """The settings that the sandbox prints, as a shell would take them."""
    assert sandbox.stdout is not None
    settings = {}
    for line in sandbox.stdout:
        word, assignment = shlex.split(line)
        assert word == "export"
        name, _, value = assignment.partition("=")
        settings[name] = value
        if name == "DB_URI":
            break
    return settings


def test_the_sandbox_prints_the_settings_with_which_a_sync_succeeds(tmp_path: Path) -> None:
    sandbox = Cli(tmp_path).start(
        *("sandbox", "--port", "0", "--company", "501", "--token", "one", "--user-token", "two"),
        *("--faults", "0.2", "--seed", "3"),
    )
    try:
        settings = exported(sandbox)
        settings |= {"ALTEGIO_DATA_DIR": str(tmp_path / "data"), "ALTEGIO_PAGE_SIZE": "25"}
        ran = Cli(tmp_path, settings).run("sync", "yesterday", "--json")
    finally:
        sandbox.send_signal(signal.SIGINT)
        _out, err = sandbox.communicate(timeout=120)

    assert settings["ALTEGIO_COMPANY_ID"] == "501"
    assert ran.code == 0, ran.err
    assert ran.json["records"]["saved"] > 0
    assert sandbox.returncode == 130
    assert err.startswith(
        f"The made-up school answers at {settings['ALTEGIO_API_URL']} until Ctrl-C"
    )
    assert len(err.splitlines()) == 1


def test_the_sandbox_lives_and_sends_its_changes(tmp_path: Path) -> None:
    secret = "s3cret_-" * 4
    with PingServer() as receiver:
        address = receiver.url.replace("secret-check", f"hooks/{secret}")
        sandbox = Cli(tmp_path).start(
            *("sandbox", "--port", "0", "--companies", "2", "--live", "600", "--hooks", address),
            *("--hook-delay", "0", "--hook-loss", "0.5"),
        )
        try:
            settings = exported(sandbox)
            assert sandbox.stderr is not None
            sandbox.stderr.readline()
            line = sandbox.stderr.readline()
            with httpx2.Client(trust_env=False) as client:
                # Until this is so, the test waits.
                while fates_of(client.get(line.split()[-1])) != {"sent", "lost"}:
                    time.sleep(0.05)
            while not receiver.pings:
                time.sleep(0.01)
        finally:
            sandbox.send_signal(signal.SIGINT)
            sandbox.communicate(timeout=120)

    assert settings["ALTEGIO_HOOK_SECRET"] == secret
    assert secret not in line
    assert {event["company_id"] for event in bodies_of(receiver)} <= {77, 78}
    assert sandbox.returncode == 130


def fates_of(answer: httpx2.Response) -> set[str]:
    return {each["fate"] for each in answer.json()["hooks"]}


def bodies_of(receiver: PingServer) -> list[dict[str, Any]]:
    bodies = [each.body for each in receiver.pings]
    return [event for body in bodies for event in (body if isinstance(body, list) else [body])]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("https://school.example/hooks", "school.example is not this machine"),
        ("school.example/hooks/s3cret", "--hooks expects an address"),
        ("http://[::1/hooks/s3cret", "--hooks expects an address"),
    ],
)
def test_webhooks_leave_this_machine_only_on_request(
    tmp_path: Path, address: str, text: str
) -> None:
    ran = Cli(tmp_path).run("sandbox", "--port", "0", "--hooks", address)

    assert ran.code == 2
    assert ran.err.startswith(f"ERROR {text}")
    assert "s3cret" not in ran.err


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    first = Cli(tmp_path).start("sandbox", "--port", "0")
    try:
        port = exported(first)["ALTEGIO_API_URL"].split(":")[2].split("/")[0]
        ran = Cli(tmp_path).run("sandbox", "--port", port)
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=120)

    assert ran.code == 2
    assert ran.err.startswith(f"ERROR Port {port} is taken")
    assert first.returncode == 130


def test_two_syncs_into_the_embedded_mongodb_and_one_killed_lose_nothing(
    cli: Cli, tmp_path: Path
) -> None:
    data = {"DB_URI": "embedded", "ALTEGIO_DATA_DIR": str(tmp_path / "data")}

    killed = cli.start("sync", "last-month", **data, ALTEGIO_REQUESTS_PER_SECOND="1")
    await_line(killed, "INFO Page 1")
    whole = cli.start("sync", "last-month", "--json", **data)
    await_line(whole, "WARNING Waiting up to 10 minutes for the run at work on company 77")
    killed.kill()
    killed.communicate()
    with share_mongod(tmp_path / "data") as uri, MongoClient[Document](uri) as client:
        database = client.get_default_database()
        # As a minute does: nobody renews the lease of the dead.
        database["altegio-sync-leases"].update_one({}, {"$set": {"leases": []}})
        out, err = whole.communicate(timeout=120)
        stored = [each["appointmentId"] for each in database["altegio-appointments"].find()]

    assert whole.returncode == 0, out + err
    records = json.loads(out)["records"]
    assert records["duplicates"] >= 2
    assert records["saved"] > 0
    assert len(stored) == len(set(stored)) == records["saved"] + records["duplicates"] > 400


def await_line(process: Started, beginning: str) -> None:
    assert process.stderr is not None
    told = []
    for line in process.stderr:
        told.append(line)
        if line.startswith(beginning):
            return
    raise AssertionError(f"it never said {beginning!r}: {told}")


def test_a_demo_that_is_ended_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    demo = Cli(tmp_path).start("demo")
    assert demo.stdout is not None
    while not demo.stdout.readline().startswith("$ altegio-sync sync"):
        pass

    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=120)

    assert demo.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_a_demo_that_is_ended_while_it_starts_a_command_waits_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[subprocess.Popen[bytes]] = []

    class EndsItsParent(subprocess.Popen[bytes]):
        """Its parent is told to end while this runs, and before it is handed this."""

        def __init__(self, command: list[str], **options: Any) -> None:
            super().__init__(command, **options)
            commands.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", EndsItsParent)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises((SystemExit, KeyboardInterrupt)) as ended:
            run_demo(seed=1)
    finally:
        signal.signal(signal.SIGTERM, before)
        has_ended = [each.returncode is not None for each in commands]
        for each in commands:
            each.wait()

    assert has_ended == [True]
    assert ended.value.args == (130,)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_shows_the_typical_day_and_needs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    ran = Cli(tmp_path, {"DB_URI": "not to be used"}).run("demo")

    assert ran.code == 0, ran.err
    shown = [line.removeprefix("$ altegio-sync ") for line in ran.out.splitlines() if "$ " in line]
    steps = [*["sync last-month"] * 2, "stats", "validate", "clean", "validate --fix", "validate"]
    assert [each for each in shown if each in steps] == steps
    assert re.search(r"already stored +424\b", ran.out)
    merged, repaired = ran.out.split("$ altegio-sync clean")[1].split(
        "$ altegio-sync validate --fix"
    )
    assert "4 appointments were stored more than once" in merged
    assert "7 documents changed" in repaired
    assert "duplicate-appointment" not in repaired
    assert list(tmp_path.iterdir()) == []
