"""The list of skipped bookings: it contains no formula, and never replaces another file."""

from __future__ import annotations

import csv
import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from altegio_sync.cli.list_file import defused, list_file, refuse_spreadsheets
from altegio_sync.cli.progress import CliProgress
from altegio_sync.cli.skipped_list import HEADER
from altegio_sync.domain.appointment import Service, Teacher
from altegio_sync.domain.lessons import Skipped, SkipReason
from altegio_sync.errors import ConfigError
from altegio_sync.messages.files import LIST_OF_SKIPPED
from tests.fakes import booking

WHAT = LIST_OF_SKIPPED()
AN_EARLIER_LIST = ",".join(HEADER) + "\r\n1,,,,service\r\n"


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
        progress.list_skipped_in(path)
        progress.of_company("77").skipped(
            Skipped(odd, SkipReason.SERVICE, Teacher("9", "Марко\nРудь"))
        )
        assert progress.finish() == []


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
            list_file(path, HEADER, WHAT),
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
            list_file(path, HEADER, WHAT),
        ):
            pytest.fail("it was opened")

    write(Path(os.devnull))
    assert Path(os.devnull).is_char_device()


def test_a_run_that_fails_leaves_the_earlier_list(tmp_path: Path) -> None:
    path = tmp_path / "skipped.csv"
    path.write_bytes(AN_EARLIER_LIST.encode())

    def fail() -> None:
        with CliProgress() as progress:
            progress.list_skipped_in(path)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert path.read_bytes() == AN_EARLIER_LIST.encode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["list.xlsx", "list.XLSX", "list.xls", "list.ods"])
def test_no_csv_is_written_under_the_name_of_another_format(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--skipped writes CSV: give list.* the ending .csv"):
        refuse_spreadsheets(tmp_path / name, "--skipped")
