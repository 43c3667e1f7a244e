"""The schools of the chain: the file `schools.toml`, or the one school of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from altegio_sync.config import ALL_SETTINGS, SchoolOfFile, SettingsSource
from altegio_sync.config.schools_text import KEYS
from altegio_sync.errors import ConfigError
from altegio_sync.messages import chain as texts
from altegio_sync.messages.setting_names import call_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.config import SchoolConfig

#: Dagster joins the parts of a partition's key with the first, and writes ranges with the second.
_SIGNS_OF_DAGSTER = ("|", "...")


class SchoolResource(dg.ConfigurableResource):  # type: ignore[type-arg,unused-ignore]
    """Where the settings are. It holds paths only: the secrets stay in the environment."""

    schools_file: str | None = None
    env_file: str | None = None

    def load(self) -> Sequence[SchoolConfig]:
        """The schools; without a schools file, the one school of the environment.

        With a schools file, sentences name its keys instead of the variables from now on.

        Raises:
            ConfigError: settings are missing or wrong.
        """
        source = SettingsSource(
            env_file=None if self.env_file is None else Path(self.env_file),
            schools_file=None if self.schools_file is None else Path(self.schools_file),
        )
        call_settings({} if source.schools_path is None else KEYS)
        if source.schools_path is None:
            return [source.load(ALL_SETTINGS)]
        schools = source.load_all(ALL_SETTINGS)
        for each in schools:
            for sign in _SIGNS_OF_DAGSTER:
                if sign in each.name:
                    raise ConfigError(texts.SIGN_IN_NAME(school=each.name, sign=sign))
        return schools


def name_of(config: SchoolConfig) -> str:
    """The school's name in the schools file; empty without a file."""
    return config.name if isinstance(config, SchoolOfFile) else ""


def company_key(config: SchoolConfig, company_id: str) -> str:
    """The company's partition key: its id, with a schools file after the name of the school."""
    name = name_of(config)
    return f"{name}/{company_id}" if name else company_id


def company_of(config: SchoolConfig, key: str) -> str | None:
    """The company of a partition key; None if it is a company of another school."""
    school, slash, company_id = key.rpartition("/")
    is_own = school == name_of(config) and bool(slash) == bool(school)
    return company_id if is_own else None
