"""HTML that is always escaped: only text made by `element` is not escaped again."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import TYPE_CHECKING

from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.language import current_language

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOID = frozenset({"meta", "rect", "line"})
#: The page loads, runs and sends nothing. One style sheet is allowed, by the hash of its text.
_POLICY = "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"

#: By this, the program recognizes its own page, in any language.
GENERATOR = "altegio-sync stats"


class Markup(str):
    """Finished HTML. Concatenated with plain text it becomes plain text, which is escaped."""

    __slots__ = ()


Child = str | None
Attribute = str | int | float | None


def element(name: str, *children: Child, **attributes: Attribute) -> Markup:
    """An element with its children (None is skipped); `class_` becomes `class`.

    Names of elements and attributes come from our code. All other text may be foreign.
    """
    attributes_text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{attributes_text}/>")
    return Markup(f"<{name}{attributes_text}>{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Markup:
    return Markup("".join(_escaped(each) for each in children if each is not None))


def _escaped(child: str) -> str:
    return child if isinstance(child, Markup) else html.escape(plain(child))


def document(title: str, style: str, body: Markup) -> str:
    """A whole page, with a policy that allows only the style sheet."""
    sheet = f"\n{style}"
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element(
            "meta", http_equiv="Content-Security-Policy", content=_POLICY.format(digest=digest)
        ),
        element("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name_="color-scheme", content="light dark"),
        element("meta", name_="referrer", content="no-referrer"),
        element("meta", name_="robots", content="noindex"),
        element("meta", name_="generator", content=GENERATOR),
        element("title", title),
        element("style", Markup(sheet)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang=current_language())}\n"
