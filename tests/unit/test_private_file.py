"""A file with names: only its owner may read it, and it is written completely or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from altegio_sync.cli.private_file import NotWrittenError, private_file
from altegio_sync.errors import ConfigError
from altegio_sync.html import may_be_replaced, render_stats_page
from tests.stats_reports import an_empty_report


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_its_owners_alone_whatever_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    path.chmod(0o644)
    before = os.umask(0)

    try:
        with private_file(path) as page:
            page.put("новe")
    finally:
        os.umask(before)

    assert path.read_text(encoding="utf-8") == "новe"
    assert mode_of(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_stood_there_stays_until_it_is_put(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")

    with private_file(path):
        drafts = [mode_of(each) for each in tmp_path.iterdir() if each != path]

    assert drafts == [0o600]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "target.html", tmp_path / "link.html"
    link.symlink_to(target)

    with private_file(link) as page:
        page.put("new")

    assert link.is_symlink()
    assert target.read_text() == "new"
    assert mode_of(target) == 0o600


def test_where_no_file_may_stand_it_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = {
        tmp_path: "it is there already, and no file",
        Path(os.devnull): "it is there already, and no file",
        tmp_path / "nowhere" / "page.html": "No such file or directory",
        tmp_path / "file" / "page.html": "Not a directory",
    }

    for path, reason in refused.items():
        with pytest.raises(ConfigError) as told, private_file(path):
            pytest.fail("it was opened")
        assert str(told.value) == f"Cannot write {path}: {reason}"
    assert Path(os.devnull).is_char_device()


def test_a_folder_that_went_away_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    with private_file(folder / "page.html") as page:
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
        with pytest.raises(NotWrittenError) as told:
            page.put("new")

    assert str(told.value) == f"Cannot write {folder / 'page.html'}: No such file or directory"


@pytest.mark.parametrize(
    "theirs", ["my notes", "id,name\n", "<html>mine</html>", "<!doctype html>\nx"]
)
def test_a_page_never_takes_the_place_of_another_file(theirs: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.html"
    path.write_text(theirs)

    with (
        pytest.raises(ConfigError, match="not by this command"),
        private_file(path, may_be_replaced),
    ):
        pass

    assert path.read_text() == theirs


def test_a_page_takes_the_place_of_an_earlier_one_and_of_an_empty_file(tmp_path: Path) -> None:
    page = render_stats_page(an_empty_report())
    for number, before in enumerate(("", "\n", page)):
        path = tmp_path / str(number)
        path.write_text(before)
        with private_file(path, may_be_replaced) as file:
            file.put("new")
        assert path.read_text() == "new"
