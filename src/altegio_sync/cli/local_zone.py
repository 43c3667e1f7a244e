"""The zone of commands that do not ask Altegio, and a warning where it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.log import get_logger
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from altegio_sync.config import Settings
    from altegio_sync.ports import RunStore
    from altegio_sync.usecases.zones import LocalZone


async def find_zone_for(settings: Settings, runs: RunStore) -> LocalZone:
    local = await find_local_zone(settings.timezone, runs)
    if local.problem:
        get_logger().warning("unknown_zone", problem=local.problem, used=local.zone.key)
    return local
