"""What one location more costs the program and MongoDB on a later night."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.chain_served import served_chain

if TYPE_CHECKING:
    from benchmarks.chain_served import Chain

#: What both sizes have in common, such as Python's start, does not count.
FEW, MANY = 20, 100
#: The fastest pace that the settings allow, for the first night, which is not measured.
UNHURRIED = {"ALTEGIO_REQUESTS_PER_SECOND": "1000", "ALTEGIO_REQUESTS_PER_MINUTE": "60000"}


@dataclass(frozen=True, slots=True)
class NightCosts:
    """Of one location on a later night, in seconds of a processor and in MongoDB's commands."""

    cpu_s: float
    mongo_cpu_s: float
    commands: float


def measure_night_costs() -> NightCosts:
    few, many = _later_night(FEW), _later_night(MANY)
    more = MANY - FEW
    return NightCosts(
        (many.cpu_s - few.cpu_s) / more,
        (many.mongo_cpu_s - few.mongo_cpu_s) / more,
        (many.commands - few.commands) / more,
    )


def _later_night(locations: int) -> NightCosts:
    with served_chain(locations) as chain:
        chain.run_night(**UNHURRIED)
        cpu_s, commands = _mongo_cpu_s(chain), _commands(chain)
        night = chain.run_night()
        return NightCosts(night.ran.cpu_s, _mongo_cpu_s(chain) - cpu_s, _commands(chain) - commands)


def _commands(chain: Chain) -> int:
    found = chain.database.client.admin.command("serverStatus")["opcounters"]
    return sum(found[name] for name in ("insert", "query", "update", "delete", "command"))


def _mongo_cpu_s(chain: Chain) -> float:
    fields = Path(f"/proc/{chain.mongod.pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
