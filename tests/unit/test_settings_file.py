"""The settings file as people write it: other encodings, mistakes, readable by other users."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from altegio_sync.cli.check_settings import check_settings
from altegio_sync.cli.command import CommandOptions, load
from altegio_sync.config import Settings, SettingsSource, load_settings
from altegio_sync.errors import ConfigError
from altegio_sync.settings_file import read_settings_file
from altegio_sync.usecases.check import Level

GOOD = """ALTEGIO_COMPANY_ID=77
ALTEGIO_COMPANY_TOKEN=partner
ALTEGIO_USER_TOKEN=user
DB_URI=mongodb://localhost/school
"""


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [*os.environ]:
        if name.startswith("ALTEGIO_") or name == "DB_URI":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".env"
    path.write_text(GOOD)
    return path


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-8-sig"),
        GOOD.replace("\n", "\r\n").encode(),
        ("# Школа\n" + GOOD).encode(),
        GOOD.rstrip().encode(),
    ],
    ids=["BOM", "CRLF", "Ukrainian", "no line break at the end"],
)
def test_the_usual_ways_to_save_a_file_are_read(env_file: Path, content: bytes) -> None:
    env_file.write_bytes(content)

    assert load_settings().company_ids == ("77",)
    file = read_settings_file(env_file)
    assert file is not None
    assert file.unread_lines == ()


@pytest.mark.parametrize("encoding", ["cp1251", "latin-1", "utf-16"])
def test_another_encoding_is_refused_with_the_full_path(env_file: Path, encoding: str) -> None:
    comment = "# é\n" if encoding == "latin-1" else "# Школа\n"
    env_file.write_bytes((comment + GOOD).encode(encoding))

    with pytest.raises(ConfigError) as told:
        load_settings()

    assert str(told.value) == (
        f"The settings file {env_file} cannot be read: it is not text in UTF-8"
    )


UNREAD = (
    "\n\nALTEGIO_COMPANY_ID 77\n# fine\nALTEGIO_USER_TOKEN: SECRET\nSECRET\nexport HOME\n"
    "ALTEGIO_TIMEZONE='Europe/Kyiv\n"
)


def test_lines_that_cannot_be_read_are_logged_once_each_without_their_text(
    env_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    env_file.write_text(UNREAD + GOOD)
    options = CommandOptions("sync")
    options.configure_logging()

    load(options)
    load(replace(options, reports_settings_file=False))

    assert capfd.readouterr().err.splitlines() == [
        f"WARNING {env_file}, line {line}: not read, since it is not NAME=value"
        for line in (3, 5, 6, 8)
    ]


def settings_of(**fields: object) -> Settings:
    return Settings.model_validate(
        {"ALTEGIO_COMPANY_ID": "77", "DB_URI": "mongodb://localhost/school"} | fields
    )


def test_check_warns_of_unread_lines_and_of_a_file_that_all_may_read(env_file: Path) -> None:
    env_file.write_text("oh no\n" + GOOD)
    env_file.chmod(0o644)
    open_to_all = list(check_settings(settings_of(), env_file))
    env_file.write_text(GOOD)
    env_file.chmod(0o600)

    private = list(check_settings(settings_of(), env_file))

    assert [each.level for each in open_to_all] == [Level.WARN, Level.WARN]
    assert "line 1" in str(open_to_all[0].text)
    assert str(open_to_all[1].hint) == f"chmod 600 {env_file}"
    assert private == []


@pytest.mark.parametrize(
    ("name", "value", "warns"),
    [
        ("ALTEGIO_REQUESTS_PER_SECOND", "10", True),
        ("ALTEGIO_REQUESTS_PER_SECOND", "5", False),
        ("ALTEGIO_REQUESTS_PER_MINUTE", "201", True),
        ("ALTEGIO_REQUESTS_PER_MINUTE", "200", False),
    ],
)
def test_check_warns_of_limits_above_altegios(name: str, value: str, warns: bool) -> None:
    findings = list(check_settings(settings_of(**{name: value}), Path("none.env")))

    assert [each.level for each in findings] == [Level.WARN] * warns
    assert all(name in str(each.text) and name in str(each.hint) for each in findings)


def test_a_variable_is_replaced_also_in_single_quotes(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHO", "school")
    env_file.write_text(GOOD.replace("=user", "='a${WHO}b$c'"))

    assert load_settings().user_token.get_secret_value() == "aschoolb$c"


@pytest.mark.timeout(60)
def test_a_pipe_or_a_device_is_no_settings_file_and_is_not_waited_for(env_file: Path) -> None:
    env_file.unlink()
    os.mkfifo(env_file)
    device = env_file.with_name("device")
    device.symlink_to("/dev/zero")

    for path in (env_file, device):
        assert read_settings_file(path) is None
        with pytest.raises(ConfigError, match="cannot be read: it is not a file"):
            load(CommandOptions("sync", SettingsSource(path)))


@pytest.mark.parametrize(
    ("written", "folder"),
    [("~/school", "/home/x/school"), ("/srv/~x", "/srv/~x"), ("~", "/home/x")],
)
def test_the_data_folder_may_begin_at_home(
    written: str, folder: str, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/x")
    env_file.write_text(f"{GOOD}ALTEGIO_DATA_DIR={written}\n")

    assert load_settings(env_file).data_dir == Path(folder)
