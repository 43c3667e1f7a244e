"""Runs the rules inside MongoDB, several side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio

from altegio_sync.domain.validation import RuleFinding
from altegio_sync.errors import ungrouped
from altegio_sync.mongo.connection import durable, translated_errors
from altegio_sync.mongo.documents import KEY
from altegio_sync.mongo.indexes import has_unique_index
from altegio_sync.mongo.rules import COUNTED_BY_GROUP, RULES, duplicate_appointments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.validation import RuleContext
    from altegio_sync.mongo.rules import Rule

    Document = dict[str, Any]

SAMPLE = 5
#: The server answers each on a core of its own; more at once only take memory.
_AT_ONCE = 4


class MongoValidator:
    """Finds what is wrong in one collection; nothing of a document but its id leaves the server."""

    def __init__(self, database: AsyncDatabase[Document], collection: str) -> None:
        self._collection = durable(database)[collection]

    async def count(self) -> int:
        with translated_errors():
            return await self._collection.count_documents({})

    async def run_rules(
        self, context: RuleContext, rules: Sequence[Rule] = RULES
    ) -> list[RuleFinding]:
        """One finding for each rule, in their order, also for what was not found."""
        context = replace(context, has_duplicates=await self._has_duplicates(context))
        findings: dict[str, RuleFinding] = {}
        limiter = anyio.CapacityLimiter(_AT_ONCE)

        async def run(rule: Rule) -> None:
            async with limiter:
                findings[rule.id] = await self._run(rule, context)

        with ungrouped():
            async with anyio.create_task_group() as tasks:
                for rule in rules:
                    tasks.start_soon(run, rule)
        return [findings[rule.id] for rule in rules]

    async def _has_duplicates(self, context: RuleContext) -> bool:
        if await has_unique_index(self._collection):
            return False
        return bool(await self._aggregate([*duplicate_appointments(context), {"$limit": 1}]))

    async def _run(self, rule: Rule, context: RuleContext) -> RuleFinding:
        if rule.id == "duplicate-appointment" and not context.has_duplicates:
            return RuleFinding(rule.id, rule.severity, rule.repair, 0)
        stages = rule.stages(context)
        one = "$count" if rule.id in COUNTED_BY_GROUP else 1
        group = {"_id": None, "count": {"$sum": one}, **rule.by_field}
        found = await self._aggregate([*stages, {"$group": group}])
        if not found:
            return RuleFinding(
                rule.id, rule.severity, rule.repair, 0, dict.fromkeys(rule.by_field, 0)
            )
        picked = {"$project": {KEY: 1}}
        sample = await self._aggregate([*stages, {"$limit": SAMPLE}, picked])
        return RuleFinding(
            rule.id,
            rule.severity,
            rule.repair,
            found[0]["count"],
            {name: found[0][name] for name in rule.by_field},
            tuple(_shown(each) for each in sample),
        )

    async def _aggregate(self, pipeline: list[Document]) -> list[Document]:
        with translated_errors():
            cursor = await self._collection.aggregate(pipeline, allowDiskUse=True)
            return await cursor.to_list()


def _shown(document: Document) -> str:
    """The appointment's id, or the document's own where it has none."""
    key = document.get(KEY)
    return f"_id {document['_id']}" if key in (None, "") else str(key)
