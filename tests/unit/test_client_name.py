"""The CRM id in a client's name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.client_name import join_name, parse_client_name

DRESSES = ["{}", "#{}", "№{}", "({})", "[{}]", "id:{}", "ID:{}", "{},", "{}.", "#{},", "({})."]
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z", "Nd"), exclude_characters="#№()[]:+,."),
    min_size=1,
    max_size=8,
)
ids = st.from_regex(r"\A[1-9][0-9]{2,11}\Z").filter(
    lambda digits: not (len(digits) >= 10 and digits.startswith("380"))
)


@given(st.lists(words, min_size=1, max_size=4), ids, st.sampled_from(DRESSES), st.data())
def test_an_id_is_found_wherever_it_stands_and_nothing_of_the_name_is_lost(
    name: list[str], lead_id: str, dress: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(name)))
    typed = [*name[:place], dress.format(lead_id), *name[place:]]
    blank = data.draw(st.sampled_from([" ", "  ", "\t", "\u00a0", " \n"]))

    lead = parse_client_name(blank.join(typed))

    assert lead is not None
    assert (lead.id, lead.name) == (lead_id, " ".join(name))


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_id_and_name_put_together_hold_every_word_that_was_typed(
    name: str, surname: str, patronymic: str
) -> None:
    lead = parse_client_name(name, surname, patronymic)

    full = join_name(name, surname, patronymic).split()
    assert {*name.split(), *surname.split(), *patronymic.split()} == set(full)
    if lead is not None:
        rest = lead.name.split()
        taken = [word for word in full if full.count(word) > rest.count(word)]
        assert len(rest) == len(full) - 1
        assert len(set(taken)) == 1
        assert lead.id in taken[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("12345 Олена Приклад", ("12345", "Олена Приклад")),
        ("Олена 12345 67890", ("12345", "Олена 67890")),
        ("00123 Олена", ("00123", "Олена")),
        ("Олена 7 12345", ("12345", "Олена 7")),
        ("+380501234567 Олена 12345", ("12345", "+380501234567 Олена")),
        ("0501234567 12345 Олена", ("12345", "0501234567 Олена")),
        ("380501234567 12345 Олена", ("12345", "380501234567 Олена")),
        ("5501234567 Олена", ("5501234567", "Олена")),
        ("380123 Олена", ("380123", "Олена")),
    ],
)
def test_the_first_word_that_is_an_id_is_taken(name: str, expected: tuple[str, str]) -> None:
    lead = parse_client_name(name)

    assert lead is not None
    assert (lead.id, lead.name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Олена Приклад",
        "12345",
        "12 Олена",
        "1234567890123 Олена",
        "0501234567 Олена",
        "12345-Олена",
        "lead12345 Олена",
        "١٢٣٤٥ Олена",
        "１２３４５ Олена",
        "#(12345) Олена",
        "(12345 Олена",
    ],
)
def test_without_an_id_or_without_a_name_there_is_no_lead(name: str) -> None:
    assert parse_client_name(name) is None


def test_surname_and_patronymic_are_compared_word_by_word() -> None:
    lead = parse_client_name("Іваненко 12345", "Іван", "Іваненко")

    assert lead is not None
    assert lead.name == "Іваненко Іван"


def test_the_id_may_stand_in_the_surname() -> None:
    lead = parse_client_name("Олена", "12345")

    assert lead is not None
    assert (lead.id, lead.name) == ("12345", "Олена")


def test_a_pattern_takes_out_all_that_it_matched() -> None:
    pattern = re.compile(r"crm-(?P<id>\w+)!")

    lead = parse_client_name("Олена crm-a7! 12345", pattern=pattern)

    assert lead is not None
    assert (lead.id, lead.name) == ("a7", "Олена 12345")


def test_a_pattern_whose_group_took_no_part_finds_no_lead() -> None:
    assert parse_client_name("Олена", pattern=re.compile(r"Олена|(?P<id>\d+)")) is None


def test_a_lead_shows_no_name_in_its_repr() -> None:
    assert "Олена" not in repr(parse_client_name("Олена 12345"))
