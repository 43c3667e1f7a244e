"""Ids that are shown to everybody contain no name and no phone number."""

from __future__ import annotations

import pytest

from altegio_sync.domain.leads import USUAL_LEADS
from altegio_sync.domain.public_ids import public_id, public_lead, with_public_ids
from altegio_sync.messages import Message, as_message
from altegio_sync.messages.status import RULE_FOUND, SAMPLE
from altegio_sync.messages.words import BOTH, LISTED, some_ids

PHONES = ["+380501234567", "380501234567", "0501234567", "050 123 45 67"]


@pytest.mark.parametrize("value", [*PHONES, "Олена Приклад", "", "7a", "٧", None, True, 7.5, [7]])
def test_what_may_be_private_is_no_id(value: object) -> None:
    assert public_id(value) is None
    assert public_lead(value, USUAL_LEADS) is None


@pytest.mark.parametrize("value", ["501", 502, "423000459"])
def test_an_id_of_altegio_is_shown(value: object) -> None:
    assert public_id(value) == str(value)


def test_a_lead_may_begin_with_zeros() -> None:
    assert public_lead("00123", USUAL_LEADS) == "00123"
    assert public_id("00123") is None


def found(*ids: str) -> Message:
    return RULE_FOUND(rule="id-format", found=len(ids), sample=SAMPLE(ids=some_ids(ids)))


def test_a_sentence_shows_only_ids_that_are_public() -> None:
    document = f"_id {'0' * 24}"
    message = BOTH(first=found("501", "Олена Приклад", document), second=found(*PHONES[:3]))

    shown = str(with_public_ids(message))

    assert shown == (
        f"id-format 3 (appointments 501, ?, {document}); id-format 3 (appointments ?, ?, ?)"
    )


def test_other_parts_of_a_sentence_stay() -> None:
    message = BOTH(first=LISTED(ids=[as_message("service 7")]), second="altegio-sync validate")

    assert str(with_public_ids(message)) == "service 7; altegio-sync validate"
    assert with_public_ids("a text") == "a text"
