"""Reads HTML as a browser does."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"input", "link", "meta"}


class Page(HTMLParser):
    """What a reader of HTML makes of a page; every element must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.metas: dict[str, str | None] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
        if tag == "meta":
            told = dict(attrs)
            self.metas[str(told.get("http-equiv") or told.get("name"))] = told.get("content")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def shown(self) -> str:
        """All that is read on the page, also by a screen reader and under the mouse."""
        named = [value or "" for key, value in self.attributes if key in ("aria-label", "title")]
        return "\n".join([*self.texts, *named])
