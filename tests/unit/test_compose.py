"""`packaging/compose.yaml`, as far as it can be tried without an image of MongoDB."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from altegio_sync.config import load_settings

FILE = Path(__file__).parents[2] / "packaging" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text("utf-8"))
SERVE: dict[str, Any] = COMPOSE["services"]["serve"]
DOCKER_COMPOSE = shutil.which("docker-compose")


@pytest.mark.skipif(DOCKER_COMPOSE is None, reason="docker-compose is not installed")
def test_compose_knows_every_key(tmp_path: Path) -> None:
    def complaint(text: str) -> str:
        (tmp_path / "compose.yaml").write_text(text)
        command = [str(DOCKER_COMPOSE), "-f", str(tmp_path / "compose.yaml"), "config", "-q"]
        environment = os.environ | {"ALTEGIO_COMPANY_ID": "77"}
        ran = subprocess.run(
            command, capture_output=True, check=False, text=True, env=environment, cwd=tmp_path
        )
        return ran.stdout + ran.stderr or str(ran.returncode)

    assert complaint(FILE.read_text()) == "0"
    assert "'restrat'" in complaint(FILE.read_text().replace("restart:", "restrat:"))


def test_the_program_reads_its_settings_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each secret is in a file, and blank values count as not set.

    An empty default would be passed on as it is written by the podman-compose of Debian 12.
    """
    monkeypatch.chdir(tmp_path)
    for name, value in SERVE["environment"].items():
        required = re.sub(r"\$\{[A-Z_]+:\?.*\}", "77", value)
        text = re.sub(r"\$\{[A-Z_]+:-([^}]+)\}", r"\1", required)
        if name.endswith("_FILE"):
            secret = text.removeprefix("/run/secrets/")
            assert secret in SERVE["secrets"]
            assert COMPOSE["secrets"][secret] == {"file": f"./secrets/{secret}"}
            (tmp_path / secret).write_text(f"{secret}{'x' * 32}\n")
            text = str(tmp_path / secret)
        monkeypatch.setenv(name, text)

    settings = load_settings()

    assert settings.company_ids == ("77",)
    assert settings.service_ids == ()
    assert settings.hook_secrets == (f"hook_secret{'x' * 32}",)
    assert settings.page_password is not None
    assert "TOKEN" not in str([name for name in SERVE["environment"] if not name.endswith("FILE")])


def test_only_serve_can_be_reached_and_only_from_this_machine() -> None:
    services = COMPOSE["services"]

    assert services.keys() == {"serve", "mongodb"}
    assert SERVE["ports"] == ["127.0.0.1:8077:8077"]
    assert "ports" not in services["mongodb"]
    assert services["mongodb"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    folder = FILE.parent / SERVE["build"]["context"]
    assert (folder / SERVE["build"]["dockerfile"]).exists()
    assert "packaging/secrets/" in (folder / ".gitignore").read_text().splitlines()


def test_the_health_is_asked_through_a_shell() -> None:
    """The podman-compose of Debian 12 passes a list of words on wrongly."""
    tests = [each["healthcheck"]["test"] for each in COMPOSE["services"].values()]

    assert [each for each in tests if not isinstance(each, str)] == []
