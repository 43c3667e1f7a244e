"""The first steps of the README on a fresh Debian, and the other ways of installing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.slow.machine import ROOT

if TYPE_CHECKING:
    from tests.slow.machine import Machine

#: Without a file of the clone: help, another language, and what `init` writes.
USED = (
    "altegio-sync --version; altegio-sync --lang uk --help; "
    "altegio-sync sandbox --help; altegio-sync --show-completion || true"
)


def first_step() -> str:
    """The command in step 1 of *Five minutes to your own school*."""
    found = re.search(r"^1\. Install: `([^`]+)`", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_readmes_first_step_works_as_it_is_typed(machine: Machine, user: str) -> None:
    home = f"/home/readme-{user}"
    machine.run(f"mkdir -p {home}")
    machine.clone_to(f"{home}/clone")
    machine.run(f"chown -R {user} {home}")
    steps = f"cd clone; {first_step()}; rm -rf src docs tests scripts README.md; cd /; {USED}"

    ran = machine.run(steps, user=user, home=home)

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert "altegio-sync 0." in ran.stdout
    assert "Використання: altegio-sync" in ran.stdout


@pytest.mark.parametrize("way", ["uv tool install .", "pipx install ."])
def test_the_other_ways_of_installing_need_no_file_of_the_clone(machine: Machine, way: str) -> None:
    program = way.split()[0]
    home = f"/home/with-{program}"
    machine.run(f"mkdir -p {home}")
    machine.clone_to(f"{home}/clone")
    if program == "uv":
        got = machine.run("python3 -m venv /opt/uv && /opt/uv/bin/pip install -q uv")
        if got.returncode != 0:
            pytest.skip(f"uv cannot be installed: {got.stderr[-300:]}")
    path = "export PATH=$HOME/.local/bin:/opt/uv/bin:$PATH"
    steps = f"{path}; cd clone; {way}; cd; rm -rf clone; {USED}"

    ran = machine.run(steps, home=home)

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert "altegio-sync 0." in ran.stdout
    assert "Використання: altegio-sync" in ran.stdout
