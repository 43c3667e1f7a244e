"""Documents that a school's older programs stored: copies of bookings, and faulty documents."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from altegio_sync.sandbox.oddities import PlantedRecord

    Document = dict[str, Any]

_COPIED = 4
_NEW_FIELDS = ("companyId", "altegioUpdatedAt")


def make_old_documents(planted: Sequence[PlantedRecord]) -> list[Document]:
    """Documents of some lessons, as the old scripts stored them. The same documents each time.

    Some bookings have two documents. Each of the other documents has one fault that `validate`
    finds and `validate --fix` repairs.
    """
    whole = [each.document for each in planted if each.document is not None]
    lessons = iter([_old(each) for each in whole if not each["isDeleted"]])
    documents = [copy for _ in range(_COPIED) for copy in _copies(next(lessons))]
    for damage in _DAMAGES:
        lesson = next(lessons)
        damage(lesson)
        documents.append(lesson)
    return documents


def _old(document: Document) -> Document:
    stored_at = document["startDateTime"] - timedelta(days=3)
    kept = {name: value for name, value in document.items() if name not in _NEW_FIELDS}
    return kept | {"createdAt": stored_at, "updatedAt": stored_at, "__v": 0}


def _copies(lesson: Document) -> Iterator[Document]:
    """The first copy has a field of another program, the second copy has the newer status."""
    later: datetime = lesson["updatedAt"] + timedelta(days=4)
    yield lesson | {"status": "0", "leadPurchasedCourse": "B1"}
    yield lesson | {"createdAt": later, "updatedAt": later}


def _set(**fields: object) -> Callable[[Document], None]:
    return lambda document: document.update(fields)


def _start_as_text(document: Document) -> None:
    document["startDateTime"] = document["startDateTime"].isoformat()


def _status_as_number(document: Document) -> None:
    document["status"] = int(document["status"])


def _spaces_in_name(document: Document) -> None:
    document["teacherName"] = f" {document['teacherName'].replace(' ', '  ')}"


_DAMAGES: tuple[Callable[[Document], None], ...] = (
    _start_as_text,
    _status_as_number,
    _spaces_in_name,
    _set(teacherName="", teacherId=None),
    _set(serviceName=""),
    _set(isDeleted=None, IsTrial=None),
    _set(status="arrived"),
)
