"""Limits the requests of one reading, so that it ends whatever the server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The requests that are allowed without a total, and those added for each page of the first total.
_WITHOUT_TOTAL = 1000
_FOR_EACH_PAGE = 25
#: More than a day of requests at 195 a minute. Only a wrong total announces so many bookings.
_MOST = 250_000
#: Requests of passes that were not believed: the number allowed in all, and the number added for
#: each page that brought something new.
_IN_VAIN = 60
_IN_VAIN_FOR_EACH_PAGE = 20
#: Days are cut into windows, and a window whose list is still too long is cut again. So the totals
#: of all cut days may add up to this many first totals.
_TIMES_CUT = 4
#: Days with few bookings do not fill a page, so a page is expected to have no more rows than this.
_FULL_PAGE = 50
#: The ids that are remembered to recognise repeated pages. A server that repeats sends fewer ids.
_REMEMBERED = 20_000


def most_requests(first_total: int | None, page_size: int) -> int:
    """The most requests of a reading whose first answer announced this total."""
    pages = -(-(first_total or 0) // max(1, page_size))
    return min(_MOST, _WITHOUT_TOTAL + _FOR_EACH_PAGE * pages)


class Allowance:
    """The number of requests that one reading may still make, for all days and all passes together.

    There are three limits:

    - `most_requests` of the announced total. ``most`` replaces this limit.
    - `most_requests` of the bookings that were really read. So a total that is far too large does
      not help.
    - A pass that was not believed is repeated only while passes bring new bookings. So the reading
      soon ends where a server repeats itself, or announces bookings that it does not have.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._first_total: int | None = None
        self._announced_by_parts = 0
        self._page_size = 0
        self._requests = 0
        self._read = 0
        self._in_vain = 0
        self._fresh_pages = 0
        self._ids: set[str] = set()

    def open(self, first_total: int | None, page_size: int) -> None:
        """Set the limits by the first answer. Later totals change nothing."""
        if self._first_total is None:
            self._first_total = first_total or 0
            if self._most is None:
                self._most = most_requests(first_total, page_size)
                self._page_size = min(page_size, _FULL_PAGE)

    @property
    def is_spent(self) -> bool:
        is_over = self._most is not None and self._requests >= self._most
        if self._page_size:
            is_over |= self._requests >= most_requests(self._read, self._page_size)
        return is_over or self._in_vain > _IN_VAIN + _IN_VAIN_FOR_EACH_PAGE * self._fresh_pages

    def count_request(self) -> None:
        self._requests += 1

    def count_cut(self, total: int) -> None:
        """Count days that are cut into windows, by the total that was announced for these days.

        Windows may be cut again, so the same bookings are counted a few times. When the sum of all
        these totals is far above the first total, each further cut counts as a request in vain.
        """
        self._announced_by_parts += total
        self._in_vain += self._announced_by_parts > _TIMES_CUT * (self._first_total or 0)

    def count_page(self, fresh_ids: Iterable[str]) -> None:
        """Count a page that was read. ``fresh_ids`` are the ids that are new in its window."""
        new = [each for each in fresh_ids if each not in self._ids]
        self._fresh_pages += bool(new)
        self._read += len(new)
        if len(self._ids) < _REMEMBERED:
            self._ids.update(new)

    def count_in_vain(self, requests: int) -> None:
        """Count the requests of a pass that was not believed."""
        self._in_vain += requests
