"""The page of `stats --html`, as a real Chromium shows it."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.html import render_stats_page
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.language import in_language_of
from tests.acceptance.cli import NO_MONGODB
from tests.english_words import find_english_words
from tests.stats_reports import HOSTILE, a_report, an_empty_report, long_ago

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.domain.stats import StatsReport
    from altegio_sync.messages.language import Language
    from tests.acceptance.cli import Cli
    from tests.chromium import Browser

PHONE = 375
#: The rows and facts of every section: the name, then the numbers.
READ = """Object.fromEntries([...document.querySelectorAll('section')].map(section => [section.id,
  Object.fromEntries([...section.querySelectorAll('tbody tr, dl div')].map(row => [
    row.querySelector('th bdi, th, dt').textContent,
    [...row.querySelectorAll('data')].map(each => Number(each.value))]))]))"""
LINES = "[...document.querySelectorAll('#attention li')].map(each => each.textContent)"
WIDE = "[document.documentElement.scrollWidth, window.innerWidth]"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
#: All that is read on it, also by a screen reader and under the mouse.
SHOWN = """[document.title, ...[...document.querySelectorAll('body *, body')].flatMap(each => [
  [...each.childNodes].filter(child => child.nodeType === 3).map(child => child.data).join(' '),
  each.getAttribute('aria-label') || ''])].join('\\n')"""
#: Texts that `a_report` has in English: the zone's source, and what needs attention.
_FROM_THE_REPORT = ["of", "the", "last", "run", "The", "Duplicates", "EET", "EEST"]
#: What stands out of the section it belongs to, to the right.
OUTSIDE = """[...document.querySelectorAll('section *')].filter(each =>
  each.getBoundingClientRect().right > each.closest('section').getBoundingClientRect().right + 1
).map(each => each.outerHTML.slice(0, 80))"""


@pytest.fixture
def page_of(tmp_path: Path) -> Any:
    def write(report: StatsReport) -> str:
        path = tmp_path / "page.html"
        path.write_text(render_stats_page(report), encoding="utf-8")
        return path.as_uri()

    return write


def figures_of(report: dict[str, Any]) -> dict[str, dict[str, list[float]]]:
    """What the page should hold of the JSON report, when its chart has a bar a day."""
    active, trials, no_show = report["active"], report["trials"], report["no_show"]
    steps = {"Leads with a trial lesson": "leads", "booked again": "booked_again"}
    steps |= {"came again": "came_again"}
    hours = [each["hour"] for each in report["heat_map"]]
    week = {f"{hour}:00": [0.0] * 7 for hour in range(min(hours), max(hours) + 1)}
    for each in report["heat_map"]:
        week[f"{each['hour']}:00"][each["weekday"] - 1] = each["count"]
    by_teacher = [{"teacherName": "all", **no_show}, *no_show["by_teacher"]]
    return {
        "totals": {
            "Active": [active],
            "Upcoming": [report["dates"]["upcoming"]],
            "Last 30 days": [report["dates"]["last_30_days"]],
            "Trial": [report["trial"]],
            "Deleted": [report["deleted"]],
            "Total": [report["total"]],
        },
        "status": {
            plain(each["label"] if each["label"] != "Unknown" else f"Unknown: {each['status']}"): [
                each["count"],
                round(each["count"] / active, 4),
            ]
            for each in report["by_status"]
        },
        **{
            f"{kind}s": {
                plain(each[f"{kind}Name"] or f"#{each[f'{kind}Id']}"): [
                    each["count"],
                    round(each["count"] / active, 4),
                ]
                for each in report[f"top_{kind}s"]
            }
            for kind in ("teacher", "service")
        },
        "week": week,
        "no-shows": {
            plain(each["teacherName"] or f"#{each['teacherId']}"): [
                each["arrived"],
                each["no_show"],
                *([] if each["rate"] is None else [each["rate"]]),
            ]
            for each in by_teacher
        },
        "trials": {
            step: [trials[key], round(trials[key] / trials["leads"], 4)]
            for step, key in steps.items()
        },
        "duplicates": {
            "Ids stored more than once": [report["duplicates"]["appointment_ids"]],
            "Extra copies": [report["duplicates"]["extra_documents"]],
        },
    }


def assert_same_figures(found: dict[str, Any], report: dict[str, Any]) -> None:
    expected = figures_of(report)
    assert {id_: found[id_] for id_ in expected} == expected
    days = [count for (count,) in found["days"].values()]
    counted = {each["date"]: each["count"] for each in report["dates"]["by_day"]}
    assert sum(days) == sum(counted.values())
    assert max(days) == max(counted.values())
    assert found["last-run"]["Age at the count"] == [report["last_run"]["age_hours"]]


@pytest.mark.parametrize("name", ["Агата Взірцева", HOSTILE], ids=["plain", "hostile"])
def test_its_figures_are_those_of_the_json_report(
    browser: Browser, page_of: Any, name: str
) -> None:
    report = a_report(name)

    tab = browser.open(page_of(report))

    assert_same_figures(tab.evaluate(READ), report.to_json())
    assert tab.evaluate(LINES) == [str(each) for each in report.warnings]
    assert tab.evaluate("document.scripts.length + document.images.length") == 0
    assert tab.complaints == []
    assert tab.requested == [page_of(report)]


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(("language", "title"), [("en", "Appointments"), ("uk", "Записи")])
def test_it_is_in_the_language_of_the_reader(
    browser: Browser, page_of: Any, language: Language, title: str
) -> None:
    with in_language_of(language):
        url = page_of(a_report())

    tab = browser.open(url)

    assert tab.evaluate("document.documentElement.lang") == language
    assert tab.evaluate("document.querySelector('h1').textContent") == title
    english = find_english_words(tab.evaluate(SHOWN), _FROM_THE_REPORT)
    assert (english == []) is (language == "uk"), english
    assert tab.complaints == []


@pytest.mark.usefixtures("catalog")
def test_a_page_is_replaced_by_a_page_in_another_language(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "page.html"

    codes = [
        cli.run("stats", "--html", str(path), "--lang", each).code for each in ("uk", "en", "uk")
    ]

    assert codes == [0, 0, 0]
    assert 'lang="uk"' in path.read_text(encoding="utf-8")


def test_what_was_synced_is_on_the_page(cli: Cli, tmp_path: Path, browser: Browser) -> None:
    assert cli.run("sync", "last-month", "-q").code == 0
    path = tmp_path / "page.html"

    as_json = cli.run("stats", "--json", "--html", str(path))
    tab = browser.open(path.as_uri())
    as_text = cli.run("stats", "--html", str(path), "--from", "2020-01-01", "--to", "2020-01-31")
    narrowed = browser.open(path.as_uri())

    assert_same_figures(tab.evaluate(READ), as_json.json)
    assert tab.complaints == []
    assert tab.requested == [path.as_uri()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert as_text.out.startswith("Appointments, days in Europe/Kyiv")
    assert as_text.out.endswith(f"\nAs a page: {path}\n")
    assert narrowed.evaluate("document.title") == "Appointments, 2020-01-01 to 2020-01-31"
    assert narrowed.evaluate(READ)["totals"]["Total"] == [0]


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("language", ["en", "uk"])
@pytest.mark.parametrize(
    "report",
    [a_report(), a_report("Щ" * 300), an_empty_report(), long_ago(a_report(), 15)],
    ids=["usual", "a long name", "empty", "many years"],
)
def test_a_phone_shows_it_whole_in_its_width(
    browser: Browser, page_of: Any, report: StatsReport, language: Language
) -> None:
    with in_language_of(language):
        tab = browser.open(page_of(report), width=PHONE)

    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.evaluate(WIDE) == [PHONE, PHONE]
    assert tab.evaluate(OUTSIDE) == []


def test_it_is_light_by_day_and_dark_by_night(browser: Browser, page_of: Any) -> None:
    url = page_of(a_report())

    light = browser.open(url, scheme="light")
    by_day = light.evaluate(BACKGROUND), light.picture()
    dark = browser.open(url, scheme="dark")
    by_night = dark.evaluate(BACKGROUND), dark.picture()

    assert by_day[0] == "rgb(244, 246, 249)"
    assert by_night[0] == "rgb(17, 22, 29)"
    assert by_day[1] != by_night[1]


def test_the_bars_stand_on_the_axis_as_high_as_their_counts(browser: Browser, page_of: Any) -> None:
    report = a_report()
    bars = """(() => { const plot = document.querySelector('.plot').getBoundingClientRect();
      return [...document.querySelectorAll('.plot g rect:last-child')].map(
        each => each.getBoundingClientRect()).flatMap(
        each => [each.height / plot.height, each.bottom - plot.bottom]) })()"""

    drawn = browser.open(page_of(report)).evaluate(bars)

    counts = [each.count for each in report.counts.by_day]
    assert drawn[::2] == pytest.approx([each / 1200 for each in counts], abs=0.001)
    assert drawn[1::2] == pytest.approx([0] * len(counts), abs=0.1)


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["text", "json"])
def test_a_file_that_cannot_be_written_is_told_before_mongodb_is_asked(
    cli: Cli, tmp_path: Path, arguments: list[str]
) -> None:
    path = tmp_path / "nowhere" / "page.html"

    ran = cli.run("stats", "--html", str(path), *arguments, **NO_MONGODB)

    assert ran.code == 2
    assert f"ERROR Cannot write {path}: No such file or directory" in ran.err
    assert "MongoDB" not in ran.out + ran.err


def test_a_page_that_is_there_stays_when_mongodb_cannot_be_reached(
    cli: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    earlier = "<!doctype html>\n<html><head><title>Appointments, yesterday</title></head></html>\n"
    path.write_text(earlier)

    ran = cli.run("stats", "--html", str(path), **NO_MONGODB)

    assert ran.code == 3
    assert path.read_text() == earlier
    assert list(tmp_path.iterdir()) == [path]


def test_a_clean_makes_no_page(cli: Cli, tmp_path: Path) -> None:
    ran = cli.run("stats", "--clean", "--html", str(tmp_path / "page.html"), **NO_MONGODB)

    assert ran.code == 2
    assert "--clean shows no statistics" in ran.err
