"""Secrets in files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.config import find_unknown_settings, load_settings
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "partner-SECRET-5512"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("ALTEGIO_COMPANY_ID", "ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN", "DB_URI"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text(
        "ALTEGIO_COMPANY_ID=77\nALTEGIO_USER_TOKEN=user-SECRET-1\nDB_URI=mongodb://h/school\n"
    )
    return tmp_path


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["none", "unix", "windows"])
def test_a_secret_is_read_from_its_file_without_the_end_of_the_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    (folder / "token").write_bytes(f"{TOKEN}{end}".encode())
    monkeypatch.setenv("ALTEGIO_COMPANY_TOKEN_FILE", "token")

    settings = load_settings()

    assert settings.company_token.get_secret_value() == TOKEN
    assert TOKEN in settings.secrets
    assert TOKEN not in repr(settings)
    assert find_unknown_settings() == []


def test_all_three_may_be_named_in_the_settings_file(folder: Path) -> None:
    for name in ("one", "two"):
        (folder / name).write_text(f"{name}-SECRET\n")
    (folder / "uri").write_text("mongodb://someone:pass-SECRET-1@h/school\n")
    (folder / ".env").write_text(
        "ALTEGIO_COMPANY_ID=77\nALTEGIO_COMPANY_TOKEN_FILE=one\nALTEGIO_USER_TOKEN_FILE=two\n"
        "DB_URI_FILE=uri\n"
    )

    settings = load_settings()

    tokens = settings.company_token.get_secret_value(), settings.user_token.get_secret_value()
    assert tokens == ("one-SECRET", "two-SECRET")
    assert "pass-SECRET-1" in settings.secrets


def test_a_secret_that_is_set_twice_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "uri").write_text("mongodb://h/other")
    monkeypatch.setenv("DB_URI_FILE", "uri")  # and DB_URI is in .env

    with pytest.raises(ConfigError, match="DB_URI and DB_URI_FILE are both set"):
        load_settings()


@pytest.mark.parametrize(
    ("path", "reason"), [("none", "No such file"), (".", "it is a directory")], ids=str
)
def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, path: str, reason: str
) -> None:
    monkeypatch.setenv("ALTEGIO_COMPANY_TOKEN_FILE", path)

    with pytest.raises(ConfigError) as error:
        load_settings()

    sentence = f"ALTEGIO_COMPANY_TOKEN_FILE: the file {path} cannot be read: {reason}"
    assert sentence in str(error.value)


def test_an_empty_file_is_a_missing_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "token").write_text("\n")
    monkeypatch.setenv("ALTEGIO_COMPANY_TOKEN_FILE", "token")

    with pytest.raises(ConfigError, match=r"Missing required .* ALTEGIO_COMPANY_TOKEN"):
        load_settings()


@pytest.mark.parametrize("name", ["ALTEGIO_HOOK_SECRET", "ALTEGIO_PAGE_PASSWORD"])
def test_an_empty_file_of_a_secret_that_may_be_missing_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder / "company").write_text(TOKEN)
    (folder / "empty").write_text(" \n")
    monkeypatch.setenv("ALTEGIO_COMPANY_TOKEN_FILE", "company")
    monkeypatch.setenv(f"{name}_FILE", "empty")

    with pytest.raises(ConfigError, match=f"{name}_FILE: the file empty cannot be read: it is emp"):
        load_settings()
