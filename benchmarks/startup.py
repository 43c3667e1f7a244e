"""How long it takes until the program can begin."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.parts import ROOT, mongod, run, run_program, settings
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.parts import Ran

RUNS = 15
HELP_S = 0.25
STATS_S = 0.6
_SHOWN = 8
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| (\s*)(\S+)")


def measure() -> Section:
    section = Section(
        "5. Start-up",
        f"The median of {RUNS} processes each, beside Python that does nothing, and Python that "
        "imports the libraries that MongoDB takes.",
        ("command", "seconds", "least", "most", "x bare Python"),
    )
    with mongod() as database:
        env = settings(database.uri)
        bare_s = _add(section, "python -c pass", lambda: run([sys.executable, "-c", "pass"], {}))
        _add(
            section,
            "python -c 'import pymongo, pydantic_settings'",
            lambda: run([sys.executable, "-c", "import pymongo, pydantic_settings"], {}),
            bare_s,
        )
        helped = _add(section, "--help", lambda: run_program("--help", env={}), bare_s)
        stats = _add(
            section, "stats, nothing stored", lambda: run_program("stats", env=env), bare_s
        )
        notes = [
            _imports("--help", ["--help"], env),
            _imports("stats", ["stats"], env),
        ]
    section.notes = notes
    section.goals = [
        Goal("`--help`", helped, HELP_S, unit=" s"),
        Goal("`stats`, nothing stored", stats, STATS_S, unit=" s"),
    ]
    return section


def _add(
    section: Section, name: str, once: Callable[[], Ran], bare_s: float | None = None
) -> float:
    once()  # bytecode is compiled and files are read at the first
    seconds = sorted(once().seconds for _ in range(RUNS))
    middle = median(seconds)
    ratio = middle / bare_s if bare_s else 1.0
    section.rows.append((f"`{name}`", middle, seconds[0], seconds[-1], ratio))
    return middle


def _imports(name: str, arguments: list[str], env: dict[str, str]) -> str:
    """The packages that take most of the imports' time, without what they import of each other."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "altegio_sync", *arguments],
        cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    own: dict[str, int] = {}
    for match in _IMPORT.finditer(told):
        package = match[4].split(".")[0]
        own[package] = own.get(package, 0) + int(match[1])
    most = sorted(own.items(), key=lambda each: -each[1])[:_SHOWN]
    listed = ", ".join(f"{package} {micros / 1000:.0f}" for package, micros in most)
    total = sum(own.values()) / 1000
    slowed = "`-X importtime`, which itself slows them, ms"
    return f"Imports of `{name}` ({slowed}): {total:.0f} in all; {listed}."
