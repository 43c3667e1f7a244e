"""Reads stored appointments in order, one by one, so that memory stays flat."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.company_scope import WITHOUT_COMPANY
from altegio_sync.domain.export import StoredAppointment
from altegio_sync.mongo.core.companies import of_companies
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.documents import KEY, STAMP
from altegio_sync.mongo.core.ids import NO_LIST, having_ids, keys_of, to_id
from altegio_sync.mongo.tending.duplicates import repeated_ids
from altegio_sync.mongo.tending.unread_starts import count_unread_starts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.export import ExportQuery, Value

Document = dict[str, Any]

_BATCH = 1000
_AS_TEXT: Document = {
    "$convert": {"input": "$teacherId", "to": "string", "onError": None, "onNull": None}
}
#: The teacher's id as text; null if there is none.
_ID: Document = {"$cond": [{"$eq": [_AS_TEXT, ""]}, None, _AS_TEXT]}
_NAME: Document = {"$cond": [{"$eq": [{"$type": "$teacherName"}, "string"]}, "$teacherName", ""]}
#: A teacher without an id is known by the name.
_TEACHER: Document = {"id": _ID, "name": {"$cond": [{"$eq": [_ID, None]}, _NAME, ""]}}
_LONGEST = 1000
#: The fields that show which of several copies is the newest.
_AGE = (STAMP, "updatedAt")


class MongoExport:
    """Reads one collection."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[collection]

    async def read(
        self, query: ExportQuery, fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]:
        """The appointments of the period, by start. Raises StoreError if MongoDB fails."""
        stages: list[Document] = [
            {"$match": _matching(query)},
            {"$sort": {"startDateTime": 1, "_id": 1}},
        ]
        async for each in self._read(query, stages, fields):
            yield each

    async def read_by_teacher(
        self, query: ExportQuery, fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]:
        """The appointments of the period by teacher, the teachers by name, then by start.

        Of several copies of an appointment, only the copy that changed last is read.

        Raises:
            StoreError: MongoDB failed.
        """
        with translated_errors():
            teachers = await self._find_teachers(query)
            extra = await self._find_extra_copies(query)
        order = {"$literal": [each["_id"] for each in teachers]}
        place = {"$indexOfArray": [order, _TEACHER]}
        stages: list[Document] = [
            {"$match": {**_matching(query), "_id": {"$nin": extra}}},
            {"$addFields": {"_place": place, "teacherId": _ID, "teacherName": _NAME}},
            {"$sort": {"_place": 1, "startDateTime": 1, "_id": 1}},
        ]
        async for each in self._read(query, stages, fields):
            yield each

    async def find_by_id(
        self, appointment_ids: Collection[str], fields: Sequence[str]
    ) -> dict[str, Mapping[str, Value]]:
        """The fields of these appointments by their id. Raises StoreError if MongoDB fails."""
        wanted = dict.fromkeys((KEY, *fields), 1)
        query = having_ids(keys_of(appointment_ids, also_numbers=True))
        with translated_errors():
            found = await self._collection.find(query, wanted).to_list()
        return {
            to_id(each[KEY]) or "": {name: _to_value(value) for name, value in each.items()}
            for each in found
        }

    async def count_extra_copies(self, query: ExportQuery) -> int:
        """How many documents `read_by_teacher` leaves out; StoreError if MongoDB fails."""
        with translated_errors():
            return len(await self._find_extra_copies(query))

    async def count_without_company(self, query: ExportQuery) -> int | None:
        """How many documents of the period belong to no company; None if they are read too.

        Raises:
            StoreError: MongoDB failed.
        """
        companies = query.companies
        if companies is None or companies.includes_documents_without_company:
            return None
        with translated_errors():
            left_out = _matching(replace(query, companies=WITHOUT_COMPANY))
            return await self._collection.count_documents(left_out)

    async def count_unread_starts(self, query: ExportQuery) -> int:
        """How many documents may belong to the period, although their start is no date.

        Raises:
            StoreError: MongoDB failed.
        """
        with translated_errors():
            of_them = of_companies(query.companies)
            return await count_unread_starts(self._collection, of_them, query.span_of)

    async def _read(
        self, query: ExportQuery, stages: Sequence[Document], fields: Sequence[str]
    ) -> AsyncIterator[StoredAppointment]:
        wanted = {*fields, "startDateTime", "companyId"}
        pipeline = [*stages, {"$project": dict.fromkeys(sorted(wanted), 1)}]
        days = query.period
        with translated_errors():
            cursor = await self._collection.aggregate(pipeline, allowDiskUse=True, batchSize=_BATCH)
            async for document in cursor:
                found = _to_appointment(document)
                day = found.starts_at.astimezone(
                    query.zone_of(found.fields.get("companyId"))
                ).date()
                if days.start <= day < days.end:
                    yield found

    async def _find_teachers(self, query: ExportQuery) -> list[Document]:
        pipeline = [
            {"$match": _matching(query)},
            {"$group": {"_id": _TEACHER, "name": {"$last": _NAME}}},
        ]
        found = await (await self._collection.aggregate(pipeline, allowDiskUse=True)).to_list()
        return sorted(found, key=lambda each: (str(each["name"]).casefold(), str(each["_id"])))

    async def _find_extra_copies(self, query: ExportQuery) -> list[Any]:
        """The `_id` of each document whose appointment has another document that changed later."""
        pipeline = repeated_ids(_matching(query))
        repeated = await (await self._collection.aggregate(pipeline, allowDiskUse=True)).to_list()
        keys = [key for each in repeated for key in each["keys"]]
        if not keys:
            return []
        latest: dict[str | None, tuple[Any, Any]] = {}
        extra = []
        condition = {"$and": [_matching(query), having_ids(keys)]}
        async for each in self._collection.find(condition, dict.fromkeys((KEY, *_AGE), 1)).sort(
            "_id"
        ):
            key, age = to_id(each[KEY]), _age(each)
            if key in latest and latest[key][0] >= age:
                extra.append(each["_id"])
                continue
            if key in latest:
                extra.append(latest[key][1])
            latest[key] = age, each["_id"]
        return extra


def _matching(query: ExportQuery) -> Document:
    since, until = query.moments()
    return {
        **of_companies(query.companies),
        # A comparison with a date finds only dates, and lists that contain such a date.
        "startDateTime": {"$gte": since, "$lt": until, **NO_LIST},
    }


def _age(document: Document) -> tuple[float, ...]:
    moments = (document.get(name) for name in _AGE)
    return tuple(each.timestamp() if isinstance(each, datetime) else 0.0 for each in moments)


def _to_appointment(document: Document) -> StoredAppointment:
    fields = {name: _to_value(each) for name, each in document.items()}
    return StoredAppointment(fields, document["startDateTime"])


def _to_value(value: object) -> Value:
    if value is None or isinstance(value, str | bool | int | float | datetime):
        return value
    return str(value)[:_LONGEST]
