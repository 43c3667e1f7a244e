"""What `status` says about webhooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from altegio_sync.cli.render_status import render_status
from altegio_sync.domain.webhooks import (
    ClassCounts,
    Delay,
    NoticeQueue,
    WebhookFigures,
    about_webhooks,
)
from tests.unit.test_status import NOW, WELL

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
FIGURES = WebhookFigures(
    since=NOW - timedelta(days=12),
    receiver_age=3 * SECOND,
    total=ClassCounts(announced=3900, late=60, lost=40),
    last_day=ClassCounts(announced=386, late=2, lost=12, receiver_down=5, unclassified=1),
    delay=Delay(4.2, 9.84),
)


def rows(figures: WebhookFigures) -> list[str]:
    lines = render_status(replace(WELL, webhooks=figures)).splitlines()
    return [line.strip() for line in lines if line.startswith(("  webhooks", "  delay", "  queue"))]


def test_the_status_has_three_rows_about_webhooks() -> None:
    assert rows(FIGURES) == [
        "webhooks   3.0% lost in the last 24 hours (12 of 400 changes), 1.0% in the last 12 days",
        "delay      half of the changes are stored within 4.2 s, 95 % within 9.8 s",
        "queue      no webhook waits",
    ]


def test_before_the_first_notice_nothing_is_known() -> None:
    assert rows(WebhookFigures(None, SECOND)) == [
        "webhooks   none has come yet",
        "queue      no webhook waits",
    ]


def test_the_first_changes_are_too_new() -> None:
    young = WebhookFigures(NOW, SECOND, last_day=ClassCounts(unclassified=7))

    assert rows(young)[0] == (
        "webhooks   7 changes are too new to know whether their webhooks come"
    )


def test_a_day_without_changes_is_not_a_day_without_loss() -> None:
    quiet = replace(FIGURES, last_day=ClassCounts(receiver_down=3), delay=None)

    assert rows(quiet)[0] == ("webhooks   no change in the last 24 hours, 1.0% in the last 12 days")
    assert quiet.last_day.loss is None


def test_the_queue_is_shown_with_its_age_and_with_what_was_given_up() -> None:
    waiting = replace(FIGURES, queue=NoticeQueue(12, 3 * MINUTE, dead=2))

    assert (
        rows(waiting)[2] == "queue      12 webhooks wait, the oldest for 3 minutes, 2 were given up"
    )


def test_the_status_says_nothing_about_webhooks_that_nobody_uses() -> None:
    assert "webhooks" not in render_status(WELL)
    assert "webhooks" not in WELL.to_json()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"by_company": {"77": ClassCounts(announced=95, lost=5)}}, None),
        ({"by_company": {"77": ClassCounts(announced=94, lost=6)}}, "webhooks_lost"),
        ({"by_company": {"77": ClassCounts(announced=10, lost=2)}}, None),
        ({"by_company": {"77": ClassCounts(receiver_down=50, unclassified=50)}}, None),
        ({"by_company": {"77": ClassCounts(late=50)}}, None),
        ({"queue": NoticeQueue(1, 15 * MINUTE)}, None),
        ({"queue": NoticeQueue(1, 15 * MINUTE + SECOND)}, "webhook_queue"),
        ({"queue": NoticeQueue(dead=9)}, None),
        ({"receiver_age": 10 * MINUTE}, None),
        ({"receiver_age": 10 * MINUTE + SECOND}, "webhook_receiver"),
    ],
    ids=str,
)
def test_what_needs_attention(changes: dict[str, object], code: str | None) -> None:
    figures = replace(FIGURES, **changes)  # type: ignore[arg-type]

    report = replace(WELL, webhooks=figures)

    assert [each.code for each in report.attention] == ([code] if code else [])
    assert int(report.exit_code) == (1 if code else 0)


def test_the_company_that_loses_webhooks_is_named() -> None:
    """Among many companies the loss of one would not be seen."""
    counts = {"78": ClassCounts(announced=5000), "77": ClassCounts(announced=20, lost=20)}

    [line] = about_webhooks(replace(FIGURES, by_company=counts))

    assert line.company == "77"
    assert str(line) == (
        "WARNING 20 of 40 changes of company 77 in the last 24 hours (50.0%) came without a "
        "webhook (polls brought them): altegio-sync check shows where Altegio sends webhooks"
    )


def test_percentiles_are_values_that_occurred() -> None:
    assert Delay.of({}) is None
    assert Delay.of({3.0: 1}) == Delay(3.0, 3.0)
    assert Delay.of({float(each): 1 for each in range(1, 101)}) == Delay(50.0, 95.0)
    assert Delay.of({1.0: 94, 60.0: 6}) == Delay(1.0, 60.0)
