"""`altegio-sync init`: asks for the settings, tests them, and writes `.env`."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.cli.asking import Lines, Menus, Proposals
from altegio_sync.cli.command import CommandOptions, converse
from altegio_sync.cli.init_questions import SettingQuestions
from altegio_sync.cli.init_schedule import (
    Installation,
    check_units_folder,
    find_schedules,
    write_units,
)
from altegio_sync.cli.private_file import private_file
from altegio_sync.cli.sync_command import execute_changes, execute_sync
from altegio_sync.config import (
    EMBEDDED,
    FILE_SETTINGS,
    KNOWN_SETTINGS,
    SettingsSource,
    read_variables,
    settings_file,
)
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.errors import ConfigError
from altegio_sync.messages import init as texts
from altegio_sync.messages import render
from altegio_sync.messages.language import current_language, follow_settings
from altegio_sync.settings_file import ENCODING, values_in, with_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from altegio_sync.cli.asking import Asker
    from altegio_sync.messages import Message

#: What `init` writes, in this order. Other settings of the file stay.
_WRITTEN = (
    *("ALTEGIO_COMPANY_ID", "ALTEGIO_COMPANY_TOKEN", "ALTEGIO_USER_TOKEN", "DB_URI"),
    *("ALTEGIO_SERVICE_IDS", "ALTEGIO_TRIAL_SERVICE_IDS", "ALTEGIO_LEAD_ID"),
    *("ALTEGIO_CRM_ID_DIGITS", "ALTEGIO_API_URL", "ALTEGIO_DATA_DIR", "ALTEGIO_LANG"),
)
_SCHOOLS_FILE = "ALTEGIO_SCHOOLS_FILE"
#: How far back `changes` begins.
_FIRST = "7d"


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
    only_cron: bool = False
    units_folder: Path | None = None


def run_init(wanted: InitOptions) -> int:
    """Return the exit code."""
    options = CommandOptions("init", SettingsSource(wanted.env_file))
    follow_settings(options.source.variables)
    return _Setup(wanted, options, settings_file(wanted.env_file)).run()


@dataclass
class _Setup:
    wanted: InitOptions
    options: CommandOptions
    path: Path
    is_written: bool = False

    def run(self) -> int:
        return converse(self.options, self._talk, self._leave)

    def _talk(self) -> int:
        wanted, asker = self.wanted, _asker(self.wanted)
        if wanted.units_folder is not None:
            check_units_folder(wanted.units_folder)
        questions = _questions(wanted, self.options, self.path, asker)
        questions.ask()
        self.is_written = _write(self.path, questions.values, asker, wanted)
        return _offer(self.path, asker, wanted) if self.is_written else ExitCode.DONE

    def _leave(self) -> Message:
        if not self.is_written:
            return texts.LEFT()
        command = _command(self.wanted, "sync", "last-month")
        return texts.LEFT_AFTER_WRITING(file=str(self.path), command=command)


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
    for name in FILE_SETTINGS:
        if variables.get(name) and name.removesuffix("_FILE") in _WRITTEN:
            raise ConfigError(texts.SECRET_FILE_SET(name=name))
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
    _warn_of_environment(path, answers)
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
    # A value of the environment may be there by mistake; any other was typed just now.
    was_typed = not any(name in os.environ for name in changed)
    return asker.confirm(texts.REPLACE(file=str(path), names=changed), default=was_typed)


def _warn_of_environment(path: Path, answers: Mapping[str, str]) -> None:
    names = [name for name, value in answers.items() if os.environ.get(name, value) != value]
    if names:
        print(render(texts.ENVIRONMENT_WINS(names=names)))
    there = {*_WRITTEN, *values_in(_read(path))}
    alone = [name for name in KNOWN_SETTINGS if os.environ.get(name) and name not in there]
    if alone:
        print(render(texts.ONLY_IN_ENVIRONMENT(names=alone, file=str(path))))


def _offer(path: Path, asker: Asker, wanted: InitOptions) -> int:
    """Offer the first sync, and that the program runs by itself from now on."""
    source = SettingsSource(wanted.env_file)
    code: int = ExitCode.DONE
    if wanted.syncs or (asker.asks_again and asker.confirm(texts.SYNC_NOW())):
        code = execute_sync(CommandOptions("sync", source), "last-month", None)
    else:
        print(render(texts.NEXT_SYNC(command=_command(wanted, "sync", "last-month"))))
    if code == ExitCode.INTERRUPTED:
        return code
    installation = Installation(path, wanted.replaces)
    if wanted.units_folder is not None:
        write_units(wanted.units_folder, installation)
        return code
    return _offer_schedule(installation, asker, wanted) or code


def _offer_schedule(installation: Installation, asker: Asker, wanted: InitOptions) -> int:
    is_embedded = values_in(_read(installation.env_file)).get("DB_URI") == EMBEDDED
    for each in find_schedules(installation, is_embedded=is_embedded, only_cron=wanted.only_cron):
        each.show()
        if not (each.is_possible or wanted.installs):
            break
        if wanted.installs or (asker.asks_again and asker.confirm(each.question, default=False)):
            # Otherwise `changes` would not know where to begin, and would fail each time.
            code = _begin_changes(wanted)
            if code != ExitCode.INTERRUPTED:
                each.install()
            return code
    print(render(texts.NEXT_CHANGES(command=_command(wanted, "changes", "--since", _FIRST))))
    return ExitCode.DONE


def _begin_changes(wanted: InitOptions) -> int:
    print(render(texts.BEGIN_CHANGES()))
    options = CommandOptions("changes", SettingsSource(wanted.env_file))
    return execute_changes(options, _FIRST, "1d", dry_run=False, companies=[])


def _command(wanted: InitOptions, *words: str) -> str:
    return shlex.join(["altegio-sync", *words, *SettingsSource(wanted.env_file).to_words()])
