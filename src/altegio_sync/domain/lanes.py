"""The order in which the processes of one address may send requests to Altegio."""

from __future__ import annotations

from enum import StrEnum


class Lane(StrEnum):
    """What a request is for. The first lane goes before the others.

    Notices and polls have a quarter of each minute at most, so at least half is left for runs. What
    they do not use is for the runs too.
    """

    #: Appointments that notices named.
    NOTICES = "notices"
    #: The runs of `changes` that `serve` makes by itself.
    POLLS = "polls"
    #: Everything else.
    RUNS = "runs"
