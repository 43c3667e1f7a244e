"""What `init` proposes from last month, and the lines for cron."""

from __future__ import annotations

from pathlib import Path

import pytest

from altegio_sync.domain.appointment import Booking, Lead, Service
from altegio_sync.domain.crontab import cron_lines, with_lines
from altegio_sync.domain.leads import LeadIdKind
from altegio_sync.usecases.init import guess_services, propose_leads

_FILE = Path("/srv/school/.env")


def booking(
    number: int, name: str = "Олена Приклад", service: str = "1", *, is_group: bool = False
) -> Booking:
    return Booking(
        id=str(number),
        company_id="77",
        lead=Lead(f"c{number}", name),
        teacher_id=None,
        teacher=None,
        services=(Service(service, ""),),
        is_group_event=is_group,
        starts_at=None,
        ends_at=None,
        status=None,
        is_deleted=False,
    )


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Індивідуальний урок 60 хв", "individual"),
        ("Пробний індивідуальний урок", "trial"),
        ("TRIAL lesson", "trial"),
        ("Група A2", None),
        ("Розмовний клуб", None),
        ("Англійська 60 хв", None),
    ],
)
def test_a_title_says_the_kind_of_lesson(title: str, kind: str | None) -> None:
    services = [Service("1", title), Service("2", "Індивідуальний урок")]

    seen = guess_services(services, [booking(number) for number in range(10)])

    assert (seen[0].service.id, seen[0].booked, seen[0].kind) == ("1", 10, kind)


def test_without_such_titles_what_is_booked_alone_and_often_is_individual() -> None:
    services = [Service("1", "Англійська"), Service("2", "Оренда"), Service("3", "Граматика")]
    bookings = [booking(number) for number in range(50)]
    bookings += [booking(100, service="2")]
    bookings += [booking(number, service="3", is_group=True) for number in range(200, 220)]
    bookings += [booking(number, service="3") for number in range(300, 310)]

    seen = {each.service.id: each.kind for each in guess_services(services, bookings)}

    assert seen == {"1": "individual", "2": None, "3": None}


def names(*each: tuple[int, str]) -> list[Booking]:
    return [
        booking(number * 1000 + copy, name.format(n=copy))
        for number, (count, name) in enumerate(each)
        for copy in range(count)
    ]


def test_the_usual_length_of_the_ids_is_proposed_and_rare_ones_are_not() -> None:
    found = propose_leads(
        names((412, "Олена 12345{n:03}"), (9, "Іван 2014"), (2, "Олег 12345"), (1, "Ганна")),
        "Europe/Kyiv",
    )

    assert (found.clients, found.lengths, found.years) == (424, {5: 2, 8: 412}, 9)
    assert (found.kind, found.digits) == (LeadIdKind.CRM, "8")


def test_two_usual_lengths_are_a_range() -> None:
    found = propose_leads(names((50, "Олена 12345{n:03}"), (9, "Іван 12345{n:02}")), "UTC")

    assert found.digits == "7-8"


def test_a_school_without_ids_in_names_gets_the_client_ids() -> None:
    found = propose_leads(names((50, "Олена"), (2, "Іван 12345{n:03}")), "Europe/Kyiv")

    assert (found.kind, found.digits) == (LeadIdKind.CLIENT, "")


def test_a_few_clients_prove_nothing() -> None:
    found = propose_leads(names((3, "Олена")), "Europe/Kyiv")

    assert (found.is_sure, found.kind, found.digits) == (False, LeadIdKind.CRM, "")


def test_one_client_with_many_bookings_counts_once() -> None:
    one = booking(1, "Олена 12345678")

    assert propose_leads([one] * 10, "Europe/Kyiv").clients == 1


def test_lines_for_cron_quote_what_a_shell_and_cron_would_read() -> None:
    lines = cron_lines(["/opt/a b/altegio-sync"], Path("/srv/my school/100%.env"))

    assert lines[0] == (
        r"*/5 * * * *  cd '/srv/my school' && '/opt/a b/altegio-sync' changes -q "
        r"--env-file '/srv/my school/100\%.env'"
    )


@pytest.mark.parametrize("old", ["", "0 1 * * * run", "MAILTO=a\n\n# ours\n0 1 * * * run\n"])
def test_a_crontab_keeps_its_lines_and_gets_the_block_once(old: str) -> None:
    once = with_lines(old, ["line 1", "line 2"], _FILE)
    other = with_lines(once, ["other"], Path("/srv/other/.env"))

    assert once.startswith(old)
    assert with_lines(once, ["line 1", "line 2"], _FILE) == once
    assert with_lines(other, ["new"], _FILE).count("\n") == other.count("\n") - 1
    assert "other\n" in with_lines(other, ["new"], _FILE)


def test_a_block_whose_end_is_gone_takes_no_other_line_with_it() -> None:
    torn = "# begin altegio-sync /srv/school/.env\n0 1 * * * run\n# begin altegio-sync /x\nx\n"
    torn += "# end altegio-sync /srv/school/.env\n"

    assert with_lines(torn, ["new"], _FILE).startswith(torn)
