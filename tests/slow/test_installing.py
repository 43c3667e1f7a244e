"""README's steps on a fresh Debian and Ubuntu, and the other ways of installing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.slow import readme
from tests.slow.machine import ROOT, USER

if TYPE_CHECKING:
    from altegio_sync.sandbox import SandboxServer
    from tests.slow.machine import Machine

#: What `init` asks, in its order. An empty answer accepts what is proposed.
ANSWERS = (
    *("sandbox-partner-token", "sandbox-user-token"),
    *("", "", "", "", "8", "{mongodb}", "y"),
)


def set_up_and_sync(machine: Machine, user: str, mongodb: str, server: SandboxServer) -> None:
    """Steps 2 and 3 of README in an empty folder, and what `init` names as the next step.

    The program is found on the PATH of `~/path`.
    """
    answers = " ".join(f"'{each.format(mongodb=mongodb)}'" for each in ANSWERS)
    steps = f"""
        rm -rf school; mkdir school; cd school; . ~/path
        printf '%s\\n' {answers} | {readme.INIT}
        {readme.CHECK}
        altegio-sync sync last-month
        altegio-sync init --yes --units .; ls
        altegio-sync --lang uk --help
    """

    shown = machine.do(steps, user=user, ALTEGIO_API_URL=server.url)

    assert "Would store " in shown
    assert "Next: altegio-sync sync last-month" in shown
    assert "ok   company 77: tokens accepted" in shown
    assert re.search("^Stored [1-9]", shown, re.M)
    assert "altegio-changes.timer" in shown.splitlines()
    assert "Використання: altegio-sync" in shown


def test_make_demo_works_as_readme_says(machine: Machine) -> None:
    machine.install(readme.MAKE_NEEDS)
    machine.clone("root", "tryout")

    assert "That was it." in machine.do("cd tryout; make demo")


@pytest.mark.parametrize("user", ["root", USER])
def test_readmes_steps_work_as_they_are_typed(
    machine: Machine, user: str, sandbox: SandboxServer
) -> None:
    machine.install(readme.PIP_NEEDS)
    machine.clone(user, "clone")
    server_too = readme.PIP_INSTALL.removesuffix(".") + readme.ALL_PARTS
    rest = "find . -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -r {} +"

    machine.do(f"cd clone; {server_too}; {rest}", user=user)
    machine.do("echo . ~/clone/.venv/bin/activate > ~/path", user=user)

    set_up_and_sync(machine, user, "embedded", sandbox)


@pytest.mark.parametrize("user", ["root", USER])
@pytest.mark.parametrize(
    ("way", "undo"),
    [
        ("uv tool install .", "uv tool uninstall altegio-sync"),
        ("pipx install .", "pipx uninstall altegio-sync"),
    ],
    ids=["uv", "pipx"],
)
def test_the_other_ways_of_installing_need_no_file_of_the_clone(
    machine: Machine, way: str, undo: str, user: str, sandbox: SandboxServer, db_uri: str
) -> None:
    assert f"`{way}`" in (ROOT / "docs" / "install.md").read_text("utf-8")
    if way.startswith("uv"):
        got = machine.run("python3 -m venv /opt/uv && /opt/uv/bin/pip install -q uv")
        if got.returncode != 0:
            pytest.skip(f"uv cannot be installed: {got.stderr[-300:]}")
    else:
        machine.install("pipx")
    machine.clone(user, "clone-of-it")
    path = "export PATH=$HOME/.local/bin:/opt/uv/bin:$PATH"

    machine.do(f"echo '{path}' > ~/path; . ~/path; cd clone-of-it; {way}", user=user)
    machine.do("rm -rf clone-of-it", user=user)

    set_up_and_sync(machine, user, db_uri, sandbox)
    machine.do(f". ~/path; {undo}", user=user)
