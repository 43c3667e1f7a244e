"""Loads the documents that a rule finds; memory stays flat."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.mongo.core.batches import in_batches
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.ids import having_ids, is_same_id, keys_of, to_id
from altegio_sync.mongo.tending.doubtful import find_doubtful_ids, of_leads
from altegio_sync.mongo.tending.duplicates import repeated_ids
from altegio_sync.mongo.tending.rule_queries import MOMENTS, REQUIRED, WANTED_TYPES
from altegio_sync.mongo.tending.rules import (
    DOUBTFUL_LEADS,
    DUPLICATES,
    RULES,
    Rule,
    RuleOfSeveral,
    in_scope,
    scope_stages,
)
from altegio_sync.mongo.tending.wrong_values import to_found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.findings import Group
    from altegio_sync.domain.validation import RuleContext, RuleFinding

    Document = dict[str, Any]

_FIELDS = dict.fromkeys((*WANTED_TYPES, *REQUIRED), 1)
_BATCH = 200
_LESSON = ("leadId", "teacherId", "startDateTime")
_ORDER = ("teacherId", "startDateTime", "endDateTime", KEY)
#: In the examples of an overlap, the earlier lesson began at most this long before the later one.
_DAY = timedelta(days=1)


class MongoFindings:
    """Loads the documents that `validate` counted in one collection."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[collection]

    def find_groups(self, rule_id: str, context: RuleContext) -> AsyncIterator[Group]:
        """All documents that the rule finds, by teacher and start; StoreError if MongoDB fails.

        A group has one document, or several that are corrected together.
        """
        rule = next(each for each in RULES if each.id == rule_id)
        if isinstance(rule, Rule):
            return self._find_singles(rule.query(context), rule.id, context)
        if rule.id == DOUBTFUL_LEADS:
            return self._find_doubtful_leads(context)
        if rule.id == DUPLICATES:
            return self._find_copies(context)
        if rule.id == "duplicate-lesson":
            return self._find_same_lessons(rule, context)
        return self._find_overlaps(rule, context)

    async def find_examples(self, finding: RuleFinding) -> list[Group]:
        """The groups of the finding's sample, by teacher and start. They need few queries."""
        places = list(finding.places)
        if finding.rule == DUPLICATES:
            texts = [str(each) for each in dict.fromkeys(places)]
            query = having_ids(keys_of(texts, also_numbers=True))
            by_id = _grouped(await self._load(query), lambda each: to_id(each[KEY]))
            groups = (tuple(to_found(each, DUPLICATES) for each in by_id[text]) for text in texts)
            return [group for group in groups if group]
        if finding.rule == "duplicate-lesson":
            return await self._load_same_lessons(places)
        found = await self._load({"_id": {"$in": places}})
        if finding.rule == "teacher-overlap":
            return await self._load_overlaps(found)
        return sorted(((to_found(each, finding.rule),) for each in found), key=_by_teacher)

    async def _load_overlaps(self, lessons: Sequence[Document]) -> list[Group]:
        near = [
            {
                "teacherId": each["teacherId"],
                "startDateTime": {"$gte": each["startDateTime"] - _DAY, "$lt": each["endDateTime"]},
                "endDateTime": {"$gt": each["startDateTime"]},
            }
            for each in lessons
            if _is_lesson(each)
        ]
        if not near:
            return []
        found = await self._load({"$or": near, "isDeleted": {"$ne": True}})
        in_order = sorted(
            filter(_is_lesson, found), key=lambda each: [each[name] for name in _ORDER[:-1]]
        )
        pairs = _overlapping_pairs(None, in_order)
        return [
            tuple(to_found(each, "teacher-overlap") for each in pair)
            for pair in pairs
            if not is_same_id(pair[0].get(KEY), pair[1].get(KEY))
        ]

    async def _find_doubtful_leads(self, context: RuleContext) -> AsyncIterator[Group]:
        with translated_errors():
            ids = await find_doubtful_ids(self._collection, context.leads)
        async for group in self._find_singles(of_leads(ids), DOUBTFUL_LEADS, context):
            yield group

    async def _find_singles(
        self, query: Document, rule_id: str, context: RuleContext
    ) -> AsyncIterator[Group]:
        with translated_errors():
            cursor = self._collection.find(
                {"$and": [in_scope(context), query]},
                _FIELDS,
                sort=["teacherName", "startDateTime"],
                allow_disk_use=True,
            )
            async with cursor:
                async for document in cursor:
                    yield (to_found(document, rule_id),)

    async def _find_copies(self, context: RuleContext) -> AsyncIterator[Group]:
        repeated = repeated_ids(in_scope(context))
        async for batch in self._batches([*repeated, {"$sort": {"_id": 1}}]):
            keys = [key for each in batch for key in each["keys"]]
            by_id = _grouped(await self._load(having_ids(keys)), lambda each: to_id(each[KEY]))
            for each in batch:
                # Another program may have removed the documents meanwhile.
                if copies := by_id[each["_id"]]:
                    yield tuple(to_found(copy, DUPLICATES) for copy in copies)

    async def _find_same_lessons(
        self, rule: RuleOfSeveral, context: RuleContext
    ) -> AsyncIterator[Group]:
        async for batch in self._batches([*scope_stages(context), *rule.stages(context)]):
            for group in await self._load_same_lessons([each["_id"] for each in batch]):
                yield group

    async def _load_same_lessons(self, lessons: Sequence[Any]) -> list[Group]:
        if not lessons:
            return []
        found = await self._load({"$or": list(lessons), "isDeleted": {"$ne": True}})
        by_lesson = _grouped(filter(_is_text_lesson, found), _lesson)
        return [
            tuple(to_found(each, "duplicate-lesson") for each in same)
            for lesson in lessons
            if (same := by_lesson[_lesson(lesson)])
        ]

    async def _find_overlaps(
        self, rule: RuleOfSeveral, context: RuleContext
    ) -> AsyncIterator[Group]:
        busy: Document | None = None
        async for batch in self._batches(
            [
                *scope_stages(context),
                *rule.stages(context),
                {"$sort": dict.fromkeys(_ORDER, 1)},
            ]
        ):
            pairs = list(_overlapping_pairs(busy, batch))
            busy = max(
                (each for each in (busy, *batch) if each and _is_same_teacher(each, batch[-1])),
                key=lambda each: each["endDateTime"],
            )
            keys = [each.get(KEY) for pair in pairs for each in pair]
            ids = [each for each in keys if to_id(each) is not None]
            stored = await self._load(having_ids(ids))
            by_id = _grouped(stored, lambda each: to_id(each[KEY]))
            for pair in pairs:
                yield tuple(to_found(_whole(each, by_id), rule.id) for each in pair)

    async def _load(self, query: Document) -> list[Document]:
        with translated_errors():
            return await self._collection.find(query, _FIELDS).to_list()

    async def _batches(self, pipeline: Sequence[Document]) -> AsyncIterator[list[Document]]:
        with translated_errors():
            found = await self._collection.aggregate(pipeline, allowDiskUse=True)
            async for batch in in_batches(found, _BATCH):
                yield batch


def _overlapping_pairs(
    busy: Document | None, lessons: Iterable[Document]
) -> Iterator[tuple[Document, Document]]:
    """Pairs of lessons of one teacher: the second begins before the end of the first.

    ``lessons`` are in order. ``busy`` is the lesson of the previous batch that ends last.
    """
    for lesson in lessons:
        is_same = busy is not None and _is_same_teacher(busy, lesson)
        if busy is not None and is_same and lesson["startDateTime"] < busy["endDateTime"]:
            yield busy, lesson
        if busy is None or not is_same or lesson["endDateTime"] > busy["endDateTime"]:
            busy = lesson


def _by_teacher(group: Group) -> tuple[str, str]:
    first = group[0]
    return first.teacher_name or "", "" if first.starts_at is None else first.starts_at.isoformat()


def _is_same_teacher(one: Document, other: Document) -> bool:
    return bool(one["teacherId"] == other["teacherId"])


def _is_lesson(document: Mapping[str, Any]) -> bool:
    """Whether the fields can be compared. A query for a text also finds lists that contain it."""
    moments = [document.get(name) for name in MOMENTS]
    is_dated = all(isinstance(each, datetime) and each.year > 1 for each in moments)
    return is_dated and isinstance(document.get("teacherId"), str)


def _is_text_lesson(document: Mapping[str, Any]) -> bool:
    texts = (document.get("leadId"), document.get("teacherId"))
    is_text = all(isinstance(each, str) for each in texts)
    return is_text and not isinstance(document.get("startDateTime"), list)


def _whole(lesson: Document, by_id: Mapping[str | None, list[Document]]) -> Document:
    """The whole document of the lesson; the lesson itself if it has no id to find it by."""
    stored = by_id.get(to_id(lesson.get(KEY)))
    return stored[-1] if stored else lesson


def _lesson(document: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(document[name] for name in _LESSON)


def _grouped(
    documents: Iterable[Document], key: Callable[[Document], Any]
) -> dict[Any, list[Document]]:
    groups: dict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        groups[key(document)].append(document)
    return groups
