"""Which number is a lead's id, by the school's settings."""

from __future__ import annotations

import re

import pytest

from altegio_sync.domain.appointment import Lead
from altegio_sync.domain.leads import LeadIdKind, LeadRules, parse_lengths, settle
from altegio_sync.domain.phones import region_of_zone

CLIENT = LeadRules(kind=LeadIdKind.CLIENT)
EITHER = LeadRules(kind=LeadIdKind.CRM_OR_CLIENT)


@pytest.mark.parametrize(
    ("name", "stored", "lead_id", "is_doubtful"),
    [
        ("Іван 12345678", None, "12345678", False),
        ("Іван 12345678", "99999999", "12345678", False),
        ("Іван 12345678 Марія 87654321", None, "12345678", True),
        ("Іван 12345678 Марія 87654321", "87654321", "87654321", True),
        ("Іван 12345678 Марія 87654321", 87654321, "87654321", True),
        ("Іван (12345678) 87654321", "12345678", "12345678", True),
        ("Школа №123 Іван 12345673", "123", "123", True),
        ("Школа №123 Іван 12345673", "12345673", "12345673", False),
        ("Іван (2014) 12345678", "2014", "12345678", False),
        ("Іван (2014) 12345678", "12345678", "12345678", False),
        ("Іван (050) 123-45-67 12345675", "050", "12345675", False),
        ("Іван (501234567) 12345677", "501234567", "12345677", False),
        ("Іван 12345678 12345", "12345", "12345", True),
        ("Іван 12345678", ["12345678"], "12345678", False),
    ],
    ids=repr,
)
def test_a_stored_id_that_may_still_be_right_stays(
    name: str, stored: object, lead_id: str, is_doubtful: bool
) -> None:
    lead = LeadRules().read(name)

    assert lead is not None
    settled = settle(lead, stored)
    assert settled.id == lead_id
    assert settled.is_doubtful == is_doubtful
    assert settled.name
    assert settled.id not in settled.name.split()


def test_a_stored_id_of_another_length_than_is_set_does_not_stay() -> None:
    lead = LeadRules(lengths=frozenset({8})).read("Школа 12345 Іван 12345673")

    assert lead is not None
    assert settle(lead, "12345") == Lead("12345673", "Школа 12345 Іван")


@pytest.mark.parametrize(
    ("rules", "name", "expected"),
    [
        (CLIENT, "Іван 12345678", Lead("5", "Іван 12345678")),
        (CLIENT, " Іван  Рудь\u200b ", Lead("5", "Іван Рудь")),
        (CLIENT, "", None),
        (EITHER, "Іван 12345678", Lead("12345678", "Іван")),
        (EITHER, "Іван 2014", Lead("5", "Іван 2014")),
        (EITHER, "Іван", Lead("5", "Іван")),
        (EITHER, "", None),
        (LeadRules(pattern=re.compile("(?P<id>A[0-9]+)")), "Іван A7 12345678", None),
    ],
)
def test_the_clients_own_id_is_used_where_it_is_set(
    rules: LeadRules, name: str, expected: Lead | None
) -> None:
    if rules.pattern is not None:
        expected = Lead("A7", "Іван 12345678")
    assert rules.read(name, client_id="5") == expected


def test_without_an_id_of_the_client_there_is_no_lead() -> None:
    assert CLIENT.read("Іван") is None
    assert EITHER.read("Іван") is None


@pytest.mark.parametrize(
    ("text", "lengths"),
    [("8", {8}), ("7-8", {7, 8}), (" 7 - 8 ", {7, 8}), ("7–8", {7, 8}), ("3-5", {3, 4, 5})],
)
def test_lengths_are_a_number_or_a_span(text: str, lengths: set[int]) -> None:
    assert parse_lengths(text) == lengths


@pytest.mark.parametrize("text", ["", "x", "8-7", "0", "21", "7,8", "-8", "８", "8-"])
def test_other_lengths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_lengths(text)


@pytest.mark.parametrize(
    ("stored", "lengths", "is_doubtful"),
    [
        ("12345678", [], False),
        ("123", [], False),
        ("2014", [], True),
        ("1899", [], False),
        ("501234567", [], True),
        ("0501234567", [], True),
        ("380501234567", [], True),
        ("48501234567", [], True),
        ("1234567890", [], False),
        ("12345678", [7], True),
        ("12345678", [7, 8], False),
        ("501234567", [9], False),
        ("2014", [4], True),
    ],
)
def test_a_stored_id_is_judged_by_itself(
    stored: str, lengths: list[int], is_doubtful: bool
) -> None:
    assert LeadRules(lengths=frozenset(lengths)).is_doubtful(stored) is is_doubtful


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("Europe/Kyiv", "UA"),
        ("Europe/Kiev", "UA"),
        ("Europe/Warsaw", "PL"),
        ("Poland", "PL"),
        ("Asia/Almaty", "KZ"),
        ("Europe/Oslo", "NO"),
        ("US/Eastern", "US"),
        ("UTC", "UA"),
        ("Nowhere/Never", "UA"),
    ],
)
def test_phone_numbers_are_of_the_country_of_the_zone(zone: str, region: str) -> None:
    assert region_of_zone(zone) == region
    assert LeadRules().in_zone(zone).region == region
    assert LeadRules(region="DE").in_zone(zone).region == "DE"
