"""The live page: the page itself, what it loads, and its stream of events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from altegio_sync.app.feed import NotFollowedError, Topic
from altegio_sync.html import (
    EVENTS,
    ICON,
    SCRIPT,
    STYLE,
    TODO,
    assets_version,
    page_icon,
    page_script,
    page_style,
    render_page,
    render_todo_page,
)
from altegio_sync.messages import serve as texts
from altegio_sync.web.answers import FOR_PAGES, PRIVATE, SAFE, explain
from altegio_sync.web.readers import NoViewError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

    from altegio_sync.app.feed import Element, LiveFeed
    from altegio_sync.messages import Message
    from altegio_sync.web.guard import Guard
    from altegio_sync.web.readers import Readers

_READ_WITHIN_S = 3.0
_COMMENT_EVERY_S = 15.0
_MOST_STREAMS = 100
_ASSETS = {
    STYLE: (page_style, "text/css"),
    SCRIPT: (page_script, "text/javascript"),
    ICON: (page_icon, "image/svg+xml"),
}
_STREAM = {**PRIVATE, "X-Accel-Buffering": "no"}


class LivePageRoutes:
    """The addresses of the live page, for those whom the guard lets pass."""

    def __init__(
        self,
        feed: LiveFeed,
        guard: Guard,
        readers: Readers,
        *,
        comment_every_s: float = _COMMENT_EVERY_S,
        most_streams: int = _MOST_STREAMS,
    ) -> None:
        self._feed = feed
        self._guard = guard
        self._readers = readers
        self._comment_every_s = comment_every_s
        self._most_streams = most_streams
        self._streams = 0

    @property
    def routes(self) -> list[Route]:
        """Nothing in the style, the script and the picture is private, so all get them."""
        return [
            Route("/", self._guard.protect(self._show)),
            Route(f"/{TODO}", self._guard.protect(self._show_todo)),
            Route(f"/{EVENTS}", self._guard.protect(self._stream)),
            *[Route(f"/{name}", _load) for name in _ASSETS],
        ]

    async def _show(self, request: Request) -> Response:
        topic = await self._find(request)
        if isinstance(topic, Response):
            return topic
        drawn = {name: each.html for name, each in topic.elements.items()}
        page = render_page(topic.page_now(), topic.language, drawn, topic.state)
        return HTMLResponse(page, headers=FOR_PAGES)

    async def _show_todo(self, request: Request) -> Response:
        topic = await self._find(request)
        if isinstance(topic, Response):
            return topic
        page = render_todo_page(topic.page_now(), topic.language)
        return HTMLResponse(page, headers=FOR_PAGES)

    async def _stream(self, request: Request) -> Response:
        if request.method == "HEAD":
            return Response(None, 200, _STREAM, "text/event-stream")
        if self._streams >= self._most_streams:
            return self._refuse(request)
        topic = self._open(request)
        if isinstance(topic, Response):
            return topic
        seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
        return StreamingResponse(self._read(topic, seen), 200, _STREAM, "text/event-stream")

    async def _find(self, request: Request) -> Topic | Response:
        """What the request asks for, as soon as it is read; or why there is nothing to see."""
        topic = self._open(request)
        if isinstance(topic, Topic):
            await _wait_until_read(topic)
            if topic.is_elsewhere:
                return self._find_nothing(request, texts.NO_SUCH_LOCATION())
        return topic

    def _open(self, request: Request) -> Topic | Response:
        try:
            view = self._readers.view_of(request)
            return self._feed.open(view, self._readers.language_of(request))
        except NoViewError as error:
            return self._find_nothing(request, error.message)
        except NotFollowedError:
            return self._refuse(request)

    async def _read(self, topic: Topic, seen: str) -> AsyncIterator[bytes]:
        """The events for one reader, who saw the state ``seen`` last."""
        self._streams += 1
        topic.readers += 1
        try:
            yield b"retry: 1000\n\n"
            frame = seen.partition("-")[0]
            shown = topic.elements if seen == topic.state else {}
            while not topic.is_over:
                if seen and topic.frame not in ("", frame):
                    frame = topic.frame
                    yield b"event: reload\ndata: -\n\n"
                elements, state = topic.elements, topic.state
                for event in _find_events(elements, shown, state):
                    yield event
                shown = elements
                with anyio.move_on_after(self._comment_every_s) as waiting:
                    await topic.wait_for_change(shown)
                if waiting.cancelled_caught:
                    yield b":\n\n"
        finally:
            topic.readers -= 1
            self._streams -= 1

    def _find_nothing(self, request: Request, text: Message) -> Response:
        """Never another page than the one that was asked for: it would be taken for this one."""
        language = self._readers.language_of(request)
        return explain(404, texts.PAGE_NOT_FOUND(), text, language=language, leads_back=True)

    def _refuse(self, request: Request) -> Response:
        text = texts.PAGE_TOO_MANY_READERS()
        language = self._readers.language_of(request)
        return explain(503, texts.PAGE_NOT_SHOWN(), text, language=language)


async def _wait_until_read(topic: Topic) -> None:
    with anyio.move_on_after(_READ_WITHIN_S):
        await topic.wait_until_read()


def _find_events(
    elements: Mapping[str, Element], shown: Mapping[str, Element], state: str
) -> list[bytes]:
    """The events that replace what is shown. The last one names the state that is then shown."""
    events = [each.event for name, each in elements.items() if shown.get(name) is not each]
    return [*events, f"id: {state}\n\n".encode()] if events else []


async def _load(request: Request) -> Response:
    read, media_type = _ASSETS[request.url.path.rpartition("/")[2]]
    is_of_this_version = request.query_params.get("v") == assets_version()
    kept = "public, max-age=31536000, immutable" if is_of_this_version else "no-cache"
    return Response(read(), 200, {**SAFE, "Cache-Control": kept}, media_type)
