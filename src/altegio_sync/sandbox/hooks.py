"""Sends webhooks for the changes of the made-up school, and notes what became of each."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import anyio
import httpx2
from anyio.from_thread import start_blocking_portal

from altegio_sync.sandbox.hook_plan import HookFate, HookFaults, PlannedDelivery, plan_deliveries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from anyio.streams.memory import MemoryObjectReceiveStream

    from altegio_sync.sandbox.bodies import Body
    from altegio_sync.sandbox.changes import SchoolChange

#: How long Altegio waits for an answer.
_ANSWERED_WITHIN_S = 15.0
_MOST_KEPT = 50_000
#: The switches of the settings, in the order of Altegio's answer.
_EVENTS = (
    *("salon", "service_category", "service", "good", "master", "client", "record"),
    *("goods_operations_sale", "goods_operations_receipt", "goods_operations_consumable"),
    *("goods_operations_stolen", "goods_operations_move", "finances_operation"),
)


@dataclass(slots=True)
class SentHook:
    """A webhook, and what became of it at the address with this number, counted from 1.

    ``status`` is the answer's; None if nobody answered, or if it is not sent yet. Moments are
    aware; None if it did not happen. ``due_s`` is a time by the sender's own clock.
    """

    address: int
    planned: PlannedDelivery
    due_s: float
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    status: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for its time, or for an answer."""
        return self.planned.fate is not HookFate.LOST and self.ended_at is None

    def to_json(self) -> Body:
        """Without the data of the events."""
        return {
            "address": self.address,
            "fate": self.planned.fate.value,
            "sentAt": self.sent_at and self.sent_at.isoformat(),
            "endedAt": self.ended_at and self.ended_at.isoformat(),
            "status": self.status,
            "events": [_without_data(each) for each in self.planned.events],
        }


def _without_data(event: Body) -> Body:
    shown = {key: value for key, value in event.items() if key != "data"}
    stamp = event["data"].get("last_change_date") if isinstance(event["data"], dict) else None
    return shown | {"last_change_date": stamp}


@dataclass(slots=True)
class HookSettings:
    """What `GET hooks_settings/{location}` answers, the same for each location.

    ``switches`` has 1 or 0 for each resource, and for `active`. The user has no right to see the
    settings of the locations in ``denied``. With ``shows_each_address`` the answer has the switches
    of each address too, as newer servers do.
    """

    urls: Sequence[str] = ()
    switches: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("active", *_EVENTS, "schedule"), 1)
    )
    denied: set[str] = field(default_factory=set)
    shows_each_address: bool = False

    def to_json(self) -> Body:
        switches = {name: self.switches[name] for name in ("active", *_EVENTS)}
        switches["active"] *= bool(self.urls)
        body: Body = {"urls": list(self.urls), **switches}
        if self.shows_each_address:
            body["url_settings"] = [{"url": each, **switches} for each in self.urls]
        return body


class HookSender:
    """Sends each change to all addresses of ``settings``, from a thread of its own.

    An answer may take 15 seconds. Nothing is sent twice on purpose, except the doubles of
    ``faults``. ``sent`` lists the webhooks that wait, and at least the last ``most_kept`` of the
    others. Lost webhooks are listed too.
    """

    def __init__(
        self,
        urls: Sequence[str] = (),
        faults: HookFaults | None = None,
        *,
        seed: int = 1,
        answered_within_s: float = _ANSWERED_WITHIN_S,
    ) -> None:
        self.settings = HookSettings(urls)
        self.faults = faults or HookFaults()
        self.sent: list[SentHook] = []
        self.most_kept = _MOST_KEPT
        self._seed = seed
        self._answered_within_s = answered_within_s
        self._changes: Counter[tuple[str, int]] = Counter()
        self._lock = Lock()
        self._stack = ExitStack()
        self._begin: Callable[[SentHook], object] | None = None
        #: How much time has passed beyond real time.
        self._passed_s = 0.0
        self._time_passes: Callable[[], object] = lambda: None
        self._time_passed = anyio.Event()

    @property
    def is_quiet(self) -> bool:
        """Whether no webhook waits for its time or for an answer."""
        return not any(each.is_open for each in self.sent)

    def announce(self, change: SchoolChange) -> None:
        """Plan the webhooks of the change, and begin to wait for their time."""
        if not self.settings.urls or not self.settings.switches["active"]:
            return
        with self._lock:
            now_s = self._now_s()
            hooks = [
                SentHook(number, each, now_s + each.wait_s)
                for each in self._plan(change)
                for number in range(1, len(self.settings.urls) + 1)
            ]
            self._forget_old()
            self.sent += hooks
            for each in hooks:
                if each.is_open:
                    self._started()(each)

    def close(self) -> None:
        """Stop at once. What still waits is never sent."""
        with self._lock:
            self._begin, self._time_passes = None, lambda: None
            self._stack.close()

    def let_time_pass(self, span: timedelta) -> None:
        """Send what waits for a time within this span, as if the span was over."""
        self._passed_s += span.total_seconds()
        self._time_passes()

    def start_over(self) -> None:
        """Be like a new sender without addresses and faults."""
        self.close()
        self.settings, self.faults = HookSettings(), HookFaults()
        self.sent.clear()
        self._changes.clear()

    def _forget_old(self) -> None:
        if len(self.sent) >= 2 * self.most_kept:
            old, last = self.sent[: -self.most_kept], self.sent[-self.most_kept :]
            self.sent[:] = [*(each for each in old if each.is_open), *last]

    def _plan(self, change: SchoolChange) -> list[PlannedDelivery]:
        """The same for the same seed, whatever happens to other bookings in the meantime."""
        booking = change.company_id, change.record_id
        self._changes[booking] += 1
        # Not for secrets.
        source = random.Random(f"{self._seed}/{booking}/{self._changes[booking]}")  # noqa: S311
        wanted = []
        for planned in plan_deliveries(change, self.faults, source):
            events = [e for e in planned.events if self.settings.switches.get(e["resource"])]
            if events:
                wanted.append(
                    PlannedDelivery(events, planned.fate, planned.wait_s, planned.is_list)
                )
        return wanted

    def _started(self) -> Callable[[SentHook], object]:
        """Lets a webhook wait for its time, in the thread that sends them."""
        if self._begin is None:
            portal = self._stack.enter_context(start_blocking_portal(name="altegio-hooks"))
            hooks, received = anyio.create_memory_object_stream[SentHook](math.inf)
            self._stack.callback(portal.call, hooks.close)
            work = portal.start_task_soon(self._send_all, received)
            self._stack.callback(work.cancel)
            self._begin = partial(portal.start_task_soon, hooks.send_nowait)
            self._time_passes = partial(portal.call, self._wake_all)
        return self._begin

    async def _send_all(self, received: MemoryObjectReceiveStream[SentHook]) -> None:
        self._time_passed = anyio.Event()  # an event belongs to its event loop
        # A proxy of the environment leads nowhere from loopback.
        client = httpx2.AsyncClient(trust_env=False, timeout=None)
        async with client, received, anyio.create_task_group() as tasks:
            async for hook in received:
                tasks.start_soon(self._send, client, hook)

    async def _send(self, client: httpx2.AsyncClient, hook: SentHook) -> None:
        await self._wait_until(hook.due_s)
        hook.sent_at = datetime.now(UTC)
        url = self.settings.urls[hook.address - 1]
        try:
            # A limit of the client's would count each part of the answer for itself.
            with anyio.fail_after(self._answered_within_s):
                answer = await client.post(url, json=hook.planned.content)
            hook.status = answer.status_code
        except (TimeoutError, httpx2.HTTPError):
            hook.status = None
        hook.ended_at = datetime.now(UTC)

    async def _wait_until(self, due_s: float) -> None:
        while (left_s := due_s - self._now_s()) > 0:
            with anyio.move_on_after(left_s):
                await self._time_passed.wait()

    def _now_s(self) -> float:
        return time.monotonic() + self._passed_s

    def _wake_all(self) -> None:
        self._time_passed.set()
        self._time_passed = anyio.Event()
