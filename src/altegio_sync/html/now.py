"""The section *Now*: whether the collection can be trusted, and what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.domain.public_ids import with_public_ids
from altegio_sync.html.moments import moment_or_time
from altegio_sync.messages import live as texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.domain.attention import Attention
    from altegio_sync.domain.live import LivePage, Overview, Place
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.messages import Message

#: More lines than this are only counted.
_MOST_LINES = 12


def show_overview(page: LivePage, overview: Overview) -> dict[str, Any]:
    status = overview.status
    found = _errors_first(status.attention)
    lines = _errors_first([*found, *overview.about_lost])
    others = [each for each in page.places if each.company in overview.others]
    return {
        "kind": _kind(lines, others),
        "headline": _headline(found, is_one_of_several=page.view.company is not None),
        "others": texts.OTHERS(count=len(others)) if others else None,
        "other_places": others[:_MOST_LINES],
        "more_others": max(0, len(others) - _MOST_LINES),
        "lines": [
            (each.level.lower(), _word(each), with_public_ids(each.text))
            for each in lines[:_MOST_LINES]
        ],
        "more": max(0, len(lines) - _MOST_LINES),
        "facts": _facts(page, status),
    }


def _errors_first(found: Sequence[Attention]) -> list[Attention]:
    return sorted(found, key=lambda each: each.level)


def _kind(found: Sequence[Attention], others: Sequence[Place]) -> str:
    if found:
        return found[0].level.lower()
    return "warning" if others else "calm"


def _headline(found: Sequence[Attention], *, is_one_of_several: bool) -> Message:
    """The sentence; where there are several locations, it is about the chosen one."""
    if not found:
        return (texts.TRUSTED_HERE if is_one_of_several else texts.TRUSTED)()
    if any(each.is_doubt for each in found):
        doubt = texts.NOT_TRUSTED_HERE if is_one_of_several else texts.NOT_TRUSTED
        return doubt(count=len(found))
    return (texts.TRUSTED_BUT_HERE if is_one_of_several else texts.TRUSTED_BUT)(count=len(found))


def _word(attention: Attention) -> Message:
    return texts.IMPORTANT() if attention.level == "ERROR" else texts.NOTE()


def _facts(page: LivePage, status: StatusReport) -> list[tuple[Message, Message]]:
    run = status.last_run
    moments = [*status.cursors.values()]
    if run is not None and run.finished_at is not None:
        moments.append(run.finished_at)
    read_at = moment_or_time(max(moments), page.now) if moments else texts.NOT_YET()
    complete = sum(len(each.graded) for each in status.coverage)
    days = sum(len(each.days) for each in status.coverage)
    return [
        (texts.LAST_READ(), read_at),
        (texts.COMPLETE_DAYS(), texts.DAYS_OF(number=complete, whole=days)),
        (texts.STORED(), texts.NUMBER(number=status.documents)),
    ]
