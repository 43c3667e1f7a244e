"""Answers for a browser, which must not keep, guess, embed or pass on anything of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from altegio_sync.html import render_notice
from altegio_sync.messages.language import in_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from altegio_sync.messages import Message
    from altegio_sync.messages.language import Language

#: For every answer.
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PRIVATE = {**SAFE, "Cache-Control": "no-store"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FOR_PAGES = {**PRIVATE, "Content-Security-Policy": _POLICY}


def explain(
    status: int,
    title: Message,
    text: Message,
    *,
    language: Language,
    headers: Mapping[str, str] | None = None,
    leads_back: bool = False,
) -> Response:
    """A page that says why there is nothing to see; it may have a link to the live page."""
    with in_language(language):
        page = render_notice(title, text, leads_back=leads_back)
    return HTMLResponse(page, status, {**FOR_PAGES, **(headers or {})})
