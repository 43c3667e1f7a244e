"""The lines of `status` and `stats` about what needs attention; people search them with `grep`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.messages import render

if TYPE_CHECKING:
    from altegio_sync.domain.attention import Attention


def attention_line(attention: Attention) -> str:
    """One line, whose level word is the same in every language."""
    return f"{attention.level} {attention_text(attention)}"


def attention_text(attention: Attention) -> str:
    return " ".join(render(attention.text).split())
