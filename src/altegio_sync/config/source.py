"""Finds the settings of a command: a school of a schools file, else the environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from altegio_sync.config.environment import ALL_SETTINGS, load_settings, read_variables
from altegio_sync.config.values import from_home
from altegio_sync.errors import ConfigError
from altegio_sync.messages import schools as texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from altegio_sync.config.schools import SchoolsFile
    from altegio_sync.config.values import SchoolConfig, SchoolOfFile

_SCHOOLS_FILE = "ALTEGIO_SCHOOLS_FILE"


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """The options that say where the settings are, as typed."""

    env_file: Path | None = None
    schools_file: Path | None = None
    school: str | None = None
    all_schools: bool = False

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the environment and of the settings file, if the file can be read."""
        return read_variables(self.env_file, is_lenient=True)

    @property
    def schools_path(self) -> Path | None:
        """The full path that the option names, else the variable; None if neither is set."""
        path = self.schools_file
        if path is None:
            named = self.variables.get(_SCHOOLS_FILE, "").strip()
            path = Path(named) if named else None
        return None if path is None else from_home(path).absolute()

    def load(self, required: Iterable[str] = ALL_SETTINGS) -> SchoolConfig:
        """The settings of the chosen school.

        Raises:
            ConfigError: settings are missing or wrong, or the choice of the school is unclear.
        """
        file = self._read_schools_file()
        if file is None:
            return load_settings(self.env_file, required)
        return file.read([file.pick(self.school)], read_variables(self.env_file), required)[0]

    def load_all(self, required: Iterable[str] = ALL_SETTINGS) -> list[SchoolOfFile]:
        """All schools of the file, for `--all-schools`.

        Raises:
            ConfigError: settings are missing or wrong, or there is no file.
        """
        if self.school is not None:
            raise ConfigError(texts.EXCLUDE_EACH_OTHER(one="--school", other="--all-schools"))
        file = self._read_schools_file()
        if file is None:
            raise ConfigError(texts.NEEDS_FILE(option="--all-schools"))
        return file.read(file.names, read_variables(self.env_file), required)

    def to_words(self) -> Iterator[str]:
        """The options, for another command on the same school."""
        options = (
            ("--env-file", self.env_file),
            ("--schools", self.schools_file),
            ("--school", self.school),
        )
        for name, value in options:
            if value is not None:
                yield from (name, str(value))

    def _read_schools_file(self) -> SchoolsFile | None:
        path = self.schools_path
        if path is None:
            if self.school is not None:
                raise ConfigError(texts.NEEDS_FILE(option="--school"))
            return None
        from altegio_sync.config.schools import read_schools_file

        return read_schools_file(path)
