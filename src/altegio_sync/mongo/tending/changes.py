"""Planned changes of documents, and the result of carrying them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.core import elements
from altegio_sync.mongo.core.document_ids import id_key
from altegio_sync.mongo.core.literal import with_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bson.raw_bson import RawBSONDocument


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to set in a document, or its removal; ``old`` is the document as it was read.

    The ``last`` fields are set after the removals of the group: an appointment id that a document
    of the group has until that document is removed.
    """

    old: RawBSONDocument
    fields: Mapping[str, Any] = field(default_factory=dict)
    removes: bool = False
    last: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document_id(self) -> Any:
        return self.old["_id"]

    @property
    def before_last(self) -> RawBSONDocument:
        return with_fields(self.old, self.fields)

    @property
    def final(self) -> RawBSONDocument | None:
        """The document after the change; None if it is removed."""
        return None if self.removes else with_fields(self.before_last, self.last)


@dataclass(slots=True)
class Applied:
    """How many documents were changed and removed, and which were not.

    ``overtaken``: the `_id`s of documents that another program changed after they were read.
    ``refused``: the `_id`s of documents that the server refused, with the code. A group is carried
    out completely or not at all.
    """

    changed: int = 0
    removed: int = 0
    overtaken: list[Any] = field(default_factory=list)
    refused: list[tuple[Any, int]] = field(default_factory=list)

    def add_done(self, group: Sequence[Change]) -> None:
        self.removed += sum(each.removes for each in group)
        self.changed += sum(not each.removes for each in group)

    def add(self, other: Applied) -> None:
        self.changed += other.changed
        self.removed += other.removed
        self.overtaken += other.overtaken
        self.refused += other.refused

    def add_refused(self, group: Sequence[Change], code: int) -> None:
        self.refused += [(each.document_id, code) for each in group]

    def left_of(self, changes: Iterable[Change]) -> Iterator[tuple[Change, int | None]]:
        """The changes that were not carried out, with the server's code (None if overtaken)."""
        codes: dict[bytes, int | None] = {id_key(each): None for each in self.overtaken}
        codes |= {id_key(each): code for each, code in self.refused}
        for change in changes:
            if (key := id_key(change.document_id)) in codes:
                yield change, codes[key]

    def add_overtaken(self, group: Sequence[Change]) -> None:
        self.overtaken += [each.document_id for each in group]


def digest(document: RawBSONDocument) -> str:
    """A hash that is the same for documents with the same fields in any order."""
    return elements.digest(document.raw)


def expected_selves(change: Change) -> list[str | None]:
    """The hashes of the versions that the change writes, in order; None for a removal."""
    if change.final is None:
        return [None]
    selves: list[str | None] = [digest(change.before_last)]
    if change.last:
        selves.append(digest(change.final))
    return selves
