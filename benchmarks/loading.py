"""Fills a collection as years of syncs would have, some of it wrong, by two processes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

from pymongo import MongoClient

Document = dict[str, Any]
_BATCH = 1000
_PROCESSES = 2
_DAYS = 3650
_SLOTS = 10
_FIRST_DAY = datetime(2016, 1, 1, 7, tzinfo=UTC)
#: One document of so many has an `appointmentId` that another has: 0.05 %.
DUPLICATE_EVERY = 2000
#: One of so many has something else wrong.
_WRONG_EVERY = 5000
_WRONG: tuple[Document, ...] = (
    {"leadName": " Олена  Приклад"},
    {"status": 1},
    {"leadId": "12345x"},
    {"startDateTime": "2020-03-01T10:00:00Z"},
)


def load(uri: str, database: str, collection: str, count: int, *, is_clean: bool = False) -> None:
    """``count`` documents; without duplicates or anything wrong when ``is_clean``."""
    share = -(-count // _PROCESSES)
    # By spawn: pymongo's threads do not survive a fork.
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(
                _load_part,
                uri,
                database,
                collection,
                range(start, min(start + share, count)),
                count=count,
                is_clean=is_clean,
            )
            for start in range(0, count, share)
        ]
        for part in parts:
            part.result()


def _load_part(
    uri: str, database: str, collection: str, places: range, *, count: int, is_clean: bool
) -> None:
    with MongoClient[Document](uri) as client:
        target = client[database][collection]
        for start in range(places.start, places.stop, _BATCH):
            batch = range(start, min(start + _BATCH, places.stop))
            target.insert_many(
                [document(each, count, is_clean=is_clean) for each in batch], ordered=False
            )


def document(place: int, count: int, *, is_clean: bool) -> Document:
    """In order of their starts; no teacher has two at a time, but for the duplicates."""
    a_day = max(_SLOTS, -(-count // _DAYS))
    teachers = -(-a_day // _SLOTS)
    day, within = divmod(place, a_day)
    slot, teacher = divmod(within, teachers)
    start = _FIRST_DAY + timedelta(days=day, hours=slot)
    is_twice = not is_clean and place % DUPLICATE_EVERY == DUPLICATE_EVERY - 1
    found = {
        "appointmentId": str(100_000_000 + place - is_twice),
        "leadId": str(10_000 + place * 7 % 20_011),
        "leadName": f"Олена Приклад {place * 7 % 20_011}",
        "teacherId": str(900 + teacher),
        "teacherName": f"Марко Зразок {teacher}",
        "serviceId": str(500 + place % 7),
        "serviceName": f"Індивідуальний урок {place % 7}",
        "startDateTime": start,
        "endDateTime": start + timedelta(minutes=50),
        "status": "-1" if place % 17 == 0 else "1",
        "IsTrial": place % 23 == 0,
        "isDeleted": place % 29 == 0,
        "companyId": "77",
        "createdAt": start,
        "updatedAt": start + timedelta(seconds=place % 50),
    }
    if not is_clean and place % _WRONG_EVERY == 0:
        found |= _WRONG[place // _WRONG_EVERY % len(_WRONG)]
    return found
