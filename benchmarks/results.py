"""What a measurement found: a table, what it is held to, and how it is written down."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.embedded.binary import find_mongod, mongod_version
from benchmarks.parts import ROOT, scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
#: How much worse a check may be than a goal: other work on the machine, a cold cache.
NOISE = 0.15
_PACKAGES = ("anyio", "httpx2", "pydantic", "pymongo")


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio or a bound. ``value`` shall be at most the limit, or at least the limit.

    ``by_clock``: the value depends on how fast the machine is at the moment, and is not compared
    with a peer of the same run. A check shows such a goal, and does not fail for it.
    """

    what: str
    value: float
    limit: float
    at_least: bool = False
    unit: str = ""
    noise: float = NOISE
    by_clock: bool = False

    @property
    def is_met(self) -> bool:
        return self._holds(0.0)

    @property
    def holds_with_noise(self) -> bool:
        return self.by_clock or self._holds(self.noise)

    def _holds(self, noise: float) -> bool:
        if self.at_least:
            return self.value >= self.limit * (1 - noise)
        return self.value <= self.limit * (1 + noise)

    def __str__(self) -> str:
        sign = "at least" if self.at_least else "at most"
        told = f"{self.what}: **{show(self.value)}{self.unit}**, goal {sign}"
        return f"{told} {show(self.limit)}{self.unit}, {'met' if self.is_met else '**missed**'}"


@dataclass(slots=True)
class Section:
    """One measurement, as it stands in RESULTS.md."""

    title: str
    text: str
    header: Sequence[str] = ()
    rows: list[Sequence[object]] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def render(self) -> str:
        parts = [f"## {self.title}", self.text]
        if self.rows:
            parts.append("\n".join(_table(self.header, self.rows)))
        if self.goals:
            parts.append("\n".join(f"- {goal}" for goal in self.goals))
        return "\n\n".join([*parts, *self.notes]) + "\n"


def show(value: object) -> str:
    """A number with as many digits as mean something."""
    if isinstance(value, float):
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return [f"| {' | '.join(show(each) for each in line)} |" for line in lines]


def keep(name: str, section: Section) -> None:
    """Keep a section until RESULTS.md is put together."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    measured = f"_{now}, commit {_commit()}, `python -m benchmarks {name}`_"
    text = section.render() + f"\n{measured}\n"
    _kept(name).write_text(text, encoding="utf-8")


def write_results(names: Iterable[str]) -> None:
    """RESULTS.md from the sections measured last."""
    kept = [path.read_text(encoding="utf-8") for name in names if (path := _kept(name)).exists()]
    RESULTS.write_text("\n".join([_head(), *kept]), encoding="utf-8")


def _kept(name: str) -> Path:
    folder = scratch() / "results"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.md"


def _head() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"""# What was measured

Written by `make bench`; each section names the command that measures it alone. Ratios are against a
peer or a bound that was measured in the same run, on the same machine; the few goals that are
seconds, megabytes or records a second hold for this machine.

- Machine: {_processor()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, {platform.system()}
- Python {platform.python_version()}, mongod {mongod_version(find_mongod())}, {packages}

The program runs as a process of its own, beside the mongod that it writes to and the server that it
reads from, which share the cores with it. That server is `benchmarks/school_server.py`: it fills
the sandbox's own record into a template, since the sandbox itself answers fewer records a second
than the program reads. Memory is what the kernel says was the most that the one process had.
"""


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return told or "unknown"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
