"""The locations that a user may see: one made-up school for each."""

from __future__ import annotations

from collections import OrderedDict
from threading import RLock
from typing import TYPE_CHECKING, Self

from altegio_sync.sandbox.school import School

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime

    from altegio_sync.sandbox.bodies import Body
    from altegio_sync.sandbox.changes import SchoolChange

#: The most schools whose made-up bookings are in memory at the same time.
_MOST_MADE = 16
#: About two bookings a day.
_LESSONS_A_MONTH = 60
_MONTHS_BACK = 3
_MONTHS_AHEAD = 1
#: The ids of a location's bookings are below this, so locations never share an id.
_LOCATION_STRIDE = 10_000_000_000
_PLACES = (
    ("Київ", "Europe/Kyiv"),
    ("Львів", "Europe/Kyiv"),
    ("Одеса", "Europe/Kyiv"),
    ("Харків", "Europe/Kyiv"),
    ("Варшава", "Europe/Warsaw"),
)


class Locations:
    """The locations of a user, in the order in which Altegio lists them.

    Bookings are made up when they are first asked for. The bookings of a location that was not
    asked for lately are forgotten and made up again, so memory stays flat with 1,000 locations.
    A location that was changed is kept.

    ``denied``: the user may no longer see these, although they are listed. `remove` takes a
    location out of the list too.
    """

    def __init__(self, schools: Iterable[School], *, most_made: int = _MOST_MADE) -> None:
        self._schools = {each.company_id: each for each in schools}
        #: It stays here even if it is removed, since its clock is the clock of the server.
        self.first = next(iter(self._schools.values()))
        self._most_made = most_made
        self._lately: OrderedDict[str, School] = OrderedDict()
        self._lock = RLock()
        self._listeners: list[Callable[[SchoolChange], None]] = []
        self.denied: set[str] = set()

    @classmethod
    def made_up(
        cls,
        count: int,
        *,
        seed: int = 1,
        first_company_id: str = "77",
        today: date | None = None,
        lessons_a_month: int = _LESSONS_A_MONTH,
        clock: Callable[[], datetime] | None = None,
    ) -> Self:
        """``count`` locations with ids in a row; every fifth has another zone than the others."""
        schools = []
        for number in range(count):
            city, zone = _PLACES[number % len(_PLACES)]
            school = School(
                seed=seed + number,
                today=today,
                company_id=str(int(first_company_id) + number),
                timezone=zone,
                lessons_a_month=lessons_a_month,
                title=f"Школа мов «Приклад» {number + 1}",
                city=city,
                first_id=number * _LOCATION_STRIDE,
                months_back=_MONTHS_BACK,
                months_ahead=_MONTHS_AHEAD,
            )
            if clock is not None:
                school.clock = clock
            schools.append(school)
        return cls(schools)

    @property
    def company_ids(self) -> Sequence[str]:
        return tuple(self._schools)

    @property
    def companies(self) -> Sequence[Body]:
        """What `GET /companies?my=1` lists."""
        return [each.company for each in self._schools.values()]

    @property
    def records_in_memory(self) -> int:
        return sum(each.records_in_memory for each in self._schools.values())

    def find(self, company_id: str) -> School | None:
        """The location; None if the user may not see it."""
        with self._lock:
            school = self._schools.get(company_id)
            if school is None or company_id in self.denied:
                return None
            self._lately[company_id] = school
            self._lately.move_to_end(company_id)
            if len(self._lately) > self._most_made:
                _, longest_ago = self._lately.popitem(last=False)
                longest_ago.forget_made_up()
            return school

    def add(self, school: School) -> None:
        with self._lock:
            self._schools[school.company_id] = school
            school.listeners += self._listeners

    def listen(self, listener: Callable[[SchoolChange], None]) -> None:
        """Call the listener after each change in these locations."""
        with self._lock:
            self._listeners.append(listener)
            for school in self._schools.values():
                school.listeners.append(listener)

    def remove(self, company_id: str) -> School:
        """Remove the location from the user's list. KeyError if there is no such location."""
        with self._lock:
            self._lately.pop(company_id, None)
            return self._schools.pop(company_id)
