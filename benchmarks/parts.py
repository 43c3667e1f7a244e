"""What every measurement needs: servers in processes of their own, and commands that are timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.listing import COMPANY, LAST_DAY, SERVICE, Listing
from tests.mongod import RunningMongod

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "bench"
COLLECTION = "altegio-appointments"
#: Where `make bench` installs the peers.
PEERS = ROOT / ".bench" / "peers" / "bin" / "python"
_MB = 1024


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended well; ``peak_mb`` is the most memory its process had.

    Linux begins to count at what this process has, some 50 MB: less than any command measured so.
    """

    seconds: float
    cpu_s: float
    peak_mb: float
    output: str

    @property
    def report(self) -> Any:
        return json.loads(self.output)


@dataclass(frozen=True, slots=True)
class School:
    """A server of made-up records that runs."""

    listing: Listing
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def period(self) -> tuple[str, str]:
        return self.listing.first_day.isoformat(), LAST_DAY.isoformat()

    def seen(self) -> list[float]:
        """When the requests came that were made so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/seen") as answer:
            seen: list[float] = json.load(answer)
        return seen


@contextmanager
def serving(
    size: int, *, changed: int = 0, latency_s: float = 0, serves: int = 1000, recent: int = 0
) -> Iterator[School]:
    options = {
        "size": size,
        "changed": changed,
        "latency": latency_s,
        "serves": serves,
        "recent": recent,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "benchmarks.school_server", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield School(Listing(size, changed), int(process.stdout.readline()))
        finally:
            process.terminate()


@contextmanager
def mongod(cache_gb: float = 0.25) -> Iterator[RunningMongod]:
    with tempfile.TemporaryDirectory(prefix="altegio-bench-", dir=scratch()) as folder:
        running = RunningMongod(Path(folder), cache_gb=cache_gb)
        running.start()
        try:
            yield running
        finally:
            running.stop()


def scratch() -> Path:
    """Below the checkout: /tmp is memory on some machines."""
    folder = ROOT / ".bench"
    folder.mkdir(exist_ok=True)
    return folder


def settings(uri: str, school: School | None = None, **others: str) -> dict[str, str]:
    """What the program is told; without limits, unless others say so."""
    found = {"DB_URI": f"{uri}/{DATABASE}", "ALTEGIO_COLLECTION": COLLECTION}
    if school is not None:
        found |= {
            "ALTEGIO_API_URL": school.url,
            "ALTEGIO_COMPANY_ID": COMPANY,
            "ALTEGIO_COMPANY_TOKEN": "bench-partner",
            "ALTEGIO_USER_TOKEN": "bench-user",
            "ALTEGIO_SERVICE_IDS": str(SERVICE["id"]),
            "ALTEGIO_PAGE_SIZE": "auto",
            "ALTEGIO_REQUESTS_PER_SECOND": "0",
            "ALTEGIO_REQUESTS_PER_MINUTE": "0",
        }
    return found | others


def run_program(*arguments: str, env: Mapping[str, str], codes: Sequence[int] = (0,)) -> Ran:
    return run([sys.executable, "-m", "altegio_sync", *arguments], env, codes)


def run(command: Sequence[str], env: Mapping[str, str], codes: Sequence[int] = (0,)) -> Ran:
    """Run a command to its end; its own memory and processor time, without that of servers."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=os.environ | env, cwd=ROOT, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode not in codes:
        raise RuntimeError(f"{command} ended with {process.returncode}: {text[-2000:]}")
    return Ran(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / _MB, text)


def peak_mb(pid: int) -> float:
    """The most memory that a process has had so far."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / _MB
    raise RuntimeError("this system does not tell a process's peak of memory")
