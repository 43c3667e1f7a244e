"""Compiles the catalogs of translations, and adds the tests and the docs to the sdist."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).parent
CATALOGS = "src/altegio_sync/locale/*/LC_MESSAGES/*.po"


class Build(BuildHookInterface[Any]):
    """Runs before each build, of an editable install too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        compile_catalogs(Path(self.root))
        if self.target_name == "sdist":
            build_data["force_include"] |= {each: each for each in tests_and_docs(Path(self.root))}


def tests_and_docs(root: Path) -> list[str]:
    """The files that git knows: beside them lie other files. Without git there are none."""
    command = ["git", "ls-files", "-z", "--", "docs", "tests", ":(glob)*.md"]
    try:
        ran = subprocess.run(command, cwd=root, capture_output=True, check=False, text=True)  # noqa: S603
    except OSError:
        return []
    named = ran.stdout.split("\0") if ran.returncode == 0 else []
    return [each for each in named if each and (root / each).is_file()]


def compile_catalogs(root: Path = ROOT) -> None:
    """Write the `.mo` beside each `.po`; processes that do so at once do not harm each other."""
    for path in root.glob(CATALOGS):
        compiled = io.BytesIO()
        write_mo(compiled, read_catalog(path))
        new = path.with_suffix(f".mo.{os.getpid()}")
        new.write_bytes(compiled.getvalue())
        new.replace(path.with_suffix(".mo"))


def read_catalog(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


if __name__ == "__main__":
    compile_catalogs()
