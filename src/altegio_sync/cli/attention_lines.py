"""The lines of `status` and `stats` about what needs attention; people search them with `grep`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from altegio_sync.messages import render
from altegio_sync.messages.figures import MORE_OF_THIS_KIND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.domain.attention import Attention

#: More lines of one kind are too long for a screen; then only the first lines are shown.
_MOST_OF_A_KIND = 20
_FIRST = 5


def attention_lines(found: Sequence[Attention]) -> Iterator[str]:
    """The lines. Where many are of one kind, such as one for each company: the first, a count."""
    counts = Counter((each.level, each.code) for each in found)
    shown: Counter[tuple[str, str]] = Counter()
    for each in found:
        kind = each.level, each.code
        shown[kind] += 1
        if counts[kind] <= _MOST_OF_A_KIND or shown[kind] <= _FIRST:
            yield attention_line(each)
        if counts[kind] > _MOST_OF_A_KIND and shown[kind] == _FIRST:
            yield f"{each.level} {render(MORE_OF_THIS_KIND(count=counts[kind] - _FIRST))}"


def attention_line(attention: Attention) -> str:
    """One line, whose level word is the same in every language."""
    return f"{attention.level} {attention_text(attention)}"


def attention_text(attention: Attention) -> str:
    return " ".join(render(attention.text).split())
