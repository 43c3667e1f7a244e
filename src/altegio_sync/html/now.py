"""The section *Now*: whether the collection can be trusted, and what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from altegio_sync.domain.public_ids import with_public_ids
from altegio_sync.html.moments import moment_or_time
from altegio_sync.messages import live as texts

if TYPE_CHECKING:
    from altegio_sync.domain.attention import Attention
    from altegio_sync.domain.live import LivePage
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.messages import Message

#: More lines than this are only counted.
_MOST_LINES = 12


def show_status(page: LivePage, status: StatusReport) -> dict[str, Any]:
    found = sorted(status.attention, key=lambda each: each.level)  # errors first
    return {
        "kind": found[0].level.lower() if found else "calm",
        "headline": _headline(found),
        "lines": [
            (each.level.lower(), _word(each), with_public_ids(each.text))
            for each in found[:_MOST_LINES]
        ],
        "more": max(0, len(found) - _MOST_LINES),
        "facts": _facts(page, status),
    }


def _headline(found: list[Attention]) -> Message:
    if not found:
        return texts.TRUSTED()
    has_errors = any(each.level == "ERROR" for each in found)
    return (texts.NOT_TRUSTED if has_errors else texts.TRUSTED_BUT)(count=len(found))


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
