"""The command against wrong answers, a wrong way to Altegio, and damaged records."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox.bodies import (
    client_body,
    company_body,
    record_body,
    service_body,
    staff_body,
)
from tests.acceptance.cli import PARTNER_TOKEN, USER_TOKEN, Cli
from tests.rawserver import RawServer, Seen, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pymongo.collection import Collection

KYIV = ZoneInfo("Europe/Kyiv")
DAY = "2026-03-02"
MESSAGE = "Error fetching appointments: "


def record(number: int, name: str = "") -> dict[str, Any]:
    return record_body(
        number,
        "77",
        KYIV,
        datetime(2026, 3, 2, 12),  # noqa: DTZ001 - local, as Altegio has it
        staff=staff_body(9, "Марко Зразок"),
        services=[service_body(1, "Урок", 300, 3600)],
        client=client_body(5, name or f"Олена Приклад 1234500{number}"),
    )


def success(data: object, total: int = 0) -> bytes:
    body = {"success": True, "data": data, "meta": {"total_count": total}}
    return json.dumps(body, ensure_ascii=False).encode()


def school(page: bytes, **headers: str) -> Callable[[Seen], bytes]:
    """One location whose one page is ``page``."""

    def answer(seen: Seen) -> bytes:
        if "/company/77" in seen.path and "staff" not in seen.path:
            return reply(200, success(company_body("77", "Europe/Kyiv")))
        return reply(200, page, **headers) if "/records/" in seen.path else reply(200, success([]))

    return answer


@pytest.fixture
def run_at(tmp_path: Path, db_uri: str) -> Callable[..., Any]:
    def run(url: str, *arguments: str, **changes: str | None) -> Any:
        settings = {
            "ALTEGIO_API_URL": url,
            "ALTEGIO_COMPANY_ID": "77",
            "ALTEGIO_COMPANY_TOKEN": PARTNER_TOKEN,
            "ALTEGIO_USER_TOKEN": USER_TOKEN,
            "ALTEGIO_SERVICE_IDS": "1",
            "ALTEGIO_REQUESTS_PER_SECOND": "0",
            "ALTEGIO_REQUESTS_PER_MINUTE": "0",
            "DB_URI": db_uri,
        }
        ran = Cli(tmp_path, settings).run(*arguments, **changes)
        assert PARTNER_TOKEN not in ran.out + ran.err
        assert USER_TOKEN not in ran.out + ran.err
        return ran

    return run


REFUSAL = {"errors": {"code": 404, "message": "Not found"}, "meta": {"message": "Not found"}}


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, b"", "check ALTEGIO_COMPANY_TOKEN and ALTEGIO_USER_TOKEN"),
        (404, json.dumps(REFUSAL).encode(), "check ALTEGIO_COMPANY_ID"),
        (404, b"<html>", "check ALTEGIO_API_URL"),
        (301, b"", "check ALTEGIO_API_URL"),
    ],
    ids=["401", "404", "no API", "redirect"],
)
def test_a_refused_run_makes_one_request_and_says_what_to_check(
    run_at: Callable[..., Any], status: int, body: bytes, hint: str
) -> None:
    location = "https://other.example/"
    with RawServer(lambda _: reply(status, body, Location=location)) as server:
        ran = run_at(server.url, "sync", DAY, "--json")

    assert ran.code == 3
    assert len(server.requests) == 1
    assert MESSAGE in ran.err
    assert hint in ran.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", "/nowhere/cert.pem"),
        ("SSL_CERT_DIR", "/nowhere"),
        ("HTTPS_PROXY", "http://user:pass-SECRET@host:port"),
        ("ALL_PROXY", "socks5://user:pass-SECRET@127.0.0.1:1080"),
        ("ALTEGIO_API_URL", "https://user:pass-SECRET@api.alteg.io/api/v1"),
    ],
)
def test_a_setting_that_the_http_client_cannot_use_is_named(
    run_at: Callable[..., Any], name: str, value: str
) -> None:
    # This machine may set one, which is read in place of the other.
    changes = {"SSL_CERT_FILE": "", name: value}
    ran = run_at("https://altegio.invalid/api/v1", "sync", DAY, "--json", **changes)

    assert ran.code == 2, ran.err
    assert name in ran.err
    assert name in ran.json["errors"][0]["message"]
    assert "SECRET" not in ran.out + ran.err


@pytest.mark.parametrize("command", [["changes", "--since", "1d"], ["check"], ["services"]])
def test_every_command_that_asks_altegio_names_it(
    run_at: Callable[..., Any], command: list[str]
) -> None:
    ran = run_at("https://altegio.invalid/api/v1", *command, SSL_CERT_FILE="/nowhere")

    assert ran.code == 2
    assert "SSL_CERT_FILE" in ran.err


def test_a_command_that_asks_mongodb_alone_does_not_mind(run_at: Callable[..., Any]) -> None:
    ran = run_at("https://altegio.invalid/api/v1", "stats", SSL_CERT_FILE="/nowhere")

    assert ran.code == 0, ran.err


def test_one_damaged_record_costs_one_record(run_at: Callable[..., Any], db_uri: str) -> None:
    page = success([record(1), record(2), record(3), record(4)], 4)
    parts = page.split(b'"clients_count": 1')
    damage = [rb'"\ud800"', b"9" * 5000, b'"he said "hi""', b'"\xd0"']
    page = parts[0] + b"".join(
        b'"clients_count": ' + value + part for value, part in zip(damage, parts[1:], strict=True)
    )
    with RawServer(school(page)) as server:
        ran = run_at(server.url, "sync", DAY, "--json", "-v")

    assert ran.code == 0, ran.err
    assert ran.json["records"]["saved"] == 3
    assert ran.json["records"]["skipped"]["invalid"] == 1
    assert "Appointment 3: skipped (invalid: damaged: record)" in ran.err
    client: MongoClient[dict[str, Any]]
    with MongoClient(db_uri) as client:
        stored: Collection[dict[str, Any]] = client.get_default_database()["altegio-appointments"]
        assert sorted(each["appointmentId"] for each in stored.find()) == ["1", "2", "4"]


def test_a_record_that_mongodb_cannot_hold_is_one_that_failed(run_at: Callable[..., Any]) -> None:
    rows = [record(1), record(2, "ї" * 9_000_000 + " 12345002"), record(3)]
    with RawServer(school(success(rows, 3))) as server:
        ran = run_at(server.url, "sync", DAY, "--json")

    assert ran.code == 1
    assert ran.json["records"]["saved"] == 2
    assert ran.json["records"]["failed"] == 1
    assert "appointment 2 " in ran.json["errors"][0]["message"]
    assert len(ran.err) < 10_000


_PEAK = """
import pathlib, re, runpy, sys
sys.argv = ["altegio-sync", *sys.argv[1:]]
try:
    runpy.run_module("altegio_sync", run_name="__main__", alter_sys=True)
finally:
    # Of this program alone: what `getrusage` counts begins with the memory of the test's process.
    peak = re.search(r"VmHWM:\\s+([0-9]+)", pathlib.Path("/proc/self/status").read_text())[1]
    sys.stderr.write(f"peak {peak}\\n")
"""


def test_a_bomb_takes_no_memory(tmp_path: Path, db_uri: str) -> None:
    script = tmp_path / "peak.py"
    script.write_text(_PEAK)
    bomb = tmp_path / "bomb.gz"
    # 2 MB that unpack to 512 MB.
    subprocess.run(
        ["/bin/sh", "-c", f"head -c 512000000 /dev/zero | gzip -1 -c > {bomb}"], check=True
    )
    with RawServer(school(bomb.read_bytes(), Content_Encoding="gzip")) as server:
        settings = {
            "ALTEGIO_API_URL": server.url,
            "ALTEGIO_COMPANY_ID": "77",
            "ALTEGIO_COMPANY_TOKEN": PARTNER_TOKEN,
            "ALTEGIO_USER_TOKEN": USER_TOKEN,
            "DB_URI": db_uri,
        }
        ran = subprocess.run(
            [sys.executable, str(script), "sync", DAY],
            env=Cli(tmp_path, settings).environment({}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 3
    assert "more than 64 MiB" in ran.stderr
    peak_kb = int(ran.stderr.rsplit("peak ", 1)[1])
    # About 170 MB; the whole body took 1 GB.
    assert peak_kb < 450_000
