"""Plays the requests of many locations on a simulated clock: nights, polling and webhooks.

Every request waits for its turn in the budget of its address, for its answer, for a core of its
machine and for MongoDB, as in the program. The same figures always give the same result: chance
comes from a fixed seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from random import Random
from typing import TYPE_CHECKING

from benchmarks.chain_clock import Budget, Clock, Cores
from benchmarks.chain_figures import FIGURES, Figures

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from benchmarks.chain_clock import Steps

    # Returns when the request started.
    Requesting = Generator[float, None, float]

_DAY_S = 86_400.0
#: The first round of polling gives every location a time to count from.
_ROUNDS = 3
#: Notices that wait longer than this at the end come faster than they are answered.
_FALLS_BEHIND_S = 300.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """Locations that are spread evenly over addresses."""

    locations: int
    addresses: int = 1
    figures: Figures = FIGURES

    @property
    def machines(self) -> int:
        return -(-self.addresses // self.figures.addresses_a_machine)

    def shard(self, address: int) -> range:
        """The locations of an address; the first address has the most."""
        return range(address, self.locations, self.addresses)


@dataclass(slots=True)
class Address:
    """What the runs of one address share, and what they did."""

    clock: Clock
    figures: Figures
    mongo: Cores
    machine: Cores
    random: Random
    #: Addresses of the same machine that are not played: they launch at the same moments, before.
    neighbours: int = 0
    budget: Budget = field(init=False)
    started: list[float] = field(default_factory=list)
    commands: int = 0

    def __post_init__(self) -> None:
        self.budget = Budget(self.figures)

    def launch(self) -> float:
        """When a process is launched: those of the neighbours come before it."""
        for _ in range(self.neighbours):
            self.machine.work(self.clock.now, self.figures.launch_cpu_s)
        return self.machine.work(self.clock.now, self.figures.launch_cpu_s)

    def ask_mongo(self, commands: int) -> float:
        self.commands += commands
        busy_s = commands * self.figures.mongo_of_command_s
        return self.mongo.work(self.clock.now, busy_s) + self.figures.mongo_round_trip_s

    def request(self, process: Cores) -> Requesting:
        """Wait for the turn, then for the answer; after a refusal the whole address rests."""
        figures, clock, budget, random = self.figures, self.clock, self.budget, self.random
        while True:
            yield self.ask_mongo(figures.commands_of_request)
            yield budget.reserve(clock.now, process)
            if clock.now < budget.resting_until:
                yield budget.resting_until
                continue
            started_at = clock.now
            self.started.append(started_at)
            yield started_at + figures.latency_s * (1 + figures.latency_spread * random.random())
            if random.random() >= figures.refused_share:
                yield process.work(clock.now, figures.cpu_of_request_s)
                return started_at
            budget.resting_until = max(budget.resting_until, clock.now + figures.rest_s)


class Run:
    """A command at one address: a process for so many locations, one process after the other.

    It is repeated ``times``, every ``every_s``, or later where it takes longer.
    """

    def __init__(
        self,
        address: Address,
        locations: Sequence[int],
        *,
        requests: int = 1,
        times: int = 1,
        every_s: float = 1.0,
    ) -> None:
        self._address = address
        self._locations = locations
        self._requests = requests
        self._times = times
        self._every_s = every_s
        self._process = Cores(1)
        self._working = 0
        self._steps = self._repeat()
        #: When the latest list of each location was requested.
        self._known_at: dict[int, float] = {}
        self.oldest_s = 0.0
        self.began_at = self.ended_at = 0.0

    def start(self, at: float = 0.0) -> None:
        self._address.clock.start(self._steps, at)

    def _repeat(self) -> Steps:
        clock = self._address.clock
        for _ in range(self._times):
            yield ceil(clock.now / self._every_s) * self._every_s
            for first in range(0, len(self._locations), self._address.figures.locations_a_run):
                yield from self._process_some(first)
        self.ended_at = clock.now

    def _process_some(self, first: int) -> Steps:
        figures, clock = self._address.figures, self._address.clock
        yield self._address.launch()
        self.began_at = self.began_at or clock.now
        yield clock.now + figures.begin_s
        left = iter(self._locations[first : first + figures.locations_a_run])
        self._working = figures.companies_at_once
        for _ in range(figures.companies_at_once):
            clock.start(self._work(left))
        yield None
        yield clock.now + figures.end_s

    def _work(self, left: Iterator[int]) -> Steps:
        for location in left:
            yield from self._do(location)
        self._working -= 1
        if not self._working:
            self._address.clock.start(self._steps)

    def _do(self, location: int) -> Steps:
        address = self._address
        figures, clock = address.figures, address.clock
        yield address.ask_mongo(figures.commands_before)
        has_staff = self._requests > 1 and address.random.random() < figures.staff_share
        started_at = clock.now
        for _ in range(self._requests + has_staff):
            started_at = yield from address.request(self._process)
        yield self._process.work(clock.now, figures.cpu_of_location_s)
        yield address.ask_mongo(figures.commands_after)
        self.oldest_s = max(self.oldest_s, clock.now - self._known_at.get(location, clock.now))
        self._known_at[location] = started_at


class World:
    """A fleet at work: its addresses and machines, with one MongoDB for all."""

    def __init__(self, fleet: Fleet) -> None:
        figures = fleet.figures
        self.clock = Clock()
        self.mongo = Cores(figures.mongo_cores)
        machines = [Cores(figures.cores_a_machine) for _ in range(fleet.machines)]
        self.addresses = [
            Address(self.clock, figures, self.mongo, machines[each % len(machines)], Random(each))
            for each in range(fleet.addresses)
        ]


def _fullest_address(fleet: Fleet) -> Address:
    """The address with the most locations, without the others."""
    figures = fleet.figures
    machine, mongo = Cores(figures.cores_a_machine), Cores(figures.mongo_cores)
    neighbours = min(fleet.addresses, figures.addresses_a_machine) - 1
    return Address(Clock(), figures, mongo, machine, Random(0), neighbours)


@dataclass(frozen=True, slots=True)
class Night:
    """``seconds`` are from the launch of the first process to the end of the last one.

    ``run_s`` is the longest time without the launch.
    """

    seconds: float
    run_s: float
    requests: int
    commands: int
    mongo_share: float
    starts: Sequence[float]


def simulate_night(fleet: Fleet, *, requests: int = 1) -> Night:
    """Every location once, all addresses beside each other."""
    world = World(fleet)
    runs = [
        Run(address, fleet.shard(number), requests=requests)
        for number, address in enumerate(world.addresses)
    ]
    for run in runs:
        run.start()
    world.clock.run()
    seconds = max(each.ended_at for each in runs)
    return Night(
        seconds=seconds,
        run_s=max(each.ended_at - each.began_at for each in runs),
        requests=sum(len(each.started) for each in world.addresses),
        commands=sum(each.commands for each in world.addresses),
        mongo_share=world.mongo.busy_s / seconds / fleet.figures.mongo_cores,
        starts=world.addresses[0].started,
    )


def simulate_polling(fleet: Fleet) -> float:
    """How old a change is at most when it is stored, in seconds, where `changes` polls alone.

    At the address with the most locations. The night's run begins with the second round.
    """
    address = _fullest_address(fleet)
    every_s = fleet.figures.poll_every_s
    poller = Run(address, fleet.shard(0), times=_ROUNDS, every_s=every_s)
    poller.start()
    Run(address, fleet.shard(0)).start(every_s)
    address.clock.run()
    return poller.oldest_s


class Notices:
    """Altegio's webhooks about the locations of one address, at the busiest time of the day."""

    def __init__(self, address: Address, locations: int) -> None:
        self._address = address
        figures = address.figures
        self._rate = locations * figures.notices_a_day * figures.notices_at_peak / _DAY_S
        self._process = Cores(1)
        self.latest_at = 0.0
        self.ages_s: list[float] = []

    def start(self) -> None:
        for _ in range(self._address.figures.notices_at_once):
            self._address.clock.start(self._answer())

    def _answer(self) -> Steps:
        address = self._address
        figures, clock = address.figures, address.clock
        while True:
            self.latest_at += address.random.expovariate(self._rate)
            changed_at = self.latest_at
            yield max(clock.now, changed_at + figures.delivery_s)
            yield from address.request(self._process)
            yield self._process.work(clock.now, figures.cpu_of_location_s)
            yield address.ask_mongo(figures.commands_after)
            self.ages_s.append(clock.now - changed_at)


def simulate_webhooks(fleet: Fleet) -> float | None:
    """How old 99 of 100 changes are at most when they are stored, in seconds.

    None where the notices come faster than the address may ask. Meanwhile `changes` polls, but
    less often than without webhooks.
    """
    address = _fullest_address(fleet)
    Run(address, fleet.shard(0)).start()
    notices = Notices(address, len(fleet.shard(0)))
    notices.start()
    address.clock.run(until=fleet.figures.poll_beside_notices_every_s)
    if address.clock.now - notices.latest_at > _FALLS_BEHIND_S:
        return None
    return sorted(notices.ages_s)[int(len(notices.ages_s) * 0.99)]
