"""When an answer was given, by two clocks of which neither is ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import steady_now

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunClock:
    """MongoDB's time since a run began, at ``began_at``; made at that moment."""

    began_at: datetime
    _made_at: float = field(default_factory=steady_now)

    def believe(
        self, answered_at: datetime | None, most_ahead: timedelta = timedelta()
    ) -> datetime:
        """The time that Altegio gave with an answer of this run, if it is not in the future.

        Else when the run began, since no answer of the run is older. A time in the future would
        make a day that goes on look as if it had been read after its end.
        """
        now = self.began_at + timedelta(seconds=steady_now() - self._made_at)
        is_believed = answered_at is not None and answered_at <= now + most_ahead
        return answered_at if answered_at is not None and is_believed else self.began_at
