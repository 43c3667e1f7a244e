"""The program works with the oldest versions that pyproject.toml accepts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.slow.machine import ROOT

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer


def test_the_oldest_accepted_versions_are_enough(
    tmp_path: Path, sandbox: SandboxServer, db_uri: str
) -> None:
    uv, python = Path(sys.executable).with_name("uv"), tmp_path / "bin" / "python"
    install: list[str | Path] = [uv, "pip", "install", "--python", python]
    settings = {
        "ALTEGIO_API_URL": sandbox.url,
        "ALTEGIO_COMPANY_ID": "77",
        "ALTEGIO_COMPANY_TOKEN": "sandbox-partner-token",
        "ALTEGIO_USER_TOKEN": "sandbox-user-token",
        "DB_URI": db_uri,
    }
    subprocess.run([uv, "venv", "--python", sys.executable, tmp_path], check=True)
    oldest = ["--resolution", "lowest-direct", f"{ROOT}[notify]"]
    subprocess.run([*install, *oldest], check=True)

    for line in ("--help", "sync last-week --skipped list.xlsx", "stats --html page.html", "check"):
        ran = subprocess.run(
            [tmp_path / "bin" / "altegio-sync", *line.split()],
            env=os.environ | settings,
            cwd=tmp_path,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
