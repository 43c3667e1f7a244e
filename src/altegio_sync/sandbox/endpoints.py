"""What the endpoints of the API answer about a made-up school.

Raises WrongParameterError where a parameter of the request cannot be read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from altegio_sync.sandbox.faults import refusal
from altegio_sync.sandbox.query import read_filter, read_page

if TYPE_CHECKING:
    from starlette.requests import Request

    from altegio_sync.sandbox.locations import Locations
    from altegio_sync.sandbox.school import School


def list_companies(request: Request, locations: Locations, max_page_size: int) -> Response:
    """The locations of the user, also without `my=1`: the sandbox has no other users."""
    page, count = read_page(request, max_page_size)
    start = (page - 1) * count
    found = locations.companies[start : start + count]
    return success(found, {"total_count": len(locations.companies)})


def show_location(_request: Request, school: School) -> Response:
    return success(school.company, [])


def list_staff(_request: Request, school: School) -> Response:
    return success(school.staff, {"total_count": len(school.staff)})


def list_services(_request: Request, school: School) -> Response:
    return success(school.services, {"total_count": len(school.services)})


def show_record(request: Request, school: School) -> Response:
    record_id = request.path_params["record_id"]
    body = school.get(int(record_id)) if record_id.isdigit() else None
    return refusal(404, None) if body is None else success(body, [])


def list_records(request: Request, school: School, max_page_size: int) -> Response:
    page, count = read_page(request, max_page_size)
    wanted = read_filter(request, school)
    rows, total = school.list_records(wanted, (page - 1) * count, count)
    meta = b'"meta": {"page": %d, "total_count": %d}' % (page, total)
    body = b'{"success": true, "data": [' + b",".join(rows) + b"], " + meta + b"}"
    return Response(body, media_type="application/json")


def success(data: object, meta: object, status: int = 200) -> JSONResponse:
    return JSONResponse({"success": True, "data": data, "meta": meta}, status)
