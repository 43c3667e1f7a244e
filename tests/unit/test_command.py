"""What all commands share."""

from __future__ import annotations

import pytest

from altegio_sync.cli.command import pick_companies
from altegio_sync.config import Settings


@pytest.mark.parametrize(
    ("wanted", "picked"),
    [([], ("77", "78", "79")), (["78"], ("78",)), (["79", "77", "79"], ("79", "77"))],
    ids=["all", "one", "one of them twice"],
)
def test_companies_are_taken_in_order_and_each_once(
    wanted: list[str], picked: tuple[str, ...]
) -> None:
    settings = Settings(company_ids=("77", "78", "79"))

    assert pick_companies(settings, wanted) == picked
