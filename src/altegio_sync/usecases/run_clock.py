"""The time of an answer by the clocks of Altegio and MongoDB, not by this machine's clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from altegio_sync.domain.clock import steady_now

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class RunClock:
    """MongoDB's clock during a run. It must be created at the moment ``began_at``."""

    began_at: datetime
    _made_at: float = field(default_factory=steady_now)

    def believe(
        self, answered_at: datetime | None, most_ahead: timedelta = timedelta()
    ) -> datetime:
        """The time of an answer of this run by Altegio's clock, unless it is in the future.

        A missing time, or a time in the future, is replaced by the begin of the run, because no
        answer of the run is older. By a time in the future, a day that has not ended would seem to
        be read after its end. ``most_ahead`` is how far Altegio's clock may be ahead.
        """
        now = self.began_at + timedelta(seconds=steady_now() - self._made_at)
        is_believed = answered_at is not None and answered_at <= now + most_ahead
        return answered_at if answered_at is not None and is_believed else self.began_at
