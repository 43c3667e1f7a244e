"""The shown words of a refusal contain no name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.refusal_text import presentable_refusal

#: Invented people, in the spellings that a message may use.
PEOPLE = [
    "Олена Коваль",
    "олена коваль",
    "ОЛЕНА КОВАЛЬ",
    "Олена О\u2019Коваль-Іваненко",
    "Віра",
    "Надія Любов",
    "Мар'яна",
    "Елена\u0301 Рудь",
    "Олена\u200bКоваль",
    "Olena Koval",
    "olena_koval",
    "Will Smith",
    "José Álvarez",
    "Олена123",
    "王小明",
    "محمد",
    "o.koval@school.example",
    "+38 (050) 123-45-67",
    "050.123.45.67",
    "12.05.2014",
    "https://school.example/olena",
]


@pytest.mark.parametrize(
    "message",
    [
        "Authentication needed.",
        "Необходима авторизация",
        "Access denied.",
        "No access",
        "Not enough rights",
        "Недостаточно прав",
        "the licence must be renewed",
        "An error has occurred.",
        "Превышен лимит запросов, попробуйте повторить запрос через 7 секунд.",
        "Requests limit exceeded",
        "The limit of requests has been exceeded",
        "Field start_date is invalid",
        "wrong Accept header",
        "Запис 501 не знайдено",
        "Не вказано обов\u2019язкове поле fullname",
        "Срок действия лицензии истёк",
    ],
)
def test_the_words_of_a_refusal_are_shown(message: str) -> None:
    assert presentable_refusal(message) == message


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize(
    "message",
    [
        "Client {} is blocked",
        "Клієнт «{}» не знайдено",
        'Клиент "{}", (запись 501) недоступен',
        "{}: access denied",
        "Access denied for {}",
        "client={};",
    ],
)
def test_no_name_is_shown(person: str, message: str) -> None:
    told = presentable_refusal(message.format(person))

    assert "***" in told
    assert not any(part in told.lower() for part in person.lower().split())
    assert [word for word in ("blocked", "не", "недоступен", "denied", "client") if word in told]


@given(st.text())
def test_a_word_of_any_kind_is_masked(text: str) -> None:
    told = presentable_refusal(f"access denied {text}QXZ")

    assert "qxz" not in told.lower()
    assert len(told) <= 200
    assert len(told.splitlines()) == 1


def test_a_secret_is_masked_and_a_long_message_is_cut() -> None:
    assert presentable_refusal("token user-token is invalid", ["user-token"]) == (
        "token *** is invalid"
    )
    assert presentable_refusal("error " * 100_000).endswith("…")
