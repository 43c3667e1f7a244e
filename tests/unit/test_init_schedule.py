"""How `init` lets the program run from now on: by timers of systemd, by cron, or by units alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from altegio_sync.app.systemd import TIMERS, Manager
from altegio_sync.cli.init_schedule import (
    Crontab,
    Installation,
    Timers,
    UnitFiles,
    find_schedules,
)
from altegio_sync.errors import AltegioSyncError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_NOTES = '#!/bin/sh\necho "$(/usr/bin/basename "$0") $*" >> "$CALLS"\n'
_RUNNING = 'case "$*" in *is-system-running) echo running;; esac\n'
_OFFLINE = 'case "$*" in *is-system-running) echo offline; exit 1;; esac\n'
_REFUSES = 'echo "Access denied" >&2; exit 1\n'


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; its programs note how they are called."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("SYSTEMD_UNIT_PATH", f"{tmp_path / 'units'}:")
    return folder


def add(folder: Path, name: str, text: str = "") -> None:
    (folder / name).write_text(_NOTES + text)
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("on_path", "options", "expected"),
    [
        ({"systemctl": _RUNNING, "crontab": ""}, {}, [Timers, Crontab]),
        ({"systemctl": _RUNNING}, {}, [Timers, Crontab]),
        ({"systemctl": _RUNNING, "crontab": ""}, {"only_cron": True}, [Crontab]),
        ({"systemctl": _RUNNING, "crontab": ""}, {"is_embedded": True}, [Crontab]),
        ({"systemctl": _OFFLINE, "crontab": ""}, {}, [Crontab]),
        ({"systemctl": _OFFLINE}, {}, [UnitFiles]),
        ({"systemctl": _OFFLINE}, {"is_embedded": True}, [Crontab]),
        ({"systemctl": _REFUSES, "crontab": ""}, {}, [Crontab]),
        ({"crontab": ""}, {}, [Crontab]),
        ({}, {}, [Crontab]),
    ],
)
def test_the_best_way_of_the_machine_comes_first(
    programs: Path, on_path: dict[str, str], options: dict[str, bool], expected: list[type]
) -> None:
    for name, text in on_path.items():
        add(programs, name, text)

    found = find_schedules(
        Installation(programs / ".env"), **{"is_embedded": False, "only_cron": False} | options
    )

    assert [type(each) for each in found] == expected


def test_without_a_crontab_its_lines_are_shown_and_nothing_can_be_added(
    programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crontab = Crontab(Installation(programs / ".env"))

    crontab.show()

    assert not crontab.is_possible
    assert "install cron, then add the lines" in capsys.readouterr().out
    add(programs, "crontab")
    assert crontab.is_possible


@pytest.mark.parametrize("is_of_system", [True, False])
def test_timers_are_started_for_the_system_or_for_the_user(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], is_of_system: bool
) -> None:
    add(programs, "systemctl", _RUNNING)
    add(programs, "loginctl")

    Timers(Installation(tmp_path / ".env"), Manager(is_of_system)).install()

    user = "" if is_of_system else " --user"
    calls = (tmp_path / "calls").read_text().splitlines()
    started = [f"systemctl{user} daemon-reload", f"systemctl{user} enable --now {' '.join(TIMERS)}"]
    assert calls == started + ([] if is_of_system else ["loginctl enable-linger"])
    service = (tmp_path / "units" / "altegio-changes.service").read_text()
    assert f"EnvironmentFile={tmp_path}/.env\n" in service
    assert ("\nUser=" in service) is is_of_system
    assert all((tmp_path / "units" / each).exists() for each in TIMERS)
    shown = capsys.readouterr().out
    assert "The timers run" in shown
    assert f"systemctl{user} enable --now altegio-serve.service starts serve" in shown


def test_who_may_not_linger_is_told(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(programs, "systemctl", _RUNNING)
    add(programs, "loginctl", _REFUSES)

    Timers(Installation(tmp_path / ".env"), Manager(is_of_system=False)).install()

    shown = capsys.readouterr().out
    assert "only run while you are logged in, because loginctl refused (Access denied)" in shown
    assert "loginctl enable-linger " in shown


@pytest.mark.parametrize("systemctl", [_REFUSES, None])
def test_a_refusal_of_systemd_names_the_commands(
    programs: Path, tmp_path: Path, systemctl: str | None
) -> None:
    if systemctl is not None:
        add(programs, "systemctl", systemctl)

    with pytest.raises(AltegioSyncError, match="systemctl --user enable --now altegio-changes"):
        Timers(Installation(tmp_path / ".env"), Manager(is_of_system=False)).install()

    assert (tmp_path / "units" / "altegio-changes.service").exists()


def test_without_a_running_systemd_only_units_are_written(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(programs, "systemctl", _OFFLINE)

    UnitFiles(Installation(tmp_path / ".env"), Manager(is_of_system=True)).install()

    assert "systemctl daemon-reload; systemctl enable --now" in capsys.readouterr().out
    assert (tmp_path / "units" / "altegio-changes.service").exists()
    assert not (tmp_path / "calls").exists()


def test_the_units_of_a_user_are_among_the_users_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYSTEMD_UNIT_PATH", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/home/olena/.config")

    assert str(Manager(is_of_system=False).folder) == "/home/olena/.config/systemd/user"
    assert str(Manager(is_of_system=True).folder) == "/etc/systemd/system"


def test_a_folder_that_cannot_be_made_is_reported(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEMD_UNIT_PATH", str(programs / "file" / "units"))
    (programs / "file").touch()

    with pytest.raises(ConfigError, match=r"Cannot write .*/file/units"):
        Timers(Installation(tmp_path / ".env"), Manager(is_of_system=True)).install()
