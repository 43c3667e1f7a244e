"""Without limits, into a real mongod: records a second, beside peers that do the same job."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from pymongo import MongoClient

from benchmarks.listing import COMPANY
from benchmarks.parts import (
    COLLECTION,
    DATABASE,
    PEERS,
    Ran,
    School,
    mongod,
    run,
    run_program,
    serving,
    settings,
)
from benchmarks.results import Goal, Section

if TYPE_CHECKING:
    from tests.mongod import RunningMongod

SMALL, LARGE = 20_000, 200_000
#: Every so many-th record is another than it was.
CHANGED = 10
NEW_A_SECOND = 10_000
TIMES_DLT = 2
#: Of what takes longer, and of the peers.
FEWER = 3
#: The peer that is the program's own kind stands for the ratio.
PEER = "with_dlt"


def measure(*, sizes: tuple[int, ...] = (SMALL, LARGE), repeats: int = 9) -> Section:
    section = Section(
        "2. Without limits",
        "A sync with both windows turned off and `ALTEGIO_PAGE_SIZE=auto` (1,000 records a page, "
        f"which the peers ask for as well). The median of {repeats} runs at the smaller size, of "
        f"{FEWER} at the larger and of the peers (at the larger once). By "
        "the run that the report counts, and by the whole process with Python's start, "
        "which is how the peers are timed and what the ratio is made of. `bare` is a bound and no "
        "peer: it inserts what it reads, asks nothing and counts nothing.",
        ("job", "records", "run, s", "records/s", "process, s", "cpu, s", "by process/s", "x dlt"),
    )
    with mongod() as database:
        for size in sizes:
            _measure_size(section, database, size, repeats if size == SMALL else FEWER)
    return section


def _measure_size(section: Section, database: RunningMongod, size: int, repeats: int) -> None:
    def sync(school: School, *options: str) -> Ran:
        env = settings(database.uri, school)
        return run_program("sync", *school.period, "--json", "-q", *options, env=env)

    def add(job: str, runs: list[Ran], peer_s: float | None = None) -> float:
        ran = sorted(runs, key=lambda each: each.seconds)[len(runs) // 2]
        run_s = median(each.report["seconds"] for each in runs) if ran.output else None
        section.rows.append(
            (
                job, size, run_s or "", size / run_s if run_s else "", ran.seconds, ran.cpu_s,
                size / ran.seconds, peer_s / ran.seconds if peer_s else "",
            )
        )  # fmt: skip
        return size / (run_s or ran.seconds)

    names = (PEER, "bare", "one_at_a_time") if size == SMALL else (PEER, "bare")
    with serving(size) as school:
        database.drop(DATABASE)
        sync(school)  # the server keeps what it made up for the first who asks
        peers: dict[str, list[Ran]] = {name: [] for name in names}
        news, sames = [], []
        for turn in range(repeats):  # in turn, so that a machine that slows down slows all
            if turn % FEWER == 0:
                for name in names:
                    peers[name].append(run_peer(name, database, school))
            database.drop(DATABASE)
            news.append(sync(school))
            sames.append(sync(school))
        dlt_s = median(each.seconds for each in peers[PEER])
        assert all(each.report["records"]["saved"] == size for each in news)
        assert all(each.report["records"]["duplicates"] == size for each in sames)
        new = add("new", news, dlt_s)
        add("unchanged", sames, dlt_s)
        against_new = median(
            one.report["seconds"] / other.report["seconds"]
            for one, other in zip(news, sames, strict=True)
        )
        same = [sync(school, "--update") for _ in range(FEWER)]
        assert same[0].report["records"]["updated"] == 0
        add("unchanged, --update", same, dlt_s)
    with serving(size, changed=CHANGED) as school:
        ran = sync(school, "--update")
        assert ran.report["records"]["updated"] == size // CHANGED
        add("10 % changed, --update", [ran], dlt_s)
    for name, runs in peers.items():
        add(name, runs, dlt_s)
    section.goals += [
        Goal(f"{size:,} new", new, NEW_A_SECOND, at_least=True, unit=" a second", by_clock=True),
        Goal(
            f"{size:,} new, x dlt",
            dlt_s / median(each.seconds for each in news),
            TIMES_DLT,
            at_least=True,
        ),
        Goal(f"{size:,} unchanged, against new", against_new, 1.0, at_least=True),
    ]


def run_peer(name: str, database: RunningMongod, school: School) -> Ran:
    """A peer's job on an empty collection."""
    database.drop(DATABASE)
    first, last = school.period
    options = {
        "url": school.url,
        "uri": database.uri,
        "database": DATABASE,
        "collection": COLLECTION,
        "company": COMPANY,
        "first": first,
        "last": last,
    }
    arguments = [f"--{option}={value}" for option, value in options.items()]
    ran = run([str(PEERS), f"benchmarks/peers/{name}.py", *arguments], {})
    with MongoClient[dict[str, object]](database.uri) as client:
        assert client[DATABASE][COLLECTION].count_documents({}) == school.listing.size
    return Ran(ran.seconds, ran.cpu_s, ran.peak_mb, "")
