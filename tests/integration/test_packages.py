"""A package that is built in a folder of work contains the program and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRIVATE = "Олена Приклад 12345"
#: What lies about where somebody works.
LEFT_ABOUT = [
    ".env",
    "prod.env",
    "skipped.csv",
    "page.html",
    "id_rsa",
    "server.pem",
    "altegio-backup-2026-11-25/altegio/altegio-appointments.bson.gz",
    "notes.py",
    "docs/prod.env",
    "docs/list.md",
    "tests/real.json",
    "src/prod.env",
    "src/altegio_sync/.env",
    "src/altegio_sync/prod.env",
    "src/altegio_sync/skipped.csv",
    "src/altegio_sync/cli/page.html",
    "src/altegio_sync/cli/key.pem",
    "src/altegio_sync/altegio-backup/altegio/altegio-appointments.bson.gz",
]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The names in the sdist and in the wheel of a dirty copy, built without a network."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for name in LEFT_ABOUT:
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PRIVATE, encoding="utf-8")
    command = [sys.executable, "-m", "hatchling", "build", "-d", "out", "-t"]
    for kind in ("sdist", "wheel"):
        subprocess.run([*command, kind], cwd=copy, check=True, capture_output=True, timeout=120)
    [sdist], [wheel] = (copy / "out").glob("*.tar.gz"), (copy / "out").glob("*.whl")
    with tarfile.open(sdist) as archive:
        names = [each.split("/", 1)[1] for each in archive.getnames()]
    with zipfile.ZipFile(wheel) as file:
        return {"sdist": names, "wheel": file.namelist()}


def files_of_the_package() -> set[str]:
    """All but what Python itself leaves there."""
    package = ROOT / "src" / "altegio_sync"
    found = (each for each in package.rglob("*") if each.is_file())
    return {
        each.relative_to(package).as_posix() for each in found if "__pycache__" not in each.parts
    }


def test_nothing_that_lies_about_is_packed(packages: dict[str, list[str]]) -> None:
    around = {"PKG-INFO", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"}
    ours = {f"src/altegio_sync/{each}" for each in files_of_the_package()}
    in_wheel = {each for each in packages["wheel"] if ".dist-info/" not in each}

    assert set(packages["sdist"]) == around | ours
    assert in_wheel == {f"altegio_sync/{each}" for each in files_of_the_package()}
