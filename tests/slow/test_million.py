"""A million appointments are exported in little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 1_000_000
MOST_MIB = 120
#: `ru_maxrss` would include the memory of pytest, which starts the command.
_MEASURED = """
import pathlib, re, sys
from altegio_sync.cli import main
try:
    main()
finally:
    status = pathlib.Path("/proc/self/status").read_text()
    print(re.search("VmHWM:\\s+([0-9]+) kB", status)[1], file=sys.stderr)
"""


@pytest.fixture(scope="module")
def db_uri(mongod: Any) -> Any:
    uri = mongod.uri_of("million")
    start = datetime(2026, 1, 1, 8, tzinfo=UTC)
    with MongoClient[dict[str, Any]](uri) as client:
        collection = client.get_default_database()["altegio-appointments"]
        for first in range(0, ROWS, 10_000):
            collection.insert_many(
                {
                    "appointmentId": str(number),
                    "leadId": str(20_000_000 + number % 5000),
                    "leadName": "Олена Приклад",
                    "teacherId": str(number % 30),
                    "teacherName": f"Марко {number % 30}",
                    "serviceId": "1",
                    "serviceName": "Англійська",
                    "startDateTime": start + timedelta(seconds=20 * number),
                    "endDateTime": start + timedelta(seconds=20 * number + 2700),
                    "status": "1",
                    "IsTrial": False,
                    "isDeleted": False,
                    "companyId": "77",
                }
                for number in range(first, first + 10_000)
            )
        yield uri
        client.drop_database(client.get_default_database())


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_million_appointments_are_exported_in_little_memory(
    tmp_path: Path, db_uri: str, ending: str
) -> None:
    file = tmp_path / f"all.{ending}"
    command = [sys.executable, "-c", _MEASURED, "export", "2026-01-01", "2027-12-31", str(file)]
    environment = os.environ | {"DB_URI": db_uri, "ALTEGIO_TIMEZONE": "UTC"}

    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, check=False, text=True
    )

    assert ran.returncode == 0, ran.stderr
    peak_mib = int(ran.stderr.splitlines()[-1]) / 1024
    assert peak_mib < MOST_MIB
    if ending == "csv":
        with file.open(encoding="utf-8") as lines:
            assert sum(1 for _ in lines) == ROWS + 1
