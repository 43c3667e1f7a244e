"""The order in which `pytest -n` gives the tests to its workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


class FromBothEnds(LoadScheduling):  # type: ignore[misc]  # xdist has no types
    """Every second worker takes its tests from the end.

    The first tests wait for other processes, and the last ones compute: while some workers wait,
    the others use the processors. Fewer workers start the servers that are of one file.
    """

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        is_from_end = self.nodes.index(node) % 2 == 1
        if is_from_end:
            self.pending.reverse()
        super().check_schedule(node, duration)
        if is_from_end:
            self.pending.reverse()
