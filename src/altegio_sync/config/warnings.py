"""Warnings about the settings. They do not prevent a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.config.names import find_unknown_settings, is_set
from altegio_sync.config.values import SchoolOfFile
from altegio_sync.domain.report import RunError
from altegio_sync.messages import settings as texts

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.config.values import SchoolConfig


def find_settings_warnings(config: SchoolConfig, env_file: Path | None = None) -> list[RunError]:
    """Names that are similar to settings, and a missing list of services."""
    warnings = []
    # The settings of a school of a file are not in the environment.
    names = [] if isinstance(config, SchoolOfFile) else find_unknown_settings(env_file)
    for each in names:
        if each.meant is not None:
            # If the known setting is set as well, the other name is hardly a mistake.
            is_slip = not is_set(each.meant, env_file)
            code = "unknown_setting" if is_slip else "similar_setting"
            warnings.append(RunError(code, each.message))
    if not config.service_ids:
        warnings.append(RunError("no_service_list", texts.NO_SERVICE_LIST()))
    return warnings
