"""Lets the made-up school live: people book, move and cancel lessons, and come to them."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING

from altegio_sync.sandbox.people import INDIVIDUAL, TEACHERS, TRIAL, make_pupil

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.sandbox.bodies import Body
    from altegio_sync.sandbox.locations import Locations
    from altegio_sync.sandbox.school import School

#: A location that changes stays in memory, so with many locations only the first ones live.
_LIVING = 10
#: How many days around today have changes.
_DAYS_BEFORE, _DAYS_AFTER = 2, 5
_CONFIRMED, _CAME = 2, 1
_KINDS = {"move": 35, "attend": 30, "book": 20, "cancel": 15}


class SchoolLife:
    """Makes one change after the other. The same seed makes the same changes in the same school."""

    def __init__(self, locations: Locations, *, seed: int = 1) -> None:
        self._locations = locations
        self._random = random.Random(f"{seed}/life")  # noqa: S311 - not for secrets

    def step(self) -> None:
        """Make one change."""
        company_id = self._random.choice(list(islice(self._locations.company_ids, _LIVING)))
        school = self._locations.find(company_id)
        if school is None:
            return
        today = _local_now(school).date()
        span = timedelta(days=_DAYS_BEFORE), timedelta(days=_DAYS_AFTER)
        lessons = school.lessons(today - span[0], today + span[1])
        bookings = [each for each in lessons if each["attendance"] != _CAME]
        (kind,) = self._random.choices(list(_KINDS), list(_KINDS.values()))
        if kind == "book" or not bookings:
            self._book(school)
            return
        booking = self._random.choice(bookings)
        record_id = int(booking["id"])
        if kind == "move":
            school.move(record_id, self._start(school))
        elif kind == "cancel":
            school.change(record_id, deleted=True)
        else:
            is_over = datetime.fromisoformat(booking["date"]) < _local_now(school)
            status = _CAME if is_over else _CONFIRMED
            school.change(record_id, visit_attendance=status, attendance=status)

    @contextmanager
    def going_on(self, changes_a_minute: float) -> Iterator[None]:
        """Make changes at this pace, in a thread."""
        end = Event()

        def live() -> None:
            while not end.wait(60 / changes_a_minute):
                self.step()

        thread = Thread(target=live, name="altegio-life", daemon=True)
        thread.start()
        try:
            yield
        finally:
            end.set()
            thread.join()

    def _book(self, school: School) -> None:
        pupil = make_pupil(self._random)
        service: Body = self._random.choice([*INDIVIDUAL, *TRIAL])
        school.add(
            school.record(
                self._start(school),
                f"{pupil.name} {pupil.surname} {pupil.lead_id}",
                service=service,
                teacher=self._random.choice(TEACHERS),
                seance_length=service["duration"],
                length=service["duration"],
            )
        )

    def _start(self, school: School) -> datetime:
        today = _local_now(school).date()
        day = today + timedelta(days=self._random.randint(0, _DAYS_AFTER))
        return datetime.combine(day, time(8)) + timedelta(minutes=30 * self._random.randrange(26))


def _local_now(school: School) -> datetime:
    """The time on the clocks of the school, as the API writes it."""
    return school.clock().astimezone(school.zone).replace(tzinfo=None)
