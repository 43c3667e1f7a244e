"""Warns of documents in the program's own collections that are passed over."""

from __future__ import annotations

from altegio_sync.domain.foreign_text import shown
from altegio_sync.log import get_logger

_LONGEST_ID = 60


class JunkWarning:
    """Warns once for each collection, and names the first document."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, collection: str, document_id: object) -> None:
        if collection not in self._told:
            self._told.add(collection)
            sample = shown(document_id, _LONGEST_ID)
            get_logger().warning("passed_over", collection=collection, sample=sample)
