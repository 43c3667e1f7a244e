"""The sandbox's own addresses, which Altegio does not have: for programs that try things out.

- ``GET /sandbox/hooks``: each webhook, and what became of it.
- ``POST /sandbox/records/{company}``: book; the body has `date`, and perhaps `client`, a name.
- ``PATCH /sandbox/records/{company}/{record}``: change fields; `date` moves the booking, and
  `deleted` true cancels it.
- ``DELETE /sandbox/records/{company}/{record}``: remove; Altegio then answers 404 for this id.

Dates are local, as in `2026-06-15 10:00:00`. All but `DELETE` answer with JSON.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from altegio_sync.sandbox.hooks import HookSender
    from altegio_sync.sandbox.school import School

    _Action = Callable[[School, Request], Awaitable[Response]]

_LONGEST_WRONG_TEXT = 100


class Control:
    """Answers at these addresses. They need no tokens, and no limit counts them."""

    def __init__(self, hooks: HookSender, find_school: Callable[[str], School | None]) -> None:
        self._hooks = hooks
        self._find_school = find_school

    def routes(self) -> list[Route]:
        records = "/sandbox/records/{company_id}"
        record = f"{records}/{{record_id:int}}"
        return [
            Route("/sandbox/hooks", self._show_hooks),
            Route(records, self._in_school(_book), methods=["POST"]),
            Route(record, self._in_school(_change), methods=["PATCH"]),
            Route(record, self._in_school(_remove), methods=["DELETE"]),
        ]

    def _show_hooks(self, _request: Request) -> Response:
        return JSONResponse({"hooks": [each.to_json() for each in self._hooks.sent]})

    def _in_school(self, action: _Action) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            school = self._find_school(request.path_params["company_id"])
            try:
                if school is not None:
                    return await action(school, request)
            except KeyError:
                pass
            except ValueError as error:
                return JSONResponse({"error": str(error)[:_LONGEST_WRONG_TEXT]}, 422)
            return JSONResponse({"error": "there is no such location or booking"}, 404)

        return handle


async def _book(school: School, request: Request) -> Response:
    fields = await _read_fields(request)
    start = _to_start(fields.pop("date", None))
    named = school.record(start, fields.pop("client")) if "client" in fields else None
    body = (named or school.record(start)) | fields
    school.add(body)
    return JSONResponse(school.get(body["id"]), 201)


async def _change(school: School, request: Request) -> Response:
    record_id: int = request.path_params["record_id"]
    fields = await _read_fields(request)
    if (date := fields.pop("date", None)) is not None:
        school.move(record_id, _to_start(date), **fields)
    else:
        school.change(record_id, **fields)
    return JSONResponse(school.get(record_id))


async def _remove(school: School, request: Request) -> Response:
    school.remove(request.path_params["record_id"])
    return Response(status_code=204)


async def _read_fields(request: Request) -> dict[str, Any]:
    fields = await request.json()
    if not isinstance(fields, dict):
        raise ValueError("the body must be an object")  # noqa: TRY004 - the client's error
    return fields


def _to_start(date: object) -> datetime:
    if not isinstance(date, str):
        raise ValueError("date must be a text")  # noqa: TRY004 - the client's error
    return datetime.fromisoformat(date).replace(tzinfo=None)
