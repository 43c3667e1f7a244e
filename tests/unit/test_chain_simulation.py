"""The simulation of many locations keeps the limits, and the docs show what it says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from benchmarks.chain_docs import ENGLISH, FLEETS, PAGES, UKRAINIAN, Simulated, duration, table
from benchmarks.chain_figures import FIGURES
from benchmarks.chain_simulation import (
    Fleet,
    simulate_night,
    simulate_polling,
    simulate_webhooks,
)
from benchmarks.limits import least_seconds

LANGUAGES = pytest.mark.parametrize("language", [ENGLISH, UKRAINIAN], ids=["en", "uk"])
#: Fleets that are played within a fraction of a second.
QUICK = [Simulated(each) for each in FLEETS if each.locations <= 1_000]


def page_of(language: int) -> str:
    return PAGES[language].read_text(encoding="utf-8")


@pytest.mark.parametrize(("count", "seconds"), [(4, 1.0), (195, 60.0)])
def test_a_night_never_starts_more_requests_than_both_windows_allow(
    count: int, seconds: float
) -> None:
    starts = simulate_night(Fleet(500)).starts

    assert len(starts) == 500
    assert min(late - early for early, late in zip(starts, starts[count:], strict=False)) >= seconds


def test_a_night_takes_hardly_longer_than_the_limits_demand() -> None:
    night = simulate_night(Fleet(500))

    least_s = least_seconds(500, FIGURES.latency_s)
    assert least_s < night.run_s < 1.02 * least_s
    assert night.seconds == pytest.approx(night.run_s + FIGURES.launch_cpu_s)


def test_a_night_is_played_alike_each_time() -> None:
    assert simulate_night(Fleet(100, 3)) == simulate_night(Fleet(100, 3))


def test_every_location_belongs_to_one_address() -> None:
    fleet = Fleet(1_001, 10)

    shards = [fleet.shard(each) for each in range(fleet.addresses)]

    assert sorted(one for each in shards for one in each) == list(range(1_001))
    assert {len(each) for each in shards} == {100, 101}


def test_the_address_rests_after_a_refusal() -> None:
    refusing = replace(FIGURES, refused_share=0.05)

    night, refused = simulate_night(Fleet(60)), simulate_night(Fleet(60, figures=refusing))

    again = len(refused.starts) - 60
    assert again > 0
    gaps = [late - early for early, late in zip(refused.starts, refused.starts[1:], strict=False)]
    assert sum(gap > FIGURES.rest_s - FIGURES.latency_s for gap in gaps) == again
    assert refused.run_s > night.run_s + again * (FIGURES.rest_s - 2)


def test_a_slow_mongodb_makes_the_night_longer() -> None:
    slow = replace(FIGURES, mongo_cores=1, mongo_of_command_s=0.05)

    assert simulate_night(Fleet(100, 10, slow)).run_s > 2 * simulate_night(Fleet(100, 10)).run_s


def test_data_is_older_where_a_round_does_not_fit_between_two_rounds() -> None:
    often = replace(FIGURES, poll_every_s=60.0)

    assert 60 < simulate_polling(Fleet(50, figures=often)) < 100
    assert simulate_polling(Fleet(500, figures=often)) > 240


def test_webhooks_fall_behind_where_they_come_faster_than_they_may_be_asked_about() -> None:
    many = replace(FIGURES, notices_a_day=1_000)

    fresh_s = simulate_webhooks(Fleet(200))

    assert fresh_s is not None
    assert FIGURES.delivery_s < fresh_s < 60
    assert simulate_webhooks(Fleet(200, figures=many)) is None


@LANGUAGES
@pytest.mark.parametrize("name", ["storage", "figures"])
def test_the_docs_have_the_tables_of_the_figures(name: str, language: int) -> None:
    assert table(name, language, ()) in page_of(language)


@LANGUAGES
def test_the_docs_have_the_rows_of_the_simulation(language: int) -> None:
    rows = table("times", language, QUICK).splitlines()[2:]

    assert len(rows) == len(QUICK) > 3
    assert [each for each in rows if each not in page_of(language)] == []


def test_the_docs_have_the_same_numbers_in_both_languages() -> None:
    def numbers(language: int) -> list[list[str]]:
        rows = re.findall(r"^\| 1.?00.*%.*\|$", page_of(language), re.MULTILINE)
        texts = [each.replace("\N{NO-BREAK SPACE}", "").replace(",", ".") for each in rows]
        return [re.findall(r"[\d.]+", each) for each in texts]

    english, ukrainian = numbers(ENGLISH), numbers(UKRAINIAN)

    assert len(english) == len(FLEETS)
    assert [[each.replace(".", "") for each in row] for row in english] == [
        [each.replace(".", "") for each in row] for row in ukrainian
    ]


@pytest.mark.parametrize(
    ("seconds", "english", "ukrainian"),
    [(99.4, "99 s", "99 с"), (320, "5 min", "5 хв"), (61_890, "17 h", "17 год")],
)
def test_a_duration_is_shown_in_the_unit_that_people_use(
    seconds: float, english: str, ukrainian: str
) -> None:
    assert (duration(seconds, ENGLISH), duration(seconds, UKRAINIAN)) == (english, ukrainian)
