"""The CRM id in a client's name."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.domain.appointment import Lead
from altegio_sync.domain.client_name import full_name, parse_client_name
from altegio_sync.domain.rest_of_name import ID_WORDS, KIND_WORDS
from tests.client_names import NAMES

FORMS = ["{}", "#{}", "№{}", "№ {}", "({})", "[{}]", "id:{}", "ID: {}", "ІД {}", "«{}»", "CRM{}"]
FORMS += ["{},", "{}.", "#{},", "({})."]
REGIONS = ["UA", "PL", "DE", "KZ", "US"]
LENGTHS = [frozenset[int](), frozenset({8}), frozenset({7, 8}), frozenset({5})]
# No word of these letters says what the number beside it is. (With "ф" there is "оф", an office.)
words = st.text("БВЖЛМНОПСХЦЧШбвжлмнопсхцчшäñøÅ", min_size=1, max_size=8)
ids = st.from_regex(r"\A[0-9]{5,8}\Z")


@given(st.lists(words, min_size=1, max_size=4), ids, st.sampled_from(FORMS), st.data())
def test_an_id_is_found_wherever_it_stands_and_nothing_of_the_name_is_lost(
    name: list[str], lead_id: str, form: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(name)))
    typed = [*name[:place], form.format(lead_id), *name[place:]]
    blank = data.draw(st.sampled_from([" ", "  ", "\t", "\u00a0", " \n"]))

    lead = parse_client_name(blank.join(typed))

    assert lead == Lead(lead_id, " ".join(name))


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20), st.sampled_from(LENGTHS))
def test_every_letter_that_was_typed_is_in_the_name_or_announced_the_id(
    name: str, surname: str, patronymic: str, lengths: frozenset[int]
) -> None:
    lead = parse_client_name(name, surname, patronymic, lengths=lengths)

    full = full_name(name, surname, patronymic)
    if lead is not None:
        assert lead.id in full
        assert lead.name == " ".join(lead.name.split()) != ""
        left = [each for each in full if each.isalpha() and each not in lead.name]
        assert set("".join(left).casefold()) <= set("".join(ID_WORDS | KIND_WORDS)) or "/" in full


@given(st.text("0123456789+-()., №/годкл", max_size=40), st.sampled_from(REGIONS))
def test_no_sequence_of_digits_and_signs_breaks_the_reading(name: str, region: str) -> None:
    lead = parse_client_name(f"Олена {name}", region=region)

    if lead is not None:
        assert lead.id in name
        assert 3 <= len(lead.id) <= 10
        assert lead.is_doubtful or len(lead.id) >= 5


@pytest.mark.parametrize(("name", "expected"), NAMES, ids=[repr(name) for name, _ in NAMES])
def test_the_id_in_a_name_as_people_write_it(name: str, expected: str) -> None:
    assert told(parse_client_name(name)) == expected


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("region", REGIONS)
def test_in_every_region_hardly_a_name_is_misread_and_none_without_a_doubt(
    region: str, lengths: frozenset[int]
) -> None:
    wrong, silent = [], []
    for name, expected in NAMES:
        wanted = expected.rstrip("?")
        is_of_length = not lengths or len(wanted) in lengths
        lead = parse_client_name(name, region=region, lengths=lengths)
        found = "" if lead is None else lead.id
        if found == (wanted if is_of_length else ""):
            continue
        wrong.append(name)
        if lead is not None and not lead.is_doubtful and is_of_length:
            silent.append(name)

    assert len(wrong) <= 0.03 * len(NAMES), wrong
    assert silent == []


FORMS_OF_NAMES = """
{n} {i}|{i} {n}|{i}{n}|{n}-{i}|{n} ({i})|{n} № {i}|{n} id:{i}|{n} CRM{i}|{n} «{i}»|{n} ({y}) {i}
Школа №{s} {n} {i}|{n} {d} {i}|{n} {p} {i}|{n} {i} {p}|{n} {y}|{n}, {a} років|{n} {p}|{n} {a} {i}
{n} {i} {a} років|{n} 500 грн {i}|{n} {y} р.н. {i}|{n} {d} {p} {i}|{p} {n} {i}|{i} {p} {n}
{n} {a}-Б клас {i}|{n} {i} 18:30|{n} {y}р. {p} {i}|Група {s} {n} {i}|{n} ({a}) {i}|{n} {i} {y}
"""
FORMS_OF_PHONES = """
0{o}{x}{y}|0{o} {x} {y}|(0{o}) {x}-{y}|+380{o}{x}{y}|+38 (0{o}) {x}-{y}|380{o}{x}{y}|0{o}-{x}-{y}
{o}{x}{y}|({o}{x}{y})|8 (0{o}) {x}-{y}|485{o}{x}{z}|+48 5{o} {x} {z}
"""


@pytest.mark.parametrize("region", ["UA", "PL"])
@pytest.mark.parametrize("knows_lengths", [False, True])
def test_of_names_made_of_every_kind_hardly_one_is_misread(
    region: str, knows_lengths: bool
) -> None:
    chance = random.Random(7)
    names = FORMS_OF_NAMES.strip().replace("\n", "|").split("|")
    phones = FORMS_OF_PHONES.strip().replace("\n", "|").split("|")
    wrong = silent = 0
    for _ in range(2000):
        lead_id = str(chance.randrange(10 ** chance.choice([4, 6, 7]), 10**8))
        x, y = f"{chance.randrange(1000):03}", f"{chance.randrange(10**4):04}"
        operator = chance.choice(["50", "67", "73", "95", "98"])
        phone = chance.choice(phones).format(o=operator, x=x, y=y, z=y[1:])
        name = (form := chance.choice(names)).format(
            n="Олена Коваль",
            i=lead_id,
            p=phone,
            y=chance.randrange(1950, 2022),
            s=chance.randrange(1, 400),
            a=chance.randrange(4, 17),
            d=chance.choice(["12.05.2014", "2014-05-12", "5/5/14"]),
        )
        lengths = frozenset({len(lead_id)}) if knows_lengths else frozenset[int]()
        lead = parse_client_name(name, region=region, lengths=lengths)
        if (lead.id if lead else "") != (lead_id if "{i}" in form else ""):
            wrong += 1
            silent += lead is not None and not lead.is_doubtful

    assert wrong <= 0.01 * 2000
    assert silent == 0


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("Олена (мама Оля, 12345678)", "Олена (мама Оля)"),
        ("(12345678 Олена)", "(Олена)"),
        ("Олена (12345678", "Олена"),
        ("Олена [CRM 12345678] Коваль", "Олена Коваль"),
        ("Олена К. 12345678", "Олена К."),
        ("Олена B1+ 12345678", "Олена B1+"),
        ('Олена "Леся" 12345678', 'Олена "Леся"'),
        ("Олена, 12345678, Київ", "Олена Київ"),
        ("Олена 12345678 | Київ", "Олена Київ"),
        ("https://crm.example.com/leads/12345678 Олена", "Олена"),
        ("Іван (050) 123-45-67 12345675", "Іван (050) 123-45-67"),
        ("Олена（１２３４５６７８）", "Олена"),
        ("Олена\u200b Коваль 12345678", "Олена Коваль"),
        ("Lead #12345678", "Lead"),
        ("Лід Олена 12345678", "Лід Олена"),
        ("Олена лід 12345678", "Олена"),
        ("Олена 12345678 12345678", "Олена"),
    ],
)
def test_the_name_is_left_without_the_id_and_the_signs_around_it(name: str, left: str) -> None:
    lead = parse_client_name(name)

    assert lead is not None
    assert lead.name == left


def test_arabic_digits_are_no_id() -> None:
    assert parse_client_name("١٢٣٤٥ Олена") is None


def test_a_text_that_is_no_name_is_not_searched_for_long() -> None:
    assert parse_client_name("Олена +1-" * 50_000) is None
    assert parse_client_name("7 " * 400 + "a@" * 50) is None


def test_the_other_ids_of_a_name_are_known_with_the_name_that_each_leaves() -> None:
    lead = parse_client_name("Іван (2014) 12345678 Марія 87654321 група 101")

    assert lead == Lead(
        "12345678",
        "Іван (2014) Марія 87654321 група 101",
        is_doubtful=True,
        others=(
            Lead("87654321", "Іван (2014) 12345678 Марія група 101", is_doubtful=True),
            Lead("101", "Іван (2014) 12345678 Марія 87654321 група", is_doubtful=True),
        ),
    )


@pytest.mark.parametrize(
    ("name", "lengths", "expected"),
    [
        ("Олена 2014", {4}, "2014?"),
        ("Олена 1234", {4}, "1234"),
        ("Олена 2014 1234", {4}, "1234"),
        ("Олена 12", {2}, "12"),
        ("Олена 0501234567", {10}, "0501234567"),
        ("Олена 501234567", {9}, "501234567"),
        ("Олена 501234567", {8, 9}, "501234567"),
        ("Олена 123456789012", {12}, "123456789012"),
        ("Іван 050 1234567", {7}, ""),
        ("Іван (050) 1234567 12345678", {7, 8}, "12345678"),
        ("Іван 12345 12345678", {8}, "12345678"),
        ("Іван 12345 12345678", {5}, "12345"),
    ],
)
def test_the_lengths_that_are_set_win(name: str, lengths: set[int], expected: str) -> None:
    assert told(parse_client_name(name, lengths=frozenset(lengths))) == expected


def told(lead: Lead | None) -> str:
    return "" if lead is None else lead.id + "?" * lead.is_doubtful


def test_a_plain_name_needs_no_library_of_phone_numbers() -> None:
    code = (
        "import sys; from altegio_sync.domain.client_name import parse_client_name as parse;"
        "assert parse('Олена Коваль 12345678'); assert not parse('Олена Коваль');"
        "assert parse('Олена (12345678)'); assert 'phonenumbers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_surname_and_patronymic_are_compared_word_by_word() -> None:
    lead = parse_client_name("Іваненко 12345", "Іван", "Іваненко")

    assert lead is not None
    assert lead.name == "Іваненко Іван"


def test_the_id_may_stand_in_the_surname() -> None:
    lead = parse_client_name("Олена", "12345")

    assert lead is not None
    assert lead.id == "12345"
    assert lead.name == "Олена"


def test_a_pattern_takes_out_all_that_it_matched() -> None:
    pattern = re.compile(r"crm-(?P<id>\w+)!")

    lead = parse_client_name("Олена crm-a7! 12345", pattern=pattern)

    assert lead is not None
    assert lead.id == "a7"
    assert lead.name == "Олена 12345"


def test_a_pattern_whose_group_took_no_part_finds_no_lead() -> None:
    assert parse_client_name("Олена", pattern=re.compile(r"Олена|(?P<id>\d+)")) is None


def test_a_lead_shows_no_name_in_its_repr() -> None:
    assert "Олена" not in repr(parse_client_name("Олена 12345"))
