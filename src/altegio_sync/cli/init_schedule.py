"""The end of `init`: the program runs by itself from now on, by timers of systemd or by cron."""

from __future__ import annotations

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from altegio_sync.app.crontab import has_crontab, install_lines
from altegio_sync.app.systemd import Manager
from altegio_sync.app.units import unit_texts
from altegio_sync.cli.private_file import cannot_write, private_file
from altegio_sync.domain.crontab import cron_lines
from altegio_sync.errors import ConfigError
from altegio_sync.messages import init as texts
from altegio_sync.messages import render
from altegio_sync.messages.os_errors import NO_FOLDER, NO_PERMISSION, os_reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from altegio_sync.messages import Message


class Schedule(Protocol):
    """A way to run the commands again and again."""

    @property
    def question(self) -> Message: ...

    @property
    def is_possible(self) -> bool: ...

    def show(self) -> None: ...

    def install(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Installation:
    """What a schedule runs, and whether it replaces units that somebody changed."""

    env_file: Path
    replaces: bool = False

    @property
    def program(self) -> list[str]:
        """How cron, with its short PATH, can run this program."""
        named = Path(sys.argv[0]).absolute()
        if named.name == "altegio-sync" and os.access(named, os.X_OK):
            return [str(named)]
        return [sys.executable, "-m", "altegio_sync"]


def find_schedules(
    installation: Installation, *, is_embedded: bool, only_cron: bool
) -> Iterator[Schedule]:
    """The ways that this machine has, the best first.

    systemd ends a MongoDB that a unit started, together with the unit.
    """
    manager = Manager.of_this_user()
    takes_timers = not (is_embedded or only_cron)
    if takes_timers and manager.is_running():
        yield Timers(installation, manager)
    elif takes_timers and manager.is_installed() and not has_crontab():
        yield UnitFiles(installation, manager)
        return
    yield Crontab(installation)


@dataclass(frozen=True, slots=True)
class Timers:
    """systemd runs here."""

    installation: Installation
    manager: Manager
    is_possible: bool = True

    @property
    def question(self) -> Message:
        return texts.TIMERS_NOW(folder=str(self.manager.folder))

    def show(self) -> None:
        print(render(texts.TIMERS()))

    def install(self) -> None:
        _write_own_units(self.installation, self.manager)
        self.manager.start_timers()
        refused = self.manager.linger(_user())
        if refused is not None:
            print(render(texts.NO_LINGER(reason=refused, user=_user())))
        print(render(texts.TIMERS_STARTED(folder=str(self.manager.folder))))
        print(render(texts.SERVE_TOO(command=self.manager.serve_command)))


@dataclass(frozen=True, slots=True)
class UnitFiles:
    """systemd is installed and does not run here, as in an image, and there is no cron."""

    installation: Installation
    manager: Manager
    is_possible: bool = True

    @property
    def question(self) -> Message:
        return texts.UNITS_NOW(folder=str(self.manager.folder))

    def show(self) -> None:
        print(render(texts.ONLY_UNITS()))

    def install(self) -> None:
        _write_own_units(self.installation, self.manager)
        _tell_commands(self.manager.folder, self.manager)


@dataclass(frozen=True, slots=True)
class Crontab:
    installation: Installation

    @property
    def is_possible(self) -> bool:
        return has_crontab()

    @property
    def question(self) -> Message:
        return texts.INSTALL_NOW()

    def show(self) -> None:
        print(render(texts.CRON_LINES()))
        for each in self._lines():
            print(f"  {each}")
        if not self.is_possible:
            print(render(texts.INSTALL_CRON()))

    def install(self) -> None:
        is_new = install_lines(self._lines(), self.installation.env_file)
        print(render(texts.INSTALLED() if is_new else texts.INSTALLED_BEFORE()))

    def _lines(self) -> list[str]:
        return cron_lines(self.installation.program, self.installation.env_file)


def write_units(folder: Path, installation: Installation) -> None:
    """Write the units of the system's manager into this folder, and name the commands.

    Raises:
        ConfigError: a unit cannot be written, or would be replaced.
    """
    _make_folder(folder)
    user = "altegio" if os.getuid() == 0 else _user()
    program, env_file = installation.program, installation.env_file
    _write(folder, unit_texts(program, env_file, user), installation)
    _tell_commands(folder, Manager(is_of_system=True))


def check_units_folder(folder: Path) -> None:
    """Check that `write_units` can write there, before the first question.

    Raises:
        ConfigError: the path is no folder, or cannot be written.
    """
    path = folder.absolute()
    existing = next(each for each in (path, *path.parents) if each.exists())
    if not existing.is_dir():
        raise cannot_write(folder, NO_FOLDER())
    if not os.access(existing, os.W_OK | os.X_OK):
        raise cannot_write(folder, NO_PERMISSION())


def _make_folder(folder: Path) -> None:
    """Make the folder if it is not there, readable for systemd and for every user."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            folder.chmod(0o755)
    except OSError as error:
        raise cannot_write(folder, os_reason(error)) from error


def _write_own_units(installation: Installation, manager: Manager) -> None:
    """Write the units for the manager. They run as the user who runs `init`, as with cron."""
    user = _user() if manager.is_of_system else None
    folder = manager.folder
    _make_folder(folder)
    _write(folder, unit_texts(installation.program, installation.env_file, user), installation)


def _write(folder: Path, units: Mapping[str, str], installation: Installation) -> None:
    """Write all units or none. A unit that differs is kept, unless `--replace` is set."""
    try:
        differ = [name for name, text in units.items() if _differs(folder / name, text)]
    except OSError as error:
        raise cannot_write(folder, os_reason(error)) from error
    if differ and not installation.replaces:
        raise ConfigError(texts.UNIT_DIFFERS(path=str(folder / differ[0])))
    for name, text in units.items():
        with private_file(folder / name, mode=0o644) as file:
            file.put(text)


def _differs(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() not in (b"", text.encode())


def _tell_commands(folder: Path, manager: Manager) -> None:
    commands: Sequence[str] = manager.commands
    print(render(texts.UNITS_WRITTEN(folder=str(folder), commands="; ".join(commands))))
    print(render(texts.SERVE_TOO(command=manager.serve_command)))


def _user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name
