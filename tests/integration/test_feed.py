"""The stream of the live page over real sockets. What is read is decided by the test."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from starlette.applications import Starlette

from altegio_sync.app.feed import LiveFeed
from altegio_sync.domain.live import LivePage, Overview, Section, View
from altegio_sync.domain.report import RunError
from altegio_sync.errors import StoreUnavailableError
from altegio_sync.html import assets_version
from altegio_sync.messages import as_message
from altegio_sync.usecases.stopping import StopSignal
from altegio_sync.web.guard import Guard
from altegio_sync.web.page import LivePageRoutes
from altegio_sync.web.readers import Readers
from altegio_sync.web.server import ImpatientProtocol
from tests.integration.web import serving
from tests.live_pages import NOW, a_live_page, a_status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    import httpx2


class Pages:
    """Pages whose figure a test sets.

    Each section is read once for each time it is `let_read`, or always if ``is_free``.
    """

    def __init__(self) -> None:
        self.documents = 1
        self.places = a_live_page().places
        self.is_free = False
        self.reads: Counter[Section] = Counter()
        self.failures: dict[Section, Exception] = {}
        self._rounds = 0
        self._let = anyio.Event()

    def note_outage(self) -> None:
        """What was read is of no interest here."""

    def let_read(self) -> None:
        self._rounds += 1
        let, self._let = self._let, anyio.Event()
        let.set()

    async def read(self, view: View, sections: Collection[Section]) -> LivePage:
        [section] = sections
        while not self.is_free and self.reads[section] >= self._rounds:
            await self._let.wait()
        self.reads[section] += 1
        if section in self.failures:
            raise self.failures[section]
        page = replace(a_live_page(), view=view, places=self.places)
        contents = {**page.contents, Section.NOW: Overview(a_status(documents=self.documents))}
        return replace(page, contents={section: contents.get(section)})


class Store:
    """MongoDB, as far as the feed asks whether it answers."""

    def __init__(self) -> None:
        self.is_away = False

    async def ping(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("MongoDB is away")


class Stage:
    """A feed, its stand-ins, and a client of its server."""

    def __init__(self, most_topics: int = 50, **limits: Any) -> None:
        self.pages = Pages()
        self.store = Store()
        self.warnings: list[str] = []
        self.stop = StopSignal()
        self.feed = LiveFeed(
            self.pages,  # type: ignore[arg-type]
            self.store.ping,
            warn=self._warn,
            failure_of=lambda error: (RunError("unexpected", as_message(str(error))), 1),
            clock=lambda: NOW + timedelta(days=1),
            most_topics=most_topics,
        )
        readers = Readers()
        self.routes = LivePageRoutes(self.feed, Guard(None, readers), readers, **limits)

    def _warn(self, event: str, /, **fields: object) -> None:
        self.warnings.append(f"{event}: {fields['reason']}")

    @asynccontextmanager
    async def shown(
        self, protocol: type[ImpatientProtocol] = ImpatientProtocol
    ) -> AsyncIterator[httpx2.AsyncClient]:
        application = Starlette(routes=self.routes.routes)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.feed.run, self.stop)
            async with serving(application, protocol, [self.feed.close]) as client:
                yield client
            self.stop.set()


class Reader:
    """A reader of the stream, who keeps what a page would show."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.elements: dict[str, str] = {}
        self.state = ""
        self.others: Counter[str] = Counter()

    async def read_until(self, text: str) -> None:
        """Read until an element contains the text, and the state is known."""
        with anyio.fail_after(60):
            while text not in "".join(self.elements.values()) or not self.state:
                await self.read_line()

    async def read_line(self) -> None:
        name, _, value = (await anext(self._lines)).partition(": ")
        if name == "data" and value.startswith("{"):
            event = json.loads(value)
            self.elements[event["id"]] = event["html"]
            self.state = ""
        elif name == "id":
            self.state = value
        else:
            self.others[f"{name}: {value}".strip(": ") if value else name] += 1


@asynccontextmanager
async def reading(
    client: httpx2.AsyncClient, query: str = "", **headers: str
) -> AsyncIterator[Reader]:
    async with client.stream("GET", f"/events?{query}", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Reader(aiter(answer.aiter_lines()))


async def test_ten_readers_cost_as_much_as_one() -> None:
    stage = Stage()
    async with stage.shown() as client, anyio.create_task_group() as tasks:
        readers = [await _start_reading(client, tasks) for _ in range(10)]
        for documents in (5001, 5002, 5003):
            stage.pages.documents = documents
            stage.pages.let_read()
            for each in readers:
                await each.read_until(f"5,00{documents - 5000}")
        tasks.cancel_scope.cancel()

    assert set(stage.pages.reads.values()) <= {2, 3}
    assert stage.pages.reads[Section.NOW] == 3


async def _start_reading(client: httpx2.AsyncClient, tasks: anyio.abc.TaskGroup) -> Reader:
    async def read(*, task_status: anyio.abc.TaskStatus[Reader]) -> None:
        async with reading(client) as reader:
            task_status.started(reader)
            await anyio.sleep_forever()

    reader: Reader = await tasks.start(read)
    return reader


async def test_a_page_is_only_told_what_it_does_not_show_yet() -> None:
    stage = Stage(comment_every_s=0.05)
    stage.pages.let_read()
    async with stage.shown() as client:
        page = (await client.get("/?lang=uk&day=2026-11-20")).text
        [address] = [part.split('"')[0] for part in page.split('data-events="')[1:]]
        query = address.partition("?")[2].replace("&amp;", "&")
        async with reading(client, query) as same:
            while same.others[""] < 6:  # each comment is followed by an empty line
                await same.read_line()
        async with reading(client, query.partition("seen=")[0]) as new:
            await new.read_until("1")
        async with reading(client, query, **{"Last-Event-ID": new.state}) as again:
            while again.others[""] < 6:
                await again.read_line()

    assert (same.elements, again.elements) == ({}, {})
    assert set(new.elements) == {*Section, "problem"}
    assert all(each in page for each in new.elements.values())
    assert same.others["retry: 1000"] == 1


async def test_a_page_is_loaded_again_when_what_is_around_its_sections_is_another() -> None:
    """It was opened before anything was read, or is of another version, or of other locations."""
    stage = Stage(comment_every_s=0.05)
    stage.pages.documents = 4711
    async with (
        stage.shown() as client,
        reading(client, "seen=-4567") as unread,
        reading(client, "seen=0123-4567") as of_before,
    ):
        while of_before.others[":"] < 3:  # nothing is known yet, as after a restart
            await of_before.read_line()
        assert of_before.others["event: reload"] == 0
        stage.pages.let_read()
        for each in (unread, of_before):
            await each.read_until("4,711")
            assert each.others["event: reload"] == 1

        async with reading(client, f"seen={unread.state}") as same:
            await _bring(stage, same, 5001)
            assert same.others["event: reload"] == 0
            stage.pages.places = stage.pages.places[:1]
            await _bring(stage, same, 5002)
            assert same.others["event: reload"] == 1


async def _bring(stage: Stage, reader: Reader, documents: int) -> None:
    stage.pages.documents = documents
    stage.pages.let_read()
    await reader.read_until(f"{documents:,}")


async def test_a_stream_is_not_closed_while_nothing_changes() -> None:
    class QuickProtocol(ImpatientProtocol):
        looked_every_s = 0.01

    stage = Stage(comment_every_s=0.05)
    stage.pages.let_read()
    async with stage.shown(QuickProtocol) as client, reading(client) as reader:
        await reader.read_until("1")
        while reader.others[":"] < 5:
            await reader.read_line()


async def test_the_last_figures_stay_while_mongodb_is_away() -> None:
    stage = Stage()
    stage.pages.documents = 4711
    stage.pages.let_read()
    async with stage.shown() as client, reading(client) as reader:
        await reader.read_until("4,711")
        stage.store.is_away = True
        await reader.read_until("MongoDB is away")
        page = (await client.get("/")).text

        assert "4,711" in page
        assert "What you see is of 2026-11-26 10:20. MongoDB is away" in page

        stage.store.is_away = False
        while "MongoDB is away" in reader.elements["problem"]:
            await reader.read_line()
        assert "4,711" in (await client.get("/")).text


async def test_a_section_that_cannot_be_drawn_leaves_the_others() -> None:
    stage = Stage()
    stage.pages.failures[Section.MONTH] = ValueError("an odd value")
    stage.pages.let_read()
    async with stage.shown() as client:
        page = (await client.get("/")).text

    assert "A part of the page could not be made" in page
    assert "Індивідуальний урок" in page
    assert stage.warnings == ["live_page_failed: an odd value"]


async def test_too_many_readers_are_refused() -> None:
    stage = Stage(most_streams=2)
    async with stage.shown() as client, reading(client), reading(client):
        answer = await client.get("/events")
        assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")


async def test_views_that_nobody_reads_make_room_for_others() -> None:
    stage = Stage(most_topics=2)
    stage.pages.is_free = True
    async with stage.shown() as client, reading(client, "day=2026-01-01") as reader:
        for day in (2, 3, 4):
            assert (await client.get(f"/?day=2026-01-0{day}")).status_code == 200
        async with reading(client, "day=2026-01-05"):
            assert (await client.get("/?day=2026-01-06")).status_code == 503
        stage.pages.documents = 5555
        await reader.read_until("5,555")


async def test_what_does_not_exist_is_not_replaced_by_something_else() -> None:
    stage = Stage()
    stage.pages.is_free = True
    async with stage.shown() as client:
        for address in ("/?company=99", "/todo?company=99", "/?day=never", "/events?day=never"):
            answer = await client.get(address)
            assert answer.status_code == 404
            assert '<a href="./">Back to the page</a>' in answer.text
        assert (await client.get("/?company=78&day=2026-11-26")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/events", "/todo", "/page.css", "/page.js", "/icon.svg"])
async def test_each_address_answers_head_and_refuses_what_changes(path: str) -> None:
    stage = Stage()
    stage.pages.let_read()
    async with stage.shown() as client:
        head = await client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["x-content-type-options"] == "nosniff"
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            assert (await client.request(method, path)).status_code == 405


async def test_what_a_page_loads_is_kept_by_the_browser_until_it_changes() -> None:
    async with Stage().shown() as client:
        for name in ("page.css", "page.js", "icon.svg"):
            this = await client.get(f"/{name}?v={assets_version()}")
            other = await client.get(f"/{name}?v=0123")
            assert "immutable" in this.headers["cache-control"]
            assert other.headers["cache-control"] == "no-cache"
            assert this.content == other.content != b""
