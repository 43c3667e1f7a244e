"""The time of an answer, by the clocks of Altegio and MongoDB and not by our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import steady_now

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunClock:
    """MongoDB's clock during a run. To be made at the moment ``began_at``."""

    began_at: datetime
    _made_at: float = field(default_factory=steady_now)

    def believe(
        self, answered_at: datetime | None, most_ahead: timedelta = timedelta()
    ) -> datetime:
        """The time that Altegio gave with an answer of this run, unless it is in the future.

        Otherwise the time at which the run began, because no answer of the run is older. With a
        time in the future, a day that has not ended would seem to be read after its end.
        ``most_ahead`` is how far Altegio's clock may be ahead.
        """
        now = self.began_at + timedelta(seconds=steady_now() - self._made_at)
        is_believed = answered_at is not None and answered_at <= now + most_ahead
        return answered_at if answered_at is not None and is_believed else self.began_at
