"""Several schools in one file, `schools.toml`, with their secrets in environment variables."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from altegio_sync.config.environment import (
    ALL_SETTINGS,
    ALTEGIO_SETTINGS,
    find_wrong_address,
    find_wrong_settings,
    read_variables,
)
from altegio_sync.config.files import find_file_problem, is_there
from altegio_sync.config.schools_text import key_of, read_tables
from altegio_sync.config.values import SchoolConfig, SchoolOfFile, from_home
from altegio_sync.errors import ConfigError
from altegio_sync.messages import schools as texts
from altegio_sync.messages.words import LINES, join
from altegio_sync.settings_file import ENCODING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from altegio_sync.config.schools_text import Problem, SchoolTables, Table
    from altegio_sync.messages import Message

_MOST_BYTES = 1_000_000
#: One message shows at most this many wrong lines.
_MOST_SHOWN = 20
_DB_URI = "DB_URI"


class SchoolsFile:
    """The schools of a correct file; the variables that the file names are not read yet."""

    def __init__(self, path: Path, tables: SchoolTables) -> None:
        self.path = path
        self._budget = tables.budget
        self._schools = {each.name: each for each in tables.schools}
        self._first = tables.schools[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The schools in the order of the file."""
        return tuple(self._schools)

    def pick(self, name: str | None) -> str:
        """The school with this name; None means the only school of the file.

        Raises:
            ConfigError: there is no such school, or it is open which school is meant.
        """
        path = str(self.path)
        if name in self._schools:
            return name
        if name is None:
            if len(self.names) > 1:
                raise ConfigError(texts.WHICH_SCHOOL(file=path, names=self.names))
            return self._first.name
        near = get_close_matches(name, self.names, 1)
        if near:
            meant = texts.UNKNOWN_SCHOOL_MEANT
            raise ConfigError(meant(school=name, file=path, names=self.names, meant=near[0]))
        raise ConfigError(texts.UNKNOWN_SCHOOL(school=name, file=path, names=self.names))

    def read(
        self,
        names: Iterable[str],
        variables: Mapping[str, str],
        required: Iterable[str] = ALL_SETTINGS,
    ) -> list[SchoolOfFile]:
        """The configurations of these schools; ``required`` are settings by their variables.

        The variables of other schools may be missing: a process gets the secrets that it needs.

        Raises:
            ConfigError: a required key, or a variable, is missing or wrong.
        """
        schools = [self._schools[each] for each in names]
        self._refuse_missing_keys(schools, tuple(required))
        used = [(each, tuple(each.variables)) for each in schools]
        if self._budget.variables:
            used.append((self._budget, (_DB_URI,)))
        elif self._first not in schools and ALTEGIO_SETTINGS[-1] in required:
            used.append((self._first, (_DB_URI,)))
        self._refuse_variables(used, variables)
        budget = self._find_budget(variables)
        return [
            SchoolOfFile.model_validate(
                {
                    **budget,
                    **self._budget.values,
                    **table.values,
                    **{alias: variables[name].strip() for alias, name in table.variables.items()},
                    "name": table.name,
                    "language": table.language,
                }
            )
            for table in schools
        ]

    def _refuse_missing_keys(self, schools: Sequence[Table], required: Sequence[str]) -> None:
        lacking = [
            (table.line(), texts.MISSING_KEYS(keys=keys))
            for table in schools
            if (keys := [key_of(each) for each in required if not _has(table, each)])
        ]
        if lacking:
            raise _refused(self.path, lacking)

    def _refuse_variables(
        self, used: Sequence[tuple[Table, Sequence[str]]], variables: Mapping[str, str]
    ) -> None:
        named = [
            (table.line(key_of(alias)), alias, variables.get(table.variables.get(alias, ""), ""))
            for table, aliases in used
            for alias in aliases
        ]
        missing = sorted((line, key_of(alias)) for line, alias, value in named if not value.strip())
        if missing:
            places = [texts.PLACE(key=key, line=line) for line, key in missing]
            raise ConfigError(texts.MISSING_VARIABLES(file=str(self.path), places=places))
        wrong = [
            (line, texts.WRONG_VARIABLE(key=key_of(alias), reason=reason))
            for line, alias, value in named
            if (reason := _find_wrong(alias, value.strip())) is not None
        ]
        if wrong:
            raise _refused(self.path, wrong)

    def _find_budget(self, variables: Mapping[str, str]) -> dict[str, str]:
        """The address where requests are counted: the budget's own, else the first school's."""
        home = self._budget if self._budget.variables else self._first
        found = {"budget_db_uri": variables.get(home.variables.get(_DB_URI, ""), "").strip()}
        folder = self._first.values.get("ALTEGIO_DATA_DIR")
        return (
            found if folder is None else {**found, "budget_data_dir": str(from_home(Path(folder)))}
        )


def _has(table: Table, alias: str) -> bool:
    return alias in table.values or alias in table.variables


def _find_wrong(alias: str, value: str) -> Message | None:
    """The problem of a variable's value; None if the value is correct."""
    if alias == _DB_URI:
        return next(iter(find_wrong_address(value)), None)
    try:
        SchoolConfig.model_validate({alias: value})
    except ValidationError as error:
        return find_wrong_settings(error)[alias]
    return None


def read_schools_file(path: Path) -> SchoolsFile:
    """The schools of the file, which is checked as a whole.

    Raises:
        ConfigError: the file cannot be read, or one message names every wrong line.
    """
    path = from_home(path).absolute()
    tables, problems = read_tables(_read_text(path))
    if problems:
        raise _refused(path, problems)
    return SchoolsFile(path, tables)


def _read_text(path: Path) -> str:
    if not is_there(path):
        raise ConfigError(texts.NO_FILE(path=str(path)))
    problem = find_file_problem(path, _MOST_BYTES)
    if problem is not None:
        raise ConfigError(texts.UNREADABLE_FILE(path=str(path), reason=problem))
    return path.read_text(encoding=ENCODING)


def _refused(path: Path, problems: Sequence[Problem]) -> ConfigError:
    lines: list[Message] = [
        texts.PROBLEM(file=str(path), line=line, reason=reason)
        for line, reason in problems[:_MOST_SHOWN]
    ]
    if more := len(problems) - len(lines):
        lines.append(texts.MORE_PROBLEMS(count=more))
    return ConfigError(join(LINES, lines))


def load_schools(
    path: Path,
    names: Iterable[str] = (),
    *,
    env_file: Path | None = None,
    required: Iterable[str] = ALL_SETTINGS,
) -> list[SchoolOfFile]:
    """The schools of the file with these names, by default all.

    The variables that the file names are read from the environment, then from ``env_file``, by
    default `.env` where it exists.

    Raises:
        ConfigError: the file or a variable is missing or wrong, or a name is unknown.
    """
    file = read_schools_file(path)
    wanted = [file.pick(each) for each in names] or file.names
    return file.read(wanted, read_variables(env_file), required)
