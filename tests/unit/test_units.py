"""The units of systemd, as they are in the package and as `init --units` writes them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from altegio_sync.app.units import UNITS, unit_texts
from altegio_sync.cli.init_schedule import Installation, write_units
from altegio_sync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
SERVICES = sorted(each.name for each in UNITS.glob("*.service"))
#: They run all the time, so they have no timer and no line of a crontab.
SERVE, MONGOD = "altegio-serve.service", "altegio-mongod.service"
TIMED = [each for each in SERVICES if each not in (SERVE, MONGOD)]
PROGRAM = str(Path(sys.executable).parent / "altegio-sync")


def verify(folder: Path, texts: Mapping[str, str], *options: str) -> str:
    """What systemd complains about: an unknown key is no failure, so the output counts."""
    for name, text in texts.items():
        (folder / name).write_text(text)
    command = ["systemd-analyze", *options, "verify", *(str(folder / name) for name in texts)]
    ran = subprocess.run(command, capture_output=True, check=False, text=True)
    return f"{ran.stderr}{ran.stdout}" or str(ran.returncode)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    texts = unit_texts([PROGRAM], tmp_path / "100% .env", "altegio")
    wrong = {"altegio-x.service": texts[SERVICES[0]].replace("UMask=", "UMaks=")}

    assert verify(tmp_path, texts) == "0"
    assert "UMaks" in verify(tmp_path, wrong)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_units_of_a_user_have_nothing_that_only_the_system_may_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    texts = unit_texts([PROGRAM], tmp_path / "100% .env", None)

    assert verify(tmp_path, texts, "--user") == "0"
    services = "".join(texts[each] for each in SERVICES)
    for each in ("User=", "/var/lib", "Protect", "CapabilityBoundingSet", "network-online"):
        assert each not in services
    assert "WorkingDirectory=%S/altegio-sync/backups\n" in texts["altegio-backup.service"]


def test_every_service_has_a_timer_and_the_same_limits() -> None:
    texts = {each: (UNITS / each).read_text().split("# It needs", 1)[1] for each in SERVICES}
    limits = {
        tuple(re.findall("^[A-Z].*=.*$", text.split("\n[")[0], re.MULTILINE))
        for name, text in texts.items()
        if name != MONGOD
    }

    assert len(SERVICES) == 6
    assert [each for each in TIMED if not (UNITS / each).with_suffix(".timer").exists()] == []
    [others] = limits
    for_mongod = re.findall("^[A-Z].*=.*$", texts[MONGOD].split("\n[")[0], re.MULTILINE)
    assert set(others) - set(for_mongod) == {"PrivateTmp=yes"}
    assert set(for_mongod) - set(others) == {"ReadWritePaths=/tmp"}
    assert (ROOT / "packaging" / "systemd").resolve() == UNITS.resolve()


def test_the_limits_allow_what_the_embedded_mongodb_calls() -> None:
    """It is killed by a call outside of the filter, in whichever unit starts it."""
    for name in SERVICES:
        assert "\nSystemCallFilter=@system-service mincore\n" in (UNITS / name).read_text(), name


def test_the_units_run_what_readmes_crontab_runs() -> None:
    crontab = (ROOT / "README.md").read_text("utf-8")
    commands = [
        re.search(r"ExecStart=\S+ (.*)", (UNITS / each).read_text())[1]  # type: ignore[index]
        for each in TIMED
    ]

    assert len(commands) == 4
    for command in commands:
        assert f"altegio-sync {command.removesuffix(' --keep 30')}" in crontab


def test_units_are_written_for_this_installation_and_not_over_changed_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "school.env"
    write_units(tmp_path, Installation(settings))
    write_units(tmp_path, Installation(settings))  # nothing is changed: nothing is replaced
    unit = tmp_path / "altegio-changes.service"
    text = unit.read_text()
    unit.write_text(text + "Nice=5\n")
    (tmp_path / "altegio-backup.timer").unlink()

    with pytest.raises(ConfigError, match=r"is there already.* add --replace"):
        write_units(tmp_path, Installation(settings))
    assert unit.read_text().endswith("Nice=5\n")
    assert not (tmp_path / "altegio-backup.timer").exists()  # all or none
    write_units(tmp_path, Installation(settings, replaces=True))

    assert unit.read_text() == text
    assert f"EnvironmentFile={settings}\n" in text
    assert "/opt/" not in text
    assert ("User=altegio\n" in text) is (os.getuid() == 0)
    assert "systemctl enable --now altegio-changes.timer" in capsys.readouterr().out


def test_the_unit_of_serve_runs_all_the_time_unless_its_settings_are_wrong() -> None:
    text = unit_texts(["/bin/altegio-sync"], Path("/srv/.env"), None)[SERVE]

    assert 'ExecStart="/bin/altegio-sync" serve\n' in text
    assert "Restart=on-failure\nRestartPreventExitStatus=2\n" in text
    assert text.endswith("[Install]\nWantedBy=default.target\n")


def test_the_embedded_mongodb_is_started_before_whatever_may_need_it() -> None:
    """Systemd would end it together with the unit that happened to start it."""
    for name in SERVICES:
        text = unit_texts(["/bin/altegio-sync"], Path("/srv/.env"), None)[name]
        assert ("After=altegio-mongod.service\n" in text) is (name != MONGOD)
        assert (UNITS / name).read_text().count("User=altegio\n") == 1
    mongod = unit_texts(["/bin/altegio-sync"], Path("/srv/.env"), None)[MONGOD]
    command = f'ExecStart="{sys.executable}" -m altegio_sync.embedded ${{ALTEGIO_DATA_DIR}}\n'

    assert command in mongod
    assert "Type=notify\n" in mongod
