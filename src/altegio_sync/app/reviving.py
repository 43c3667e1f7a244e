"""Starts the embedded MongoDB again where it died."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.parts import pause
from altegio_sync.embedded import revive_mongod
from altegio_sync.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from altegio_sync.app.outages import StoreOutages
    from altegio_sync.usecases.stopping import StopSignal

_LOOKED_EVERY_S = 1.0


class Reviving:
    """Looks every second whether the server of the folder is there."""

    def __init__(self, data_dir: Path | None, outages: StoreOutages) -> None:
        self._data_dir = data_dir
        self._outages = outages

    async def run(self, stop: StopSignal) -> None:
        while not stop.is_set:
            try:
                with stop.interrupting():
                    await revive_mongod(self._data_dir)
            except StoreError as error:
                self._outages.note(error)
            await pause(_LOOKED_EVERY_S, stop)
