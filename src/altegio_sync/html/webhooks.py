"""The section *Webhooks*: how many are lost, how fast changes arrive, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.durations import age_text
from altegio_sync.html.charts import stacked_bar
from altegio_sync.html.moments import moment_or_time
from altegio_sync.messages import live as texts

if TYPE_CHECKING:
    from altegio_sync.domain.live import LivePage, Webhooks
    from altegio_sync.domain.webhooks import ClassCounts, WebhookFigures
    from altegio_sync.messages import Message


@dataclass(frozen=True, slots=True)
class _Class:
    """The changes of one class; ``kind`` is the class of the colour."""

    name: Message
    kind: str
    day: int
    total: int


def show_webhooks(page: LivePage, webhooks: Webhooks) -> dict[str, Any]:
    figures, interval = webhooks.figures, webhooks.poll_interval
    polled = None if interval is None else texts.POLLED_EVERY(span=age_text(interval))
    if figures is None or figures.since is None:
        instead = (texts.NO_WEBHOOKS if figures is None else texts.NO_WEBHOOK_YET)()
        return {"instead": instead, "polled": polled}
    classes = _classes(figures.last_day, figures.total)
    return {
        "instead": None,
        "polled": polled,
        "facts": list(_facts(figures)),
        "classes": classes,
        "pieces": stacked_bar([(each.name, each.day, each.kind) for each in classes]),
        "label": texts.CLASSES_ARE(
            counts=[texts.CLASS_COUNT(name=each.name, number=each.day) for each in classes]
        ),
        "since": texts.COUNTED_SINCE(moment=moment_or_time(figures.since, page.now)),
        "dead": figures.queue.dead,
    }


def _classes(day: ClassCounts, total: ClassCounts) -> list[_Class]:
    return [
        _Class(texts.ANNOUNCED(), "arrived", day.announced, total.announced),
        _Class(texts.LATE(), "pending", day.late, total.late),
        _Class(texts.LOST(), "no-show", day.lost, total.lost),
        _Class(texts.RECEIVER_DOWN(), "other", day.receiver_down, total.receiver_down),
        _Class(texts.TOO_YOUNG(), "confirmed", day.unclassified, total.unclassified),
    ]


def _facts(figures: WebhookFigures) -> list[tuple[Message, Message]]:
    loss, delay, queue = figures.last_day.loss, figures.delay, figures.queue
    waits = texts.NOTHING_WAITS()
    if queue.oldest_age is not None:
        waits = texts.WAITS(count=queue.open, span=age_text(queue.oldest_age))
    return [
        (texts.LOST_OF_DAY(), texts.NO_CHANGE() if loss is None else texts.PERCENT(share=loss)),
        *(
            []
            if delay is None
            else [
                (texts.DELAY_OF_HALF(), texts.SECONDS(number=delay.p50_seconds)),
                (texts.DELAY_OF_MOST(), texts.SECONDS(number=delay.p95_seconds)),
            ]
        ),
        (texts.QUEUE(), waits),
    ]
