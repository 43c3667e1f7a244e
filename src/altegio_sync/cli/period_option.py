"""The period of a command for which it is optional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.domain.period_words import parse_period
from altegio_sync.domain.stats import parse_span
from altegio_sync.errors import ConfigError
from altegio_sync.messages.commands import DAYS_NAMED_TWICE

if TYPE_CHECKING:
    from altegio_sync.domain.period import AnyPeriod


@dataclass(frozen=True, slots=True)
class AskedDays:
    """PERIOD, or FROM and TO, as arguments or as options."""

    first: str | None = None
    last: str | None = None
    from_option: str | None = None
    to_option: str | None = None

    def parse(self) -> AnyPeriod | None:
        """None for all days; raises ConfigError."""
        by_option = self.from_option is not None or self.to_option is not None
        if self.first is None:
            return parse_span(self.from_option, self.to_option)
        if by_option:
            raise ConfigError(DAYS_NAMED_TWICE())
        return parse_period(self.first, self.last)
