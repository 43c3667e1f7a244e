"""Reads the parameters of a request as the API does."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from altegio_sync.sandbox.entries import RecordsFilter
from altegio_sync.sandbox.faults import refusal

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from altegio_sync.sandbox.school import School

_DEFAULT_COUNT = 50
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TRUE = ("1", "true")


class WrongParameterError(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def response(self) -> Response:
        return refusal(422, "An error has occurred.", errors=[{self.name: "Invalid value."}])


def read_filter(request: Request, school: School) -> RecordsFilter:
    params = request.query_params
    return RecordsFilter(
        starts_from=_date(request, "start_date") or "",
        # A day of the API ends at this second: it does not list the last minute.
        starts_to=f"{_date(request, 'end_date') or '9999-12-31'} 23:59:00",
        created_from=_date(request, "c_start_date") or "",
        created_to=_date(request, "c_end_date") or "9999",
        changed_after=_moment(request, "changed_after", school),
        changed_before=_moment(request, "changed_before", school),
        staff_id=params.get("staff_id"),
        client_id=params.get("client_id"),
        with_deleted=params.get("with_deleted", "").lower() in _TRUE,
    )


def _moment(request: Request, name: str, school: School) -> datetime | None:
    """A moment. Without an offset it is read as local time; the API's docs do not say this."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongParameterError(name) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=school.zone)


def read_page(request: Request, max_page_size: int) -> tuple[int, int]:
    """The number of the page, counted from 1, and how many rows a page has."""
    count = min(_number(request, "count", _DEFAULT_COUNT), max_page_size)
    return _number(request, "page", 1), count


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise WrongParameterError(name)
    return int(text)


def _date(request: Request, name: str) -> str | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a local day
    except ValueError:
        raise WrongParameterError(name) from None
    if _DATE.fullmatch(text) is None:
        raise WrongParameterError(name)
    return text
