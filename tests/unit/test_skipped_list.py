"""The list of skipped bookings: it contains no formula, and never replaces another file."""

from __future__ import annotations

import csv
import os
import resource
import stat
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.skipped_list import FOR_PROGRAMS, KIND, SkippedFile
from altegio_sync.cli.tables import open_table
from altegio_sync.cli.tables.plain_tables import defused
from altegio_sync.domain.appointment import Service, Teacher
from altegio_sync.domain.lessons import Skipped, SkipReason
from altegio_sync.errors import ConfigError
from altegio_sync.messages.lessons import RECORD
from tests.fakes import booking

AN_EARLIER_LIST = ",".join(each.name for each in FOR_PROGRAMS) + "\r\n1,,,,service\r\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("=x()", "'=x()"),
        ("+1", "'+1"),
        ("+380501234567", "'+380501234567"),
        ("@x", "'@x"),
        ("-x", "'-x"),
        ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
        ("\t=x", "' =x"),
        ("\r\n=x", "' =x"),
        ("   =x", "'   =x"),
        ("\x00=x", "'�=x"),
        ("\ufeff=x", "'=x"),
        ("\u200b=x", "'=x"),
        ("\u00a0=x", "'\u00a0=x"),
        ("＝x", "'＝x"),
        ("＋x", "'＋x"),
        ("－x", "'－x"),
        ("＠x", "'＠x"),
        ('"=x"', '\'"=x"'),
        ("a;=x", "a;'=x"),
        ('a;"=x"', 'a;\'"=x"'),
        ("a, =x", "a,' =x"),
        ("a|@x", "a|'@x"),
        ("a;b;\u200b\t＝x", "a;b;' ＝x"),
        ("-1", "-1"),
        ("-1,5", "-1,5"),
        ("-12.50", "-12.50"),
        ("501", "501"),
        ("2026-03-02T14:00:00+02:00", "2026-03-02T14:00:00+02:00"),
        ("Англійська - Коваль-Рудь; A+B = C", "Англійська - Коваль-Рудь; A+B = C"),
    ],
)
def test_a_formula_is_a_text_and_a_number_a_number(cell: str, expected: str) -> None:
    assert defused(cell) == expected


@given(st.text(";,|\t\r\n \"'=+-@＝＋－＠\u200b\ufeff\x00a1"))
def test_no_part_of_a_cell_begins_as_a_formula(cell: str) -> None:
    told = defused(cell)

    for separator in ";,|\t":
        for part in told.split(separator):
            is_number = part == told and told.removeprefix("-").replace(",", ".").isdecimal()
            bare = part.strip(' "�')
            assert is_number or told == bare or not bare.startswith(tuple("=+-@＝＋－＠"))


def write(path: Path) -> None:
    odd = booking("501", services=(Service("1", "=x"),))
    with CliProgress() as progress:
        progress.list_skipped_in(SkippedFile(path, has_other_services=True))
        progress.of_company("77").skipped(
            Skipped(odd, SkipReason.SERVICE, Teacher("9", "Марко\nРудь"))
        )
        assert progress.finish() == []


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_disk_that_is_full_in_the_middle_ends_the_list_and_not_the_run(
    tmp_path: Path, ending: str
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with CliProgress() as progress:
            progress.list_skipped_in(SkippedFile(tmp_path / f"skipped.{ending}"))
            of_company = progress.of_company("77")
            for number in range(1000):
                of_company.skipped(Skipped(booking(str(number)), SkipReason.NO_CRM_ID, None))
            [error] = progress.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert error.code == "skipped_not_listed"
    assert list(tmp_path.iterdir()) == []


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("before", [None, "", AN_EARLIER_LIST, "\ufeff" + AN_EARLIER_LIST])
def test_an_earlier_list_is_replaced(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "skipped.csv"
    if before is not None:
        path.write_text(before, encoding="utf-8")

    write(path)

    [row] = rows_of(path)
    assert row["teacher"] == "Марко Рудь"
    assert row["service"] == "'=x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed(tmp_path: Path) -> None:
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "target.csv")

    write(link)
    write(link)

    assert link.is_symlink()
    assert len(rows_of(tmp_path / "target.csv")) == 1


@pytest.mark.parametrize("content", ["notes of mine", "id,name\r\n", "\x00\x01", "\n"])
def test_a_file_that_is_no_list_of_ours_is_never_written(tmp_path: Path, content: str) -> None:
    path, link = tmp_path / "notes.csv", tmp_path / "link.csv"
    path.write_bytes(content.encode())
    link.symlink_to(path)

    for each in (path, link):
        with pytest.raises(ConfigError, match="no list of skipped bookings"):
            write(each)

    assert path.read_bytes() == content.encode()
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_where_no_list_may_stand_it_is_refused_at_once(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    refused = {
        tmp_path: "it is a folder: name a file in it",
        fifo: "it is there already, and no file",
        loop: "Too many levels of symbolic links",
        tmp_path / "nowhere" / "list.csv": "No such file or directory",
    }

    for path, reason in refused.items():
        with (
            pytest.raises(ConfigError) as told,
            open_table(path, KIND, ".csv"),
        ):
            pytest.fail("it was opened")
        assert str(told.value) == f"Cannot write {path}: {reason}"


def test_the_commands_own_output_is_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.txt"
    with path.open("w") as output:
        monkeypatch.setattr(sys, "__stdout__", output)

        with (
            pytest.raises(ConfigError, match="own output"),
            open_table(path, KIND, ".csv"),
        ):
            pytest.fail("it was opened")

    write(Path(os.devnull))
    assert Path(os.devnull).is_char_device()


def test_a_run_that_fails_leaves_the_earlier_list(tmp_path: Path) -> None:
    path = tmp_path / "skipped.csv"
    path.write_bytes(AN_EARLIER_LIST.encode())

    def fail() -> None:
        with CliProgress() as progress:
            progress.list_skipped_in(SkippedFile(path))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert path.read_bytes() == AN_EARLIER_LIST.encode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["list.xls", "list.ods", "list.numbers"])
def test_no_csv_is_written_under_the_name_of_another_format(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"list.* End the name in \.xlsx for people"):
        write(tmp_path / name)


def list_all_kinds(path: Path, *, has_other_services: bool) -> None:
    with CliProgress() as progress:
        progress.list_skipped_in(SkippedFile(path, has_other_services))
        company = progress.of_company("77")
        for number, reason in enumerate(SkipReason):
            company.skipped(Skipped(booking(f"50{number}"), reason, None, RECORD()))
        company.doubtful(Skipped(booking("507"), SkipReason.NO_CRM_ID))


@pytest.mark.parametrize("has_other_services", [False, True])
def test_programs_get_a_code_for_each_reason(tmp_path: Path, *, has_other_services: bool) -> None:
    path = tmp_path / "list.csv"

    list_all_kinds(path, has_other_services=has_other_services)

    assert [row["reason"] for row in rows_of(path)] == [
        *(["service"] if has_other_services else []),
        *("no_crm_id", "teacher_not_found", "invalid: record", "doubtful"),
    ]


def test_people_get_the_reason_and_what_to_do_in_words(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"

    list_all_kinds(path, has_other_services=True)

    header, *rows = openpyxl.load_workbook(path).active.values
    assert header == (
        *("Date and time", "Teacher", "Service", "What is wrong", "What to do", "Booking id"),
    )
    assert all(isinstance(row[0], datetime) for row in rows)
    assert [row[3] for row in rows] == [
        "The service is not one of the school's lessons",
        "The client's name contains no CRM id",
        "The teacher is unknown",
        "The booking cannot be read: record",
        "It is not certain which number in the client's name is the CRM id",
    ]
    assert all(row[4] for row in rows)
    assert [row[5] for row in rows] == ["500", "501", "502", "503", "507"]
