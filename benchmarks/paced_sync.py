"""How close a sync comes to the pace it is allowed, when every answer takes long.

Reads 60 pages at 0.4 s latency with the program, and the same pages one after the other at the
same pace, as the peer. Prints both; run it with `make bench`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta

import httpx2

from altegio_sync.cli.sandbox_command import sandbox_settings
from altegio_sync.sandbox import SandboxServer, School

PAGES = 60
LATENCY_S = 0.4
REQUESTS_PER_SECOND = 4
TOKENS = ("benchmark-partner", "benchmark-user")


def main() -> None:
    school = School(lessons_a_month=PAGES * 50)
    with SandboxServer(
        school, token=TOKENS[0], user_token=TOKENS[1], latency_s=LATENCY_S
    ) as server:
        school.get(0)  # made up before the clock runs
        report = run_program(server, school)
        starts = sorted(request.at for request in server.requests)
        peer_s = run_peer(server, school)
    requests = report["api"]["requests"]
    # From the first request to the last answer, so that Python's own start is not counted.
    took_s = starts[-1] - starts[0] + LATENCY_S
    allowed_s = (requests - 1) / REQUESTS_PER_SECOND
    print(f"{report['api']['pages']} pages, {requests} requests, {LATENCY_S} s latency")
    print(f"  most starts in any second   {most_in_a_second(starts)}")
    print(f"  allowed                {allowed_s:8.2f} s   (requests - 1) / {REQUESTS_PER_SECOND}")
    print(f"  requests               {took_s:8.2f} s   {took_s / allowed_s:.3f} of the allowed")
    print(
        f"  whole run              {report['seconds']:8.2f} s   {report['seconds'] / allowed_s:.3f}"
    )
    print(f"  one after the other    {peer_s:8.2f} s   {peer_s / report['seconds']:.2f} times ours")


def most_in_a_second(starts: list[float]) -> int:
    return max(sum(first <= each < first + 1 for each in starts) for first in starts)


def run_program(server: SandboxServer, school: School) -> dict[str, dict[str, int]]:
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            **sandbox_settings(server, school, *TOKENS),
            "DB_URI": "embedded",
            "ALTEGIO_DATA_DIR": folder,
        }
        ran = subprocess.run(
            [sys.executable, "-m", "altegio_sync", "sync", "last-month", "--json", "-q"],
            env=os.environ | settings,
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(ran.stdout)


def run_peer(server: SandboxServer, school: School) -> float:
    """The old script's way: the next page when the last one came, at most 4 a second."""
    last = datetime.now(school.zone).replace(day=1) - timedelta(days=1)
    headers = {
        "Accept": "application/vnd.api.v2+json",
        "Authorization": f"Bearer {TOKENS[0]}, User {TOKENS[1]}",
    }
    params = {"start_date": f"{last:%Y-%m}-01", "end_date": f"{last:%Y-%m-%d}", "count": "50"}
    began = time.monotonic()
    with httpx2.Client(headers=headers) as client:
        page, rows = 1, 1
        while rows:
            started = time.monotonic()
            answer = client.get(
                f"{server.url}/records/{school.company_id}", params=params | {"page": str(page)}
            )
            rows = len(answer.json()["data"])
            page += 1
            time.sleep(max(0.0, started + 1 / REQUESTS_PER_SECOND - time.monotonic()))
    return time.monotonic() - began


if __name__ == "__main__":
    main()
