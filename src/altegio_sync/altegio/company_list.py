"""Reads the pages of the user's locations, until it is certain that none was missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from altegio_sync.altegio.protocol import Request
from altegio_sync.altegio.translate import to_location
from altegio_sync.altegio.wire import CompaniesAnswer
from altegio_sync.errors import (
    UNAUTHORIZED,
    AltegioRejectedError,
    NotAltegioError,
    UnexpectedAnswerError,
)
from altegio_sync.messages import api as texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.altegio.requesting import Requester
    from altegio_sync.altegio.wire import WireCompany
    from altegio_sync.domain.appointment import Location
    from altegio_sync.messages import Message

_PAGE = 200
#: More pages than any user's locations need. A longer list is an error and may never end.
_MOST_PAGES = 500
_TRIES = 3


@dataclass(slots=True)
class _Listed:
    """One reading of the list. ``rows`` also counts repeated rows."""

    found: dict[str, Location] = field(default_factory=dict)
    rows: int = 0
    totals: set[int | None] = field(default_factory=set)
    first: Sequence[str] = ()

    @property
    def total(self) -> int | None:
        """The total that all pages announce; None if they announce none or different totals."""
        return next(iter(self.totals)) if len(self.totals) == 1 else None

    @property
    def has_all(self) -> bool:
        return self.total is not None and len(self.found) >= self.total

    @property
    def is_certain(self) -> bool:
        """Whether all announced locations were seen, or Altegio announces no number at all."""
        return self.has_all or self.totals <= {None}


async def fetch_companies(requester: Requester) -> Sequence[Location]:
    """The locations that the user may see, without repetitions, in Altegio's order.

    If the pages contradict each other, the list changed meanwhile, and is read again.

    Raises:
        AltegioError: the list cannot be read, or it stays contradictory.
    """
    listed = await _read_pages(requester)
    for _ in range(_TRIES - 1):
        if listed.is_certain:
            break
        listed = await _read_pages(requester)
    if listed.is_certain:
        return list(listed.found.values())
    if listed.total is not None and listed.rows == listed.total:
        # Every reading repeats the same rows, so Altegio's total counts the repeated rows too.
        return list(listed.found.values())
    announced = max(each for each in listed.totals if each is not None)
    raise UnexpectedAnswerError(
        texts.COMPANIES_INCOMPLETE(listed=len(listed.found), announced=announced)
    )


async def _read_pages(requester: Requester) -> _Listed:
    listed = _Listed()
    for page in range(1, _MOST_PAGES + 1):
        ids = await _read_page(requester, listed, page)
        if not ids or listed.has_all:
            return listed
        if page == 1:
            listed.first = ids
        elif ids == listed.first:
            # This server does not page. Then a first page that is not full is the whole list.
            if listed.totals <= {None} and len(ids) < _PAGE:
                return listed
            raise UnexpectedAnswerError(texts.COMPANIES_REPEAT(page=page))
    raise UnexpectedAnswerError(texts.COMPANIES_ENDLESS(pages=_MOST_PAGES))


async def _read_page(requester: Requester, listed: _Listed, page: int) -> Sequence[str]:
    """Add the locations of the page; return the ids of its rows."""
    request = Request("companies", {"my": "1", "page": str(page), "count": str(_PAGE)})
    try:
        answer = (await requester.fetch(CompaniesAnswer, request)).value
    except NotAltegioError as error:
        raise NotAltegioError(texts.COMPANIES_REFUSED(reason=error.message)) from error
    except AltegioRejectedError as error:
        if error.status == UNAUTHORIZED:
            raise  # the tokens are wrong, so ids in the settings would not help
        raise type(error)(_refused(error), status=error.status) from error
    total = answer.meta.total_count if answer.meta else None
    listed.totals.add(total if isinstance(total, int) and total >= 0 else None)
    ids = [_id_of(row) for row in answer.data]
    for row, company_id in zip(answer.data, ids, strict=True):
        if row is not None and company_id not in listed.found:
            listed.found[company_id] = to_location(row, company_id)
    listed.rows += len(ids)
    return ids


def _refused(error: AltegioRejectedError) -> Message:
    """The list is of the user, so no id of a location is wrong."""
    if error.message.template in (texts.ACCESS_REFUSED, texts.NOT_KNOWN):
        return texts.COMPANIES_FORBIDDEN(answer=error.message.fields["answer"])
    return texts.COMPANIES_REFUSED(reason=error.message)


def _id_of(row: WireCompany | None) -> str:
    if row is None or row.id is None:
        raise UnexpectedAnswerError(texts.COMPANY_WITHOUT_ID())
    return row.id
