"""What a run costs as there is more to read, and as there is more that need not be read."""

from __future__ import annotations

from benchmarks import loading
from benchmarks.limits import least_seconds
from benchmarks.parts import COLLECTION, DATABASE, ROOT, mongod, run_program, serving, settings
from benchmarks.plot import Line, draw
from benchmarks.results import Section

DAYS = (10, 100, 1000)
A_DAY = 200
HISTORIES = (10_000, 100_000, 1_000_000)
CHANGES = 500
_PLOTS = ROOT / "benchmarks" / "plots"


def measure() -> Section:
    section = Section(
        "6. Growth",
        f"Limits off, the default 50 records a page, {A_DAY} records a day. The seconds at the "
        "limits follow from the requests (4 a second, 195 a minute) and are not measured. For "
        f"`changes` {CHANGES} records have changed, whatever the history holds.",
        ("command", "records there", "requests", "run, s", "at the limits, s"),
    )
    periods = _measure_periods(section)
    changes = _measure_changes(section)
    _PLOTS.mkdir(exist_ok=True)
    for name, title, x_name, lines in (
        ("growth-sync", "sync, as the period grows", "records of the period", periods),
        ("growth-changes", "changes, as the history grows", "documents stored", changes),
    ):
        (_PLOTS / f"{name}.svg").write_text(draw(title, x_name, lines), encoding="utf-8")
        section.notes.append(f"![{title}](plots/{name}.svg)")
    return section


def _measure_periods(section: Section) -> list[Line]:
    requests: list[tuple[float, float]] = []
    seconds: list[tuple[float, float]] = []
    with mongod() as database:
        for days in DAYS:
            database.drop(DATABASE)
            size = days * A_DAY
            with serving(size) as school:
                env = settings(database.uri, school, ALTEGIO_PAGE_SIZE="50")
                ran = run_program("sync", *school.period, "--json", "-q", env=env)
            _add(section, f"sync of {days} days", size, ran.report)
            requests.append((size, ran.report["api"]["requests"]))
            seconds.append((size, ran.report["seconds"]))
    return [Line("requests", requests), Line("seconds, limits off", seconds)]


def _measure_changes(section: Section) -> list[Line]:
    requests: list[tuple[float, float]] = []
    seconds: list[tuple[float, float]] = []
    with mongod(cache_gb=1) as database:
        for size in HISTORIES:
            database.drop(DATABASE)
            loading.load(database.uri, DATABASE, COLLECTION, size, is_clean=True)
            with serving(size, recent=CHANGES) as school:
                env = settings(database.uri, school, ALTEGIO_PAGE_SIZE="50")
                # The first run makes the indexes, which takes as long as the history is.
                run_program("changes", "--since", "1d", "-q", env=env)
            with serving(size, recent=CHANGES, changed=1) as school:
                env = settings(database.uri, school, ALTEGIO_PAGE_SIZE="50")
                report = run_program("changes", "--json", "-q", env=env).report
            assert report["records"]["updated"] == CHANGES
            _add(section, "changes", size, report)
            requests.append((size, report["api"]["requests"]))
            seconds.append((size, report["seconds"]))
    return [Line("requests", requests), Line("seconds, limits off", seconds)]


def _add(section: Section, job: str, size: int, report: dict[str, dict[str, int]]) -> None:
    requests = report["api"]["requests"]
    section.rows.append((job, size, requests, report["seconds"], least_seconds(requests)))
