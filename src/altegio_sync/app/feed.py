"""What the readers of the live page see: each view is read and drawn once for all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import anyio

from altegio_sync.domain.clock import steady_now, utc_now
from altegio_sync.domain.live import LivePage, Section
from altegio_sync.errors import StoreError
from altegio_sync.html import PROBLEM, assets_version, render_problem, render_section
from altegio_sync.messages import live as texts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from anyio.abc import TaskGroup

    from altegio_sync.app.live import LivePages
    from altegio_sync.domain.live import View
    from altegio_sync.domain.report import RunError
    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language
    from altegio_sync.ports import Warn
    from altegio_sync.usecases.stopping import StopSignal

_LOOKED_EVERY_S = 1.0
_PINGED_WITHIN_S = 3.0
_TRIED_AGAIN_AFTER_S = 30.0
#: A page without the script comes back sooner than that.
_KEPT_FOR_S = 60.0
_MOST_TOPICS = 50
_STATE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the page, and the event that brings it to a page."""

    html: str
    event: bytes


class NotFollowedError(Exception):
    """Too many other views are looked at, or the server stops."""


class LiveFeed:
    """The views that somebody looks at. ``ping`` raises StoreError if MongoDB does not answer.

    ``warn`` logs, ``failure_of`` describes any error without private data.
    """

    def __init__(
        self,
        pages: LivePages,
        ping: Callable[[], Awaitable[object]],
        *,
        warn: Warn,
        failure_of: Callable[[Exception], tuple[RunError, int]],
        clock: Callable[[], datetime] = utc_now,
        pinged_within_s: float = _PINGED_WITHIN_S,
        most_topics: int = _MOST_TOPICS,
    ) -> None:
        self.pages = pages
        self.clock = clock
        self.problem: Message | None = None
        self._is_closed = False
        self._ping = ping
        self._warn = warn
        self._failure_of = failure_of
        self._pinged_within_s = pinged_within_s
        self._most_topics = most_topics
        self._topics: dict[tuple[View, Language], Topic] = {}
        self._tasks: TaskGroup | None = None

    async def run(self, stop: StopSignal) -> None:
        async with anyio.create_task_group() as self._tasks:
            for each in self._topics.values():
                self._start(each)
            with stop.interrupting():
                await self._watch_store()
            self.close()
            self._tasks.cancel_scope.cancel()

    def open(self, view: View, language: Language) -> Topic:
        """What the readers of this view see, in this language.

        Raises:
            NotFollowedError: this view cannot be kept up to date.
        """
        if self._is_closed:
            raise NotFollowedError
        topic = self._topics.get((view, language))
        if topic is None:
            self._forget_one()
            topic = self._topics[view, language] = Topic(self, view, language)
            self._start(topic)
        topic.asked_at = steady_now()
        return topic

    def close(self) -> None:
        """End the streams of all readers, for good."""
        self._is_closed = True
        for key in [*self._topics]:
            self._end(key)

    def report(self, error: Exception) -> None:
        """Log an error of our own: it must not end the process."""
        self._warn("live_page_failed", reason=self._failure_of(error)[0].message)

    def _start(self, topic: Topic) -> None:
        if self._tasks is not None:
            for section in Section:
                self._tasks.start_soon(topic.follow, section)

    def _forget_one(self) -> None:
        """Make room for one more topic."""
        if len(self._topics) < self._most_topics:
            return
        unread = [(each.asked_at, key) for key, each in self._topics.items() if not each.readers]
        if not unread:
            raise NotFollowedError
        self._end(min(unread, key=lambda each: each[0])[1])

    def _end(self, key: tuple[View, Language]) -> None:
        self._topics.pop(key).end()

    async def _watch_store(self) -> None:
        """Notice within seconds that MongoDB is away, also while a query waits for it."""
        while True:
            now = steady_now()
            for key, each in [*self._topics.items()]:
                if not each.readers and now > each.asked_at + _KEPT_FOR_S:
                    self._end(key)
            if self._topics:
                self.problem = await self._find_problem()
                if self.problem is not None:
                    self.pages.note_outage()
                for each in self._topics.values():
                    each.show_problem()
            await anyio.sleep(_LOOKED_EVERY_S)

    async def _find_problem(self) -> Message | None:
        try:
            with anyio.fail_after(self._pinged_within_s):
                await self._ping()
        except TimeoutError:
            return texts.NO_ANSWER()
        except StoreError as error:
            return error.message
        return None


class Topic:
    """A view in one language. ``elements`` are those of the page by id, as they are now.

    When it ``is_over``, nothing changes any more, and its readers ask for the view again.
    """

    def __init__(self, feed: LiveFeed, view: View, language: Language) -> None:
        self.page = LivePage(view, feed.clock())
        self.elements: Mapping[str, Element] = {}
        self.readers = 0
        self.asked_at = 0.0
        self.is_over = False
        self._feed = feed
        self._view = view
        self.language: Language = language
        self._problems: dict[Section, Message | None] = {}
        self._drawn: dict[str, object] = {}
        self._changed = anyio.Event()
        for section in Section:
            self._draw_section(section)
        self.show_problem()

    @property
    def frame(self) -> str:
        """Another text for each state of what is around the elements, which no event replaces.

        Empty before anything was read: then a page has no choice of locations, and no zone.
        """
        page = self.page
        if page.read_at is None:
            return ""
        around = (assets_version(), str(page.now.tzinfo), page.view.company, *page.places)
        return sha256(repr(around).encode()).hexdigest()[:_STATE_LENGTH]

    @property
    def state(self) -> str:
        """Another text for each state of the elements and of their frame."""
        whole = sha256(b"".join(each.event for each in self.elements.values()))
        return f"{self.frame}-{whole.hexdigest()[:_STATE_LENGTH]}"

    @property
    def is_elsewhere(self) -> bool:
        """Whether the view names a location that the school does not have, as far as is known."""
        asked, places = self._view.company, self.page.places
        return bool(asked and places) and asked not in {each.company for each in places}

    async def wait_for_change(self, shown: Mapping[str, Element]) -> None:
        """Return when the elements are not the ``shown`` ones, or the topic is over."""
        while self.elements is shown and not self.is_over:
            await self._changed.wait()

    async def wait_until_read(self) -> None:
        """Return when each section was read, or when it is known why not."""
        while not self._is_read and not self.is_over:
            await self._changed.wait()

    @property
    def _is_read(self) -> bool:
        return len(self._problems) == len(Section) or self._feed.problem is not None

    def end(self) -> None:
        self.is_over = True
        self._wake()

    async def follow(self, section: Section) -> None:
        """Read and draw the section again and again, as long as somebody wants to see it."""
        while not self.is_over:
            pause_s = _LOOKED_EVERY_S
            try:
                await self._read(section)
            except Exception as error:  # noqa: BLE001 - a page must not end the process
                self._feed.report(error)
                self._problems[section] = texts.NOT_DRAWN()
                pause_s = _TRIED_AGAIN_AFTER_S
            self.show_problem()
            await anyio.sleep(pause_s)

    async def _read(self, section: Section) -> None:
        page = await self._feed.pages.read(self._view, [section])
        if page.problem is None:
            contents = {**self.page.contents, **page.contents}
            self.page = replace(page, contents=contents, read_at=page.now)
            self._draw_section(section)
        self._problems[section] = page.problem

    def _draw_section(self, section: Section) -> None:
        # What is drawn depends on the time too, by the minute.
        of = (self.page.contents.get(section), f"{self.page.now:%F %H:%M}")
        self._draw(section, of, lambda: render_section(section, self.page, self.language))

    def show_problem(self) -> None:
        """Show what is wrong, where something is."""
        page = self.page_now()
        problem = page.problem
        of = (problem, problem and page.read_at, problem and page.today)
        self._draw(PROBLEM, of, lambda: render_problem(page, self.language))

    def page_now(self) -> LivePage:
        """The page at this moment, with what was read last and with what is wrong now."""
        problems = [self._feed.problem, *self._problems.values()]
        now = self._feed.clock().astimezone(self.page.now.tzinfo)
        return replace(self.page, now=now, problem=next(filter(None, problems), None))

    def _draw(self, name: str, of: object, render: Callable[[], str]) -> None:
        """Draw the element, unless it was drawn of the same things."""
        if name in self._drawn and self._drawn[name] == of:
            return
        self._drawn[name] = of
        html = render()
        if name not in self.elements or self.elements[name].html != html:
            data = json.dumps({"id": name, "html": html}, ensure_ascii=False)
            element = Element(html, f"data: {data}\n\n".encode())
            self.elements = {**self.elements, name: element}
            self._wake()

    def _wake(self) -> None:
        """Let all who wait look again."""
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
