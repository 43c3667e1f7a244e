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
AROUND = {"PKG-INFO", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore"}
#: Git knows these files; other files lie beside them.
KNOWN = {"CHANGELOG.md", "README.uk.md", "docs/install.md", "tests/unit/test_docs.py"}
PRIVATE = "Олена Приклад 12345"
#: What lies about where somebody works.
LEFT_ABOUT = [
    ".env",
    "prod.env",
    "skipped.csv",
    "page.html",
    "id_rsa",
    "server.pem",
    "prices.md",
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
    for name in (AROUND | KNOWN) - {"PKG-INFO"}:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.mo")
    shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
    shutil.copytree(ROOT / "packaging", copy / "packaging", symlinks=True)
    for git in (["init"], ["add", "."]):
        subprocess.run(["git", *git], cwd=copy, check=True, capture_output=True)
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
    """All but what Python itself leaves there, and the compiled catalogs, which a build adds."""
    package = ROOT / "src" / "altegio_sync"
    found = {each.relative_to(package) for each in package.rglob("*") if each.is_file()}
    ours = {each for each in found if "__pycache__" not in each.parts}
    return {each.as_posix() for each in ours} | {
        each.with_suffix(".mo").as_posix() for each in ours if each.suffix == ".po"
    }


def test_nothing_that_lies_about_is_packed(packages: dict[str, list[str]]) -> None:
    ours = {f"src/altegio_sync/{each}" for each in files_of_the_package()}
    in_wheel = {each for each in packages["wheel"] if ".dist-info/" not in each}

    assert set(packages["sdist"]) == AROUND | KNOWN | ours
    assert len(packages["sdist"]) == len(set(packages["sdist"]))
    assert in_wheel == {f"altegio_sync/{each}" for each in files_of_the_package()}
    assert "altegio_sync/locale/uk/LC_MESSAGES/altegio_sync.mo" in in_wheel
