"""What Altegio's settings say about webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HookAddress:
    """An address that Altegio sends webhooks to. ``url`` may contain a secret.

    - ``is_active``: webhooks are enabled.
    - ``sends_bookings``: webhooks about appointments are ticked.
    """

    url: str = field(repr=False)
    is_active: bool
    sends_bookings: bool
