"""Asking Altegio about documents with something wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from altegio_sync.domain.repair import Suspect, Unrepaired
from altegio_sync.errors import (
    AltegioError,
    AltegioRejectedError,
    AltegioUnavailableError,
    AuthenticationError,
    UnexpectedAnswerError,
)
from altegio_sync.messages.sync import KEEPS_CHANGING
from altegio_sync.messages.validation import ANSWER_REFUSED
from altegio_sync.usecases.asking.asking import Asking
from altegio_sync.usecases.asking.plan import RepairRequest
from altegio_sync.usecases.zones import LocalZone
from tests.fakes import ListSource, booking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from altegio_sync.domain.repair import Answer

SUSPECTS = [Suspect(each, each, "77", None) for each in ("501", "502", "503")]


class NotedAnswers:
    """Keeps, by id, whether Altegio had an answer."""

    def __init__(self) -> None:
        self.answers: dict[str | None, bool] = {}
        self.is_overtaken: Callable[[Answer, bool], bool] = lambda _answer, _by_id: False

    async def apply_answers(
        self, answers: Sequence[Answer], unrepaired: Unrepaired, *, by_id: bool = False
    ) -> Sequence[Suspect]:
        del unrepaired
        overtaken = [each.suspect for each in answers if self.is_overtaken(each, by_id)]
        self.answers |= {
            each.suspect.appointment_id: each.verdict is not None
            for each in answers
            if each.suspect not in overtaken
        }
        return overtaken

    async def move_to_trash(self, suspects: Sequence[Suspect], unrepaired: Unrepaired) -> None:
        raise NotImplementedError

    async def count_by_day(
        self, start: datetime, end: datetime, zone: ZoneInfo
    ) -> Mapping[str, int]:
        raise NotImplementedError


def asking(source: ListSource, store: NotedAnswers) -> Asking:
    local = LocalZone(ZoneInfo("Europe/Kyiv"), "of the last run")
    return Asking(source, store, RepairRequest(("77",), local))


@pytest.mark.parametrize(
    "refusal",
    [AltegioRejectedError("422"), AuthenticationError("403"), UnexpectedAnswerError("another")],
    ids=["422", "403", "another record"],
)
async def test_one_that_altegio_refuses_is_left_alone_and_the_others_go_on(
    refusal: AltegioError,
) -> None:
    source, store, left = ListSource([booking("501")]), NotedAnswers(), Unrepaired()
    source.refusals = {"502": refusal}

    await asking(source, store).settle(SUSPECTS, left)

    assert store.answers == {"501": True, "503": False}
    assert left.by_reason == [{"reason": str(ANSWER_REFUSED()), "count": 1, "sample": ["502"]}]


async def test_an_outage_is_no_answer_about_any() -> None:
    source, store, left = ListSource([booking("501")]), NotedAnswers(), Unrepaired()
    source.refusals = {"502": AltegioUnavailableError("no answer")}

    with pytest.RaisesGroup(AltegioUnavailableError):
        await asking(source, store).settle(SUSPECTS, left)

    assert not {"502", "503"} & store.answers.keys()


async def test_an_answer_that_may_be_older_than_the_document_is_asked_for_again_by_id() -> None:
    source, store, left = ListSource([booking("501"), booking("502")]), NotedAnswers(), Unrepaired()
    tries = Counter[str]()

    def is_overtaken(answer: Answer, by_id: bool) -> bool:
        key = str(answer.suspect.appointment_id)
        tries[key] += 1
        return key == "502" and (not by_id or tries[key] < 2)

    store.is_overtaken = is_overtaken
    await asking(source, store).settle(SUSPECTS[:2], left)

    assert store.answers == {"501": True, "502": True}
    assert Counter(source.asked_ids) == {"501": 1, "502": 2}
    assert left.by_reason == []


async def test_a_document_that_others_change_without_end_is_left_alone() -> None:
    source, store, left = ListSource([booking("501")]), NotedAnswers(), Unrepaired()
    store.is_overtaken = lambda _answer, _by_id: True

    await asking(source, store).settle(SUSPECTS[:1], left)

    assert source.asked_ids == ["501"] * 3
    assert left.by_reason == [{"reason": str(KEEPS_CHANGING()), "count": 1, "sample": ["501"]}]
