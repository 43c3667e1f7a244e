"""The tables of `docs/chain.md` in both languages, made from the simulation and its figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from benchmarks.chain_figures import FIGURES
from benchmarks.chain_simulation import (
    Fleet,
    Night,
    simulate_night,
    simulate_polling,
    simulate_webhooks,
)
from benchmarks.parts import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    Row = Sequence[str]

# The same text in English and in Ukrainian.
Texts = tuple[str, str]
ENGLISH, UKRAINIAN = 0, 1
PAGES: dict[int, Path] = {
    ENGLISH: ROOT / "docs" / "chain.md",
    UKRAINIAN: ROOT / "docs" / "uk" / "chain.md",
}
FLEETS = (
    *(Fleet(1_000, each) for each in (1, 2, 4, 10)),
    *(Fleet(100_000, each) for each in (1, 10, 50, 100, 500)),
)
SIZES = (1_000, 10_000, 100_000)
_GIGABYTE, _DAYS, _DAY_S, _HOUR_S, _MINUTE_S = 1e9, 365, 86_400, 3_600, 60
_BLOCK = re.compile(r"(<!-- simulation: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Simulated:
    """What the simulation says about a fleet; each part is played when it is first needed."""

    fleet: Fleet

    @cached_property
    def night(self) -> Night:
        return simulate_night(self.fleet)

    @cached_property
    def polled_s(self) -> float:
        return simulate_polling(self.fleet)

    @cached_property
    def hooked_s(self) -> float | None:
        return simulate_webhooks(self.fleet)

    def row(self, language: int) -> Row:
        fleet, hooked_s = self.fleet, self.hooked_s
        never = ("falls behind", "не встигає")[language]
        return (
            number(fleet.locations, language),
            number(fleet.addresses, language),
            number(fleet.machines, language),
            duration(self.night.seconds, language),
            duration(self.polled_s, language),
            never if hooked_s is None else duration(hooked_s, language),
            f"{number(round(100 * self.night.mongo_share, 1), language)} %",
        )


_HEADER_OF_TIMES: tuple[Texts, ...] = (
    ("locations", "філій"),
    ("addresses", "адрес"),
    ("machines", "машин"),
    ("a night takes", "ніч триває"),
    ("oldest data without webhooks", "найстаріші дані без вебхуків"),
    ("oldest data with webhooks", "найстаріші дані з вебхуками"),
    ("MongoDB is busy", "завантаження MongoDB"),
)
_HEADER_OF_STORAGE: tuple[Texts, ...] = (
    ("locations", "філій"),
    ("documents a year", "документів за рік"),
    ("written a second at the peak", "записується за секунду в годину пік"),
    ("GB a year", "ГБ за рік"),
    ("of these, indexes", "з них індекси"),
    ("one replica set", "один набір реплік"),
)
_HEADER_OF_FIGURES: tuple[Texts, ...] = (
    ("figure", "величина"),
    ("value", "значення"),
    ("from", "звідки"),
)


_NONE: Texts = ("", "")
_S, _MS, _BYTES, _PERCENT = ("s", "с"), ("ms", "мс"), ("B", "Б"), ("%", "%")
_KEPT = ("a limit of the program", "обмеження програми")
_LAUNCH = ("the most that was measured with Dagster", "найбільше з виміряного в Dagster")
_MEASURED = ("`python -m benchmarks chain`", "`python -m benchmarks chain`")
_STORED = ("14,932 documents of the sandbox", "14 932 документи пісочниці")
_ASSUMED = ("assumed", "припущення")
_F = FIGURES
#: The name of each figure, its value, its unit, and where it is from.
_FIGURES: tuple[tuple[Texts, float, Texts, Texts], ...] = (
    (("requests a second", "запитів за секунду"), _F.per_second, _NONE, _KEPT),
    (("requests a minute", "запитів за хвилину"), _F.per_minute, _NONE, _KEPT),
    (("locations at the same time", "філій паралельно"), _F.companies_at_once, _NONE, _KEPT),
    (("pause after a refusal", "пауза після відмови"), _F.rest_s, _S, _KEPT),
    (
        ("start of a run, processor time", "старт запуску, час процесора"),
        _F.launch_cpu_s,
        _S,
        _LAUNCH,
    ),
    (
        ("one location, processor time", "одна філія, час процесора"),
        _F.cpu_a_location_s * 1000,
        _MS,
        _MEASURED,
    ),
    (
        ("one location, commands to MongoDB", "одна філія, команд до MongoDB"),
        _F.commands_a_location,
        _NONE,
        _MEASURED,
    ),
    (
        ("one command, processor time of MongoDB", "одна команда, час процесора MongoDB"),
        _F.mongo_of_command_s * 1000,
        _MS,
        _MEASURED,
    ),
    (("an appointment on disk", "запис на диску"), _F.appointment_bytes, _BYTES, _STORED),
    (("its indexes", "його індекси"), _F.appointment_index_bytes, _BYTES, _STORED),
    (("a day of the ledger on disk", "день обліку на диску"), _F.ledger_bytes, _BYTES, _STORED),
    (("its indexes", "його індекси"), _F.ledger_index_bytes, _BYTES, _STORED),
    (("an answer takes", "відповідь надходить за"), _F.latency_s, _S, _ASSUMED),
    (
        ("longer by chance, by up to", "випадково довше, щонайбільше на"),
        _F.latency_spread * 100,
        _PERCENT,
        _ASSUMED,
    ),
    (("refused requests", "відхилених запитів"), _F.refused_share * 100, _PERCENT, _ASSUMED),
    (
        ("most locations of a run", "найбільше філій в одному запуску"),
        _F.locations_a_run,
        _NONE,
        _ASSUMED,
    ),
    (("addresses of a machine", "адрес на одну машину"), _F.addresses_a_machine, _NONE, _ASSUMED),
    (("cores of a machine", "ядер у машини"), _F.cores_a_machine, _NONE, _ASSUMED),
    (
        ("`changes` without webhooks, every", "`changes` без вебхуків, раз на"),
        _F.poll_every_s,
        _S,
        _ASSUMED,
    ),
    (
        ("`changes` with webhooks, every", "`changes` із вебхуками, раз на"),
        _F.poll_beside_notices_every_s,
        _S,
        _ASSUMED,
    ),
    (
        ("lessons of a location, a day", "уроків у філії за день"),
        _F.lessons_a_day,
        _NONE,
        _ASSUMED,
    ),
    (
        ("webhooks of a location, a day", "вебхуків від філії за день"),
        _F.notices_a_day,
        _NONE,
        _ASSUMED,
    ),
    (
        ("in the busiest hour, times as many", "у скільки разів більше в годину пік"),
        _F.notices_at_peak,
        _NONE,
        _ASSUMED,
    ),
    (("a webhook arrives after", "вебхук надходить через"), _F.delivery_s, _S, _ASSUMED),
    (("cores of MongoDB", "ядер у MongoDB"), _F.mongo_cores, _NONE, _ASSUMED),
    (("cache of MongoDB", "кеш MongoDB"), _F.mongo_cache_bytes / 1e9, ("GB", "ГБ"), _ASSUMED),
)


def table(name: str, language: int, fleets: Iterable[Simulated]) -> str:
    """The table with this name, as it is in the page of the language."""
    match name:
        case "times":
            return _render(_HEADER_OF_TIMES, [each.row(language) for each in fleets], language)
        case "storage":
            return _render(
                _HEADER_OF_STORAGE, [_storage_row(each, language) for each in SIZES], language
            )
        case _:
            return _render(_HEADER_OF_FIGURES, list(_figure_rows(language)), language)


def renew(page: str, language: int, fleets: Sequence[Simulated]) -> str:
    """The page with all of its tables made again."""
    return _BLOCK.sub(
        lambda block: f"{block[1]}{table(block[2], language, fleets)}{block[3]}", page
    )


def renew_pages() -> None:
    fleets = [Simulated(each) for each in FLEETS]
    for language, path in PAGES.items():
        page = path.read_text(encoding="utf-8")
        path.write_text(renew(page, language, fleets), encoding="utf-8")


def count_outdated_pages() -> int:
    """The pages whose tables are no longer what the simulation says."""
    fleets = [Simulated(each) for each in FLEETS]
    pages = {language: path.read_text(encoding="utf-8") for language, path in PAGES.items()}
    return sum(renew(page, each, fleets) != page for each, page in pages.items())


def _storage_row(locations: int, language: int) -> Row:
    figures = FIGURES
    lessons, ledger = locations * figures.lessons_a_day * _DAYS, locations * _DAYS
    indexes = lessons * figures.appointment_index_bytes + ledger * figures.ledger_index_bytes
    size = lessons * figures.appointment_bytes + ledger * figures.ledger_bytes + indexes
    at_peak = locations * figures.notices_a_day * figures.notices_at_peak / _DAY_S
    is_enough = indexes <= figures.mongo_cache_bytes
    verdict = ("is enough", "достатньо") if is_enough else ("is too small", "замало")
    return (
        number(locations, language),
        number(lessons, language),
        number(round(at_peak, 1), language),
        number(round(size / _GIGABYTE, 1), language),
        number(round(indexes / _GIGABYTE, 1), language),
        verdict[language],
    )


def most_locations_of_a_replica_set() -> int:
    """So many that the indexes of a year still fit the cache."""
    figures = FIGURES
    a_day = figures.lessons_a_day * figures.appointment_index_bytes + figures.ledger_index_bytes
    return int(figures.mongo_cache_bytes / (a_day * _DAYS))


def _figure_rows(language: int) -> Iterable[Row]:
    for name, value, unit, source in _FIGURES:
        shown = f"{number(value, language)} {unit[language]}"
        yield name[language], shown.strip(), source[language]


def number(value: float, language: int) -> str:
    """As people of the language write it."""
    english = f"{value:,.0f}" if float(value).is_integer() else f"{value:,g}"
    if language == ENGLISH:
        return english
    return english.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")


def duration(seconds: float, language: int) -> str:
    if seconds < 2 * _MINUTE_S:
        value, unit = round(seconds), ("s", "с")
    elif seconds < 2 * _HOUR_S:
        value, unit = round(seconds / _MINUTE_S), ("min", "хв")
    else:
        value, unit = round(seconds / _HOUR_S), ("h", "год")
    return f"{number(value, language)} {unit[language]}"


def _render(header: Sequence[Texts], rows: Sequence[Row], language: int) -> str:
    marks = ["--:" if _is_number(rows, place) else "---" for place in range(len(header))]
    lines = [[each[language] for each in header], marks, *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _is_number(rows: Sequence[Row], place: int) -> bool:
    return all(row[place][:1].isdigit() for row in rows)
