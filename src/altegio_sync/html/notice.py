"""A page with one sentence, in place of a page that is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.html.environment import render_template
from altegio_sync.html.page_files import STYLE

if TYPE_CHECKING:
    from altegio_sync.messages import Message


def render_notice(title: Message, text: Message, *, leads_back: bool = False) -> str:
    values = {"title": title, "text": text, "leads_back": leads_back}
    return render_template("notice.html", **values, style=STYLE)
