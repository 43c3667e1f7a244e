"""`altegio-sync init`: asks for the settings, tests them, and writes `.env`."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.app.crontab import install_lines
from altegio_sync.app.units import unit_texts
from altegio_sync.cli.asking import Lines, Menus, Proposals
from altegio_sync.cli.command import CommandOptions, fail
from altegio_sync.cli.init_questions import SettingQuestions
from altegio_sync.cli.private_file import private_file
from altegio_sync.cli.sync_command import execute_sync
from altegio_sync.config import KNOWN_SETTINGS, SettingsSource, read_variables, settings_file
from altegio_sync.domain.crontab import cron_lines
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.errors import AltegioSyncError, ConfigError
from altegio_sync.messages import init as texts
from altegio_sync.messages import render
from altegio_sync.messages.language import current_language, follow_settings
from altegio_sync.settings_file import ENCODING, values_in, with_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.cli.asking import Asker

#: What `init` writes, in this order. Other settings of the file stay.
_WRITTEN = (
    *("ALTEGIO_COMPANY_ID", "ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN", "DB_URI"),
    *("ALTEGIO_SERVICE_IDS", "ALTEGIO_TRIAL_SERVICE_IDS", "ALTEGIO_LEAD_ID"),
    *("ALTEGIO_CRM_ID_DIGITS", "ALTEGIO_API_URL", "ALTEGIO_LANG"),
)
_SCHOOLS_FILE = "ALTEGIO_SCHOOLS_FILE"


@dataclass(frozen=True, slots=True)
class InitOptions:
    """``given`` are the values of options, by the names of the settings."""

    env_file: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    wants_login: bool = False
    accepts_all: bool = False
    replaces: bool = False
    syncs: bool = False
    installs: bool = False
    units_folder: Path | None = None


def run_init(wanted: InitOptions) -> int:
    """Return the exit code."""
    options = CommandOptions("init", SettingsSource(wanted.env_file))
    follow_settings(options.source.variables)
    options.configure_logging()
    path = settings_file(wanted.env_file)
    asker = _asker(wanted)
    is_written = False
    try:
        questions = _questions(wanted, options, path, asker)
        questions.ask()
        is_written = _write(path, questions.values, asker, wanted)
        if not is_written:
            return ExitCode.DONE
        return _offer(path, asker, wanted)
    except AltegioSyncError as error:
        return fail(options, error)
    except (KeyboardInterrupt, EOFError):  # Ctrl-C, Ctrl-D
        after = texts.LEFT_AFTER_WRITING(file=str(path), command=_sync_command(wanted))
        print(render(after if is_written else texts.LEFT()))
        return ExitCode.INTERRUPTED


def _asker(wanted: InitOptions) -> Asker:
    if wanted.accepts_all:
        return Proposals()
    return _typist()


def _typist() -> Asker:
    return Menus() if sys.stdin is not None and sys.stdin.isatty() else Lines()


def _questions(
    wanted: InitOptions, options: CommandOptions, path: Path, asker: Asker
) -> SettingQuestions:
    with private_file(path):  # whether the file can be written is known before the first question
        variables = read_variables(path) if path.exists() else dict(os.environ)
    if variables.get(_SCHOOLS_FILE):
        raise ConfigError(texts.SCHOOLS_FILE_SET(file=variables[_SCHOOLS_FILE]))
    known = {name: value for name, value in variables.items() if name in KNOWN_SETTINGS}
    known.pop("ALTEGIO_LANG", None)
    begin = texts.BEGIN_AGAIN if path.exists() else texts.BEGIN
    print(render(begin(file=str(path))))
    return SettingQuestions(
        asker=asker,
        typist=_typist(),
        values=known | dict(wanted.given),
        given=set(wanted.given),
        hide=options.configure_logging,
        wants_login=wanted.wants_login,
    )


def _write(path: Path, values: Mapping[str, str], asker: Asker, wanted: InitOptions) -> bool:
    """Write the answers if the person confirms it; return whether the file has them now."""
    text = _read(path)
    before = values_in(text)
    answers = {name: value for name in _WRITTEN if (value := values.get(name)) is not None}
    if current_language() != "en" and "ALTEGIO_LANG" not in before:
        answers["ALTEGIO_LANG"] = current_language()
    if text and all(before.get(name, "") == value for name, value in answers.items()):
        print(render(texts.SAME(file=str(path))))
        return True
    changed = [name for name, value in answers.items() if before.get(name) not in (None, "", value)]
    if not _confirm(path, changed, asker, wanted):
        print(render(texts.NOT_WRITTEN()))
        return False
    try:
        text = with_values(text or f"{render(texts.HEADER())}\n", answers)
    except ValueError as error:
        raise ConfigError(texts.CANNOT_BE_WRITTEN(name=error.args[0])) from None
    with private_file(path) as file:
        file.put(text)
    print(render(texts.WRITTEN(file=str(path))))
    _warn_of_environment(answers)
    return True


def _read(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open(encoding=ENCODING, newline="") as file:
        return file.read()


def _confirm(path: Path, changed: list[str], asker: Asker, wanted: InitOptions) -> bool:
    if not changed:
        return asker.confirm(texts.WRITE(file=str(path)))
    if wanted.replaces:
        return True
    if wanted.accepts_all:
        raise ConfigError(texts.ADD_REPLACE(file=str(path), names=changed))
    return asker.confirm(texts.REPLACE(file=str(path), names=changed), default=False)


def _warn_of_environment(answers: Mapping[str, str]) -> None:
    names = [name for name, value in answers.items() if os.environ.get(name, value) != value]
    if names:
        print(render(texts.ENVIRONMENT_WINS(names=names)))


def _offer(path: Path, asker: Asker, wanted: InitOptions) -> int:
    """Offer the first sync, and the lines of a crontab."""
    code: int = ExitCode.DONE
    if wanted.syncs or (asker.asks_again and asker.confirm(texts.SYNC_NOW())):
        source = SettingsSource(wanted.env_file)
        code = execute_sync(CommandOptions("sync", source), "last-month", None)
    else:
        print(render(texts.NEXT_SYNC(command=_sync_command(wanted))))
    if code == ExitCode.INTERRUPTED:
        return code
    if wanted.units_folder is not None:
        _write_units(wanted.units_folder, path, wanted)
        return code
    lines = cron_lines(_program(), path)
    print(render(texts.CRON_LINES()))
    for each in lines:
        print(f"  {each}")
    if wanted.installs or (asker.asks_again and asker.confirm(texts.INSTALL_NOW(), default=False)):
        is_new = install_lines(lines, path)
        print(render(texts.INSTALLED() if is_new else texts.INSTALLED_BEFORE()))
    return code


def _sync_command(wanted: InitOptions) -> str:
    words = ["altegio-sync", "sync", "last-month", *SettingsSource(wanted.env_file).to_words()]
    return shlex.join(words)


def _program() -> list[str]:
    """How cron, with its short PATH, can run this program."""
    named = Path(sys.argv[0]).absolute()
    if named.name == "altegio-sync" and os.access(named, os.X_OK):
        return [str(named)]
    return [sys.executable, "-m", "altegio_sync"]


def _write_units(folder: Path, path: Path, wanted: InitOptions) -> None:
    """Write the units of systemd. A unit that somebody changed is kept, unless `--replace` is set.

    Raises:
        ConfigError: a unit cannot be written, or would be replaced.
    """
    user = "altegio" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    for name, text in unit_texts(_program(), path, user).items():
        replaces = partial(_may_replace, text, wanted)
        with private_file(folder / name, replaces, mode=0o644) as file:
            file.put(text)
    print(render(texts.UNITS_WRITTEN(folder=str(folder))))


def _may_replace(text: str, wanted: InitOptions, beginning: bytes) -> bool:
    return wanted.replaces or beginning in (b"", text.encode())
