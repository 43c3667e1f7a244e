"""The API's endpoints over a made-up school, on loopback."""

from __future__ import annotations

import random
import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Self

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from altegio_sync.sandbox.control import Control
from altegio_sync.sandbox.endpoints import (
    list_companies,
    list_records,
    list_services,
    list_staff,
    show_location,
    show_record,
    success,
)
from altegio_sync.sandbox.faults import (
    RANDOM_FAULTS,
    Fault,
    PlannedFault,
    Transports,
    fault_response,
    limit_refusal,
    refusal,
)
from altegio_sync.sandbox.hooks import HookSender
from altegio_sync.sandbox.limits import RequestLimits
from altegio_sync.sandbox.locations import Locations
from altegio_sync.sandbox.query import WrongParameterError
from altegio_sync.sandbox.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    from starlette.requests import Request
    from starlette.responses import Response

    from altegio_sync.sandbox.school import School

_STARTS_WITHIN_S = 60.0
#: The delay of the answer of `Fault.SLOW`.
_SLOW_S = 5.0
_MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that arrived; ``at`` is a monotonic time in seconds."""

    at: float
    path: str
    query: Mapping[str, str]
    status: int
    fault: Fault | None


class SandboxServer:
    """Serves locations on loopback. Use it as a context manager, or call `bind` and `run`.

    - ``fault_rate``: the share of list requests that go wrong by chance. `fail` plans faults.
    - ``requests_per_second``, ``requests_per_minute``: 0 turns the limit off.
    - ``monotonic_s``: the clock of the limits.
    - ``hooks``: sends webhooks for the changes of the locations. Its addresses and faults may be
      set later.

    Tests may set ``before_request``: it is called with the path and the query of each request
    before the request is answered.
    """

    def __init__(
        self,
        school: School | Locations,
        *,
        port: int = 0,
        token: str = "sandbox-partner-token",  # noqa: S107 - of a made-up school
        user_token: str = "sandbox-user-token",  # noqa: S107 - of a made-up school
        latency_s: float = 0.0,
        fault_rate: float = 0.0,
        seed: int = 1,
        requests_per_second: int = 5,
        requests_per_minute: int = 200,
        max_page_size: int = 1000,
        monotonic_s: Callable[[], float] = time.monotonic,
        hooks: HookSender | None = None,
    ) -> None:
        self.hooks = hooks or HookSender()
        self.locations = school if isinstance(school, Locations) else Locations([school])
        self.locations.listen(self.hooks.announce)
        self.latency_s = latency_s
        self.slow_s = _SLOW_S
        self.max_page_size = max_page_size
        self.retry_after: str | None = None
        #: The last requests: at least so many, at most twice as many.
        self.most_kept = _MOST_KEPT
        self.requests: list[SeenRequest] = []
        self.before_request: Callable[[str, Mapping[str, str]], None] | None = None
        self._tokens = Tokens(token, user_token)
        #: Whether `POST /auth` asks for a second factor, as it does for some users.
        self.asks_second_factor = False
        self._port = port
        self._fault_rate = fault_rate
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._limits = RequestLimits(requests_per_second, requests_per_minute)
        self._monotonic_s = monotonic_s
        self._planned: list[PlannedFault] = []
        self._transports = Transports()
        self._socket: socket.socket | None = None
        self._server = _make_server(self._application(), self._transports)
        self._thread: threading.Thread | None = None

    @property
    def refusals(self) -> int:
        """How many requests came too soon."""
        return self._limits.refusals

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/v1"

    def control_url(self, path: str) -> str:
        """An address of `Control`."""
        return f"http://127.0.0.1:{self._port}/sandbox/{path}"

    @property
    def school(self) -> School:
        """The only location, or the first."""
        return self.locations.first

    @school.setter
    def school(self, school: School) -> None:
        self.locations = Locations([school])
        self.locations.listen(self.hooks.announce)

    def fail(
        self,
        fault: Fault,
        *,
        times: int = 1,
        page: int | None = None,
        after: int = 0,
        company_id: str | None = None,
    ) -> None:
        """Let ``times`` list requests fail (-1: all), after ``after`` requests succeeded."""
        self._planned.append(PlannedFault(fault, times, page, after, company_id))

    def forget_faults(self) -> None:
        """Forget all failures that `fail` planned."""
        self._planned.clear()

    def start_over(self, school: School) -> None:
        """Serve another school like a new server: without earlier requests and planned faults."""
        self.school = school
        self.slow_s = _SLOW_S
        self.retry_after = None
        self.before_request = None
        self.requests.clear()
        self.forget_faults()
        self.hooks.start_over()

    def bind(self) -> None:
        """Open the port, so that `url` is known. OSError if another program uses the port."""
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._port = self._socket.getsockname()[1]

    def run(self) -> None:
        """Serve until Ctrl-C."""
        try:
            self._server.run(sockets=[self._socket] if self._socket else None)
        finally:
            self.hooks.close()

    def __enter__(self) -> Self:
        self.bind()
        self._thread = threading.Thread(target=self.run, name="altegio-sandbox", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while not self._server.started:
            if time.monotonic() > deadline:
                raise TimeoutError("the sandbox did not start")
            time.sleep(0.005)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=10)
        if self._socket is not None:
            self._socket.close()

    def _application(self) -> Starlette:
        endpoints: dict[str, Callable[[Request], Response]] = {
            "/companies": self._companies,
            "/company/{company_id}": self._about(show_location),
            "/company/{company_id}/staff": self._about(list_staff),
            "/staff/{company_id}": self._about(list_staff),
            "/company/{company_id}/services": self._about(list_services),
            "/services/{company_id}": self._about(list_services),
            "/records/{company_id}": self._about(self._records),
            "/record/{company_id}/{record_id}": self._about(show_record),
            "/hooks_settings/{company_id}": self._hook_settings,
        }
        routes = [Route("/api/v1/auth", self._log_in, methods=["POST"])]
        for path, endpoint in endpoints.items():
            # In the API's docs, some paths end with a slash and others do not.
            routes.append(Route(f"/api/v1{path}", self._guarded(endpoint)))
            routes.append(Route(f"/api/v1{path}/", self._guarded(endpoint)))
        routes += Control(self.hooks, lambda company: self.locations.find(company)).routes()
        return Starlette(routes=routes)

    def _guarded(
        self, endpoint: Callable[[Request], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            at = self._monotonic_s()
            query = dict(request.query_params)
            if self.before_request is not None:
                self.before_request(request.url.path, query)
            answered_at = self.school.clock().astimezone(UTC)
            response, fault = self._answer(request, endpoint, at)
            response.headers["Date"] = format_datetime(answered_at, usegmt=True)
            self._note(SeenRequest(at, request.url.path, query, response.status_code, fault))
            wait_s = self.latency_s + (self.slow_s if fault is Fault.SLOW else 0.0)
            if wait_s:
                await anyio.sleep(wait_s)
            return response

        return handle

    def _note(self, seen: SeenRequest) -> None:
        if len(self.requests) >= 2 * self.most_kept:
            del self.requests[: self.most_kept]
        self.requests.append(seen)

    def _answer(
        self, request: Request, endpoint: Callable[[Request], Response], at: float
    ) -> tuple[Response, Fault | None]:
        if (refused := self._over_limit(at) or self._not_allowed(request)) is not None:
            return refused, None
        try:
            response = endpoint(request)
        except WrongParameterError as error:
            response = error.response()
        fault = self._next_fault(request)
        if fault is not None:
            response = fault_response(fault, response, self._transports, self.retry_after)
        return response, fault

    def _over_limit(self, now: float) -> Response | None:
        wait_s = self._limits.count(now)
        if not wait_s:
            return None
        # The real API has refused requests in both forms.
        status = 429 if self.refusals % 2 else 200
        return limit_refusal(status, int(wait_s) + 1, self.retry_after)

    def _not_allowed(self, request: Request) -> Response | None:
        if (refused := self._tokens.refuse(request)) is not None:
            return refused
        company_id = request.path_params.get("company_id")
        if company_id is None or self.locations.find(company_id) is not None:
            return None
        if request.url.path.rstrip("/").endswith(f"/company/{company_id}"):
            return refusal(404, f"No location with identifier {company_id} found")
        return refusal(403, "Access denied.")

    def _next_fault(self, request: Request) -> Fault | None:
        if not request.url.path.startswith("/api/v1/records/"):
            return None
        page = request.query_params.get("page", "1")
        for planned in self._planned:
            if planned.takes(request.path_params["company_id"], page):
                return planned.fault
        if self._random.random() < self._fault_rate:
            return self._random.choice(RANDOM_FAULTS)
        return None

    def _about(
        self, answer: Callable[[Request, School], Response]
    ) -> Callable[[Request], Response]:
        """The endpoint that answers about the location of its path."""

        def endpoint(request: Request) -> Response:
            school = self.locations.find(request.path_params["company_id"])
            if school is None:
                raise LookupError("the location was just taken away")
            return answer(request, school)

        return endpoint

    async def _log_in(self, request: Request) -> Response:
        self._note(SeenRequest(self._monotonic_s(), request.url.path, {}, 0, None))
        return await self._tokens.log_in(request, asks_second_factor=self.asks_second_factor)

    def _companies(self, request: Request) -> Response:
        return list_companies(request, self.locations, self.max_page_size)

    def _records(self, request: Request, school: School) -> Response:
        return list_records(request, school, self.max_page_size)

    def _hook_settings(self, request: Request) -> Response:
        settings = self.hooks.settings
        if request.path_params["company_id"] in settings.denied:
            return refusal(403, "Access denied.")
        return success(settings.to_json(), [])


def _make_server(application: Starlette, transports: Transports) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        http=transports.protocol(),
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,  # it comes from the school's clock
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
