"""Many locations: the real program against the ideal, and against the simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import chain_docs
from benchmarks.chain_costs import measure_night_costs
from benchmarks.chain_figures import FIGURES
from benchmarks.chain_served import served_chain
from benchmarks.chain_simulation import Fleet, simulate_night
from benchmarks.pace import ALLOWED_TO_ARRIVE, most_in_a_second
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from benchmarks.chain_served import RealNight
    from benchmarks.chain_simulation import Night

LOCATIONS = 60
LATENCY_S = 0.3
REQUESTS_PER_SECOND = 4
LIMIT = 1.05
#: How much the simulation may differ from the real run, and how much more a busy machine adds.
AGREES, NOISE = 1.1, 0.03
MOST_EXTRA_REQUESTS = 0.01
#: What a processor takes depends on what else it does.
COSTS_DIFFER_BY = 1.25
#: What a later night requests of a location: one page. The first night requests the zone too.
NIGHTS = {"first": 2, "later": 1}


def measure(*, renews_docs: bool = True) -> Section:
    section = Section(
        "8. Many locations",
        f"A sync of yesterday for {LOCATIONS} locations, {LATENCY_S} s latency, "
        f"{REQUESTS_PER_SECOND} requests a second, with the sandbox's HTTP server and MongoDB: the "
        "first night, which requests zones too, and a later night. Ideal: "
        f"`(requests - 1) / {REQUESTS_PER_SECOND} + latency` seconds. The simulation plays each "
        "night again on a simulated clock; `docs/chain.md` has what it says about more locations.",
        (
            "night", "requests", "ideal, s", "run, s", "run / ideal", "process, s", "simulated, s",
            "run / simulated", "most reserved in a second", "most arrived in a second",
        ),
    )  # fmt: skip
    with served_chain(LOCATIONS, LATENCY_S) as chain:
        for name, requests_each in NIGHTS.items():
            _add(section, name, chain.run_night(), _simulate(requests_each))
    _add_costs(section)
    if renews_docs:
        chain_docs.renew_pages()
    else:
        outdated = chain_docs.count_outdated_pages()
        section.goals.append(Goal("pages with tables of another simulation", outdated, 0))
    return section


def _simulate(requests_each: int) -> Night:
    return simulate_night(Fleet(LOCATIONS), requests=requests_each)


def _add(section: Section, name: str, night: RealNight, simulated: Night) -> None:
    assert night.requests == night.ran.report["api"]["requests"] == len(night.reserved)
    ideal_s = (night.requests - 1) / REQUESTS_PER_SECOND + LATENCY_S
    agreement = night.run_s / simulated.run_s
    reserved, arrived = map(most_in_a_second, (night.reserved, night.arrived))
    assert reserved <= REQUESTS_PER_SECOND
    section.rows.append(
        (
            name, night.requests, ideal_s, night.run_s, night.run_s / ideal_s, night.ran.seconds,
            simulated.run_s, agreement, reserved, arrived,
        )
    )  # fmt: skip
    section.goals += [
        Goal(f"{name} night, against the ideal", night.run_s / ideal_s, LIMIT, by_clock=True),
        Goal(
            f"{name} night, simulation against the run, whichever is longer",
            max(agreement, 1 / agreement),
            AGREES,
            noise=NOISE,
        ),
        Goal(f"{name} night, arrived in a second", arrived, ALLOWED_TO_ARRIVE, noise=0.0),
    ]
    if name == "later":
        most = LOCATIONS * (1 + MOST_EXTRA_REQUESTS)
        section.goals.append(Goal("later night, requests", night.requests, most, noise=0.0))


def _add_costs(section: Section) -> None:
    """What one location costs, beside the figure that the simulation reckons with."""
    costs, figures = measure_night_costs(), FIGURES
    mongo_s = figures.commands_a_location * figures.mongo_of_command_s
    processors = {
        "processor time": (costs.cpu_s, figures.cpu_a_location_s),
        "processor time of MongoDB": (costs.mongo_cpu_s, mongo_s),
    }
    most = figures.commands_a_location
    section.goals.append(Goal("one location, commands to MongoDB", costs.commands, most, noise=0.0))
    for name, (measured_s, figure_s) in processors.items():
        what = f"one location, {name} in ms, against the {figure_s * 1000:g} of the simulation"
        section.goals.append(
            Goal(what, measured_s * 1000, figure_s * 1000 * COSTS_DIFFER_BY, by_clock=True)
        )
