"""Hostile text in every place that other people fill, and every command's output beside it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from altegio_sync.sandbox import SandboxServer, School
from altegio_sync.sandbox.people import INDIVIDUAL, TEACHERS
from tests.acceptance.cli import COMMAND, PARTNER_TOKEN, USER_TOKEN, Cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.cli import Ran

NOW = datetime.now(UTC)
#: Untidy as the hostile one is: a rule finds both.
PLAIN = "Їжак О'Ґаль  🐈 [bold]"
#: Escape sequences, line breaks of every kind, marks that turn a line, markup of the library that
#: draws our tables.
HOSTILE = (
    "Їжак О'Ґаль 🐈 [bold]\x1b[31m\x1b]0;title\x07\x9b2J\x00\x08\x7f\nERROR everything is lost"
    "\r\nWARNING forged\vERROR a\fERROR b\x85ERROR c\u2028ERROR d\u2029ERROR e\tERROR f"
    "\u202eg\u200bh\ufeffi\u2066j[/red]:smile:[link=x]"
)
COMMANDS = [
    ["check"],
    ["services"],
    ["sync", "today", "--update", "-v", "--skipped", "skipped.csv"],
    ["sync", "today", "--log-format", "json", "-v"],
    ["changes", "--since", "1d", "-v"],
    ["stats", "--html", "page.html"],
    ["validate"],
    ["validate", "--list", "id-format", "--report", "findings.csv"],
    ["validate", "--fix", "--dry-run"],
    ["clean", "--dry-run"],
    ["undo"],
    ["status"],
    ["status", "--prometheus"],
    ["coverage", "today"],
    ["validate", "--fix", "--offline"],
    ["clean"],
    ["backup", "dump"],
    ["restore", "dump", "--dry-run"],
]


def documents(text: str) -> list[dict[str, Any]]:
    """What other programs may have stored: duplicates, and something for every rule to find."""
    start = NOW.replace(microsecond=0) - timedelta(days=5)
    common = {
        "leadId": text,
        "leadName": text,
        "teacherId": text,
        "teacherName": text,
        "serviceId": text,
        "serviceName": text,
        "startDateTime": start,
        "endDateTime": start - timedelta(hours=1),
        "status": text,
        "companyId": text,
        "isDeleted": False,
        "IsTrial": False,
        text.replace("\0", ""): text,
    }
    ids = [f"5{text}", f"5{text}", f"6{text}", "7"]
    return [{"_id": number, "appointmentId": id_, **common} for number, id_ in enumerate(ids)]


def plant(db_uri: str, text: str) -> None:
    name = "altegio-appointments"
    with MongoClient[dict[str, Any]](db_uri) as client:
        database = client.get_default_database()
        database[name].insert_many(documents(text))
        database["altegio-sync-runs"].insert_one(
            {
                "_id": "9" + text,
                "run_id": text,
                "command": "sync",
                "collection": name,
                "ok": False,
                "started_at": NOW,
                "finished_at": NOW,
                "errors": [{"code": "x", "message": text}],
            }
        )
        database["altegio-sync-trash"].insert_one(
            {"_id": text, "run": text, "command": text, "at": NOW, "op": "change", "undone": None}
        )
        lease = {"company": text, "command": text, "run_id": text, "host": text, "pid": 1}
        times = {"since": NOW, "expires_at": NOW - timedelta(hours=1)}
        database["altegio-sync-leases"].insert_one({"_id": name, "leases": [lease | times]})
        cursor = {"companyId": text, "collection": name, "at": NOW}
        database["altegio-sync-cursors"].insert_one({"_id": f"{name}/{text}"} | cursor)


def school_of(text: str) -> School:
    school = School.empty()
    school.services = [each | {"title": text} for each in INDIVIDUAL]
    teacher = {**TEACHERS[0], "name": text}
    school.staff = [teacher]
    today = datetime.now(school.zone).replace(tzinfo=None, minute=0, second=0, microsecond=0)
    for number, client in enumerate((f"{text} 12345678", text)):
        service = {**INDIVIDUAL[0], "title": text}
        start = today.replace(hour=9 + number)
        school.add(school.record(start, client, service=service, teacher=teacher))
    return school


def run_all(folder: Path, db_uri: str, text: str) -> list[Ran]:
    folder.mkdir()
    plant(db_uri, text)
    limits: dict[str, Any] = {"requests_per_second": 0, "requests_per_minute": 0}
    school = school_of(text)
    with SandboxServer(school, token=PARTNER_TOKEN, user_token=USER_TOKEN, **limits) as server:
        cli = Cli.against(folder, server, school, db_uri)
        cli.settings |= {"ALTEGIO_REQUESTS_PER_SECOND": "0", "ALTEGIO_REQUESTS_PER_MINUTE": "0"}
        cli.settings |= {"PYTHONUTF8": "1"}
        return [cli.run(*each) for each in COMMANDS]


def lines_of(ran: Ran) -> list[str]:
    return [*ran.out.split("\n"), *ran.err.split("\n")]


def beginning(line: str) -> str:
    """The part of a line that is ours alone, without what differs from run to run."""
    return re.sub(r"[0-9a-f]{16,}|[0-9][0-9a-f.:+-]*", "0", line.split("Їжак")[0])[:12]


@pytest.fixture
def databases(db_uri: str) -> Iterator[tuple[str, str]]:
    """Two databases, so that the two series of commands do not meet."""
    other = db_uri.replace("?", "-b?") if "?" in db_uri else f"{db_uri}-b"
    yield db_uri, other
    with MongoClient[dict[str, Any]](other) as client:
        client.drop_database(client.get_default_database())


@pytest.mark.timeout(900)  # some thirty commands, and other work beside them
def test_hostile_text_acts_on_no_terminal_and_forges_no_line(
    databases: tuple[str, str], tmp_path: Path
) -> None:
    plain = run_all(tmp_path / "plain", databases[0], PLAIN)
    hostile = run_all(tmp_path / "hostile", databases[1], HOSTILE)

    for command, expected, ran in zip(COMMANDS, plain, hostile, strict=True):
        assert ran.code == expected.code, (command, ran.err)
        assert "Unexpected" not in ran.err, (command, ran.err)
        assert acting(ran.out + ran.err) == [], command
        ours, theirs = lines_of(expected), lines_of(ran)
        assert len(theirs) == len(ours), (command, ran.out, ran.err, expected.out)
        assert sorted(map(beginning, theirs)) == sorted(map(beginning, ours)), command
    page = (tmp_path / "hostile" / "page.html").read_text(encoding="utf-8")
    assert acting(page) == []
    with (tmp_path / "hostile" / "skipped.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    with (tmp_path / "hostile" / "findings.csv").open(encoding="utf-8", newline="") as file:
        found = [cell for each in csv.DictReader(file) for cell in each.values()]
    cells = [*row.values(), *found]
    assert [cell for cell in cells if acting(cell) or "\n" in cell] == []


def acting(text: str) -> list[str]:
    """Characters that do something: all but our own line breaks."""
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [each for each in text if each != "\n" and unicodedata.category(each) in kinds]


class Refusing(BaseHTTPRequestHandler):
    """An Altegio that refuses everything, and names a client in its message."""

    message = f"Клієнт Олена Коваль: access denied {HOSTILE}"

    def do_GET(self) -> None:
        body = json.dumps({"success": False, "data": None, "meta": {"message": self.message}})
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


def test_a_refusal_names_nobody_and_forges_no_line(cli: Cli, db_uri: str) -> None:
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/api/v1"
    refused = replace(cli, settings=cli.settings | {"ALTEGIO_API_URL": url})
    commands = [["check"], ["services"], ["sync", "today"], ["sync", "today", "--json"], ["stats"]]

    told = [refused.run(*each) for each in commands]
    server.shutdown()

    texts = [each.out + each.err for each in told]
    assert ["access denied" in text for text in texts] == [True] * len(texts), texts
    with MongoClient[dict[str, Any]](db_uri) as client:
        texts += map(str, client.get_default_database()["altegio-sync-runs"].find())
    for text in texts:
        assert "Олена" not in text
        assert "Коваль" not in text
        assert acting(text) == []
        assert not re.search(r"^(ERROR|WARNING) (everything|forged)", text, re.MULTILINE)


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "cp1251", "PYTHONUTF8": "0"},
    ],
    ids=["ascii", "C", "cp1251"],
)
def test_an_output_that_is_not_utf8_fails_nothing(
    cli: Cli, db_uri: str, environment: dict[str, str]
) -> None:
    plant(db_uri, PLAIN)
    cli.settings |= environment

    commands = [["stats"], ["services"], ["validate"], ["sync", "--help"], ["stats", "--json"]]
    told = [run_bytes(cli, *each) for each in commands]

    assert [code for code, _, _ in told] == [0, 0, 1, 0, 0], told
    assert b"Unexpected" not in b"".join(err for _, _, err in told)
    encoding = environment.get("PYTHONIOENCODING", "ascii")
    report = json.loads(told[-1][1].decode(encoding))
    assert report["top_teachers"][0]["teacherName"] == PLAIN


def run_bytes(cli: Cli, *arguments: str) -> tuple[int, bytes, bytes]:
    ran = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cli.folder,
        env=cli.environment({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=200,
    )
    return ran.returncode, ran.stdout, ran.stderr
