"""Runs the rules inside MongoDB. All rules about single documents run in one pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio

from altegio_sync.domain.validation import RuleFinding
from altegio_sync.errors import StoreError, StoreUnavailableError, ungrouped
from altegio_sync.mongo.core.connection import durable, translated_errors
from altegio_sync.mongo.core.documents import KEY
from altegio_sync.mongo.core.ids import AS_ID, having_ids, label_of
from altegio_sync.mongo.core.indexes import has_unique_index
from altegio_sync.mongo.tending.doubtful import find_doubtful_ids
from altegio_sync.mongo.tending.duplicates import has_numeric_ids, repeated_ids
from altegio_sync.mongo.tending.rules import (
    DUPLICATES,
    LAST_UPDATED,
    RULES,
    Rule,
    RuleOfSeveral,
    in_scope,
    overlap_candidates,
    scope_stages,
    suspicious,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase

    from altegio_sync.domain.validation import RuleContext
    from altegio_sync.mongo.tending.rules import AnyRule

    Document = dict[str, Any]
    Pipeline = list[Document]

SAMPLE = 5
MOST_IDS = 10_000
_ALONE = tuple(rule for rule in RULES if isinstance(rule, Rule))
_OF_SEVERAL = tuple(
    rule for rule in RULES if isinstance(rule, RuleOfSeveral) and rule.id != DUPLICATES
)
_DUPLICATE_RULE = next(rule for rule in RULES if rule.id == DUPLICATES)


class MongoValidator:
    """Finds what is wrong in one collection. Only ids of documents leave the server.

    A query names at most ``most_ids`` documents. If there are more, a rule checks all documents,
    which is slower.
    """

    def __init__(
        self, database: AsyncDatabase[Document], collection: str, *, most_ids: int = MOST_IDS
    ) -> None:
        self._collection = durable(database)[collection]
        self._most_ids = most_ids

    async def count(self, context: RuleContext) -> int:
        with translated_errors():
            return await self._collection.count_documents(in_scope(context))

    async def run_rules(self, context: RuleContext) -> list[RuleFinding]:
        """One finding for each rule, in the order of the rules, also if nothing was found."""
        run = _Run(self._collection, context, self._most_ids)
        with ungrouped():
            async with anyio.create_task_group() as tasks:
                # Both take about equally long. Three tasks would be slower on two cores.
                tasks.start_soon(run.find_alone)
                tasks.start_soon(run.find_where_to_look)
            async with anyio.create_task_group() as tasks:
                for rule in _OF_SEVERAL:
                    tasks.start_soon(run.find_of_several, rule)
        return [run.findings[rule.id] for rule in RULES if rule.id not in context.ignored]


class _Run:
    """One run of all rules. Later parts use the results of earlier parts."""

    def __init__(
        self, collection: AsyncCollection[Document], context: RuleContext, most_ids: int
    ) -> None:
        self._collection = collection
        self._context = context
        self._most_ids = most_ids
        self.findings: dict[str, RuleFinding] = {}
        #: The documents that the rules about pairs check; None means all documents.
        self._candidates: list[object] | None = None
        self._scope = scope_stages(context)

    async def find_alone(self) -> None:
        """Run all rules about single documents, in one pass over the collection."""
        parts: dict[str, Pipeline] = {}
        for rule in _ALONE:
            match = {"$match": rule.query(self._context)}
            parts |= {
                f"{rule.id} {name}": [match, *part]
                for name, part in _count_and_sample(rule).items()
            }
        found = await self._aggregate(
            [*self._scope, {"$match": suspicious(_ALONE, self._context)}, {"$facet": parts}]
        )
        for rule in _ALONE:
            count, sample = (found[0][f"{rule.id} {name}"] for name in ("count", "sample"))
            self.findings[rule.id] = _to_finding(rule, count, sample)

    async def find_where_to_look(self) -> None:
        """Find the documents that the rules about several documents must check."""
        await self._find_duplicates()
        await self._find_overlap_candidates()
        with translated_errors():
            doubtful = await find_doubtful_ids(self._collection, self._context.leads)
        self._context = replace(self._context, doubtful_leads=doubtful)

    async def _find_duplicates(self) -> None:
        found: list[Document] = []
        is_guarded = await has_unique_index(self._collection)
        if not is_guarded or await has_numeric_ids(self._collection):
            total = {"$group": {"_id": None, "count": {"$sum": "$documents"}}}
            parts: dict[str, Pipeline] = {"count": [total], "ids": [{"$limit": self._most_ids + 1}]}
            repeated = repeated_ids(in_scope(self._context))
            stages = [*repeated, {"$sort": {"_id": 1}}, {"$facet": parts}]
            found = await self._aggregate(stages)
        count, ids = (found[0]["count"], found[0]["ids"]) if found else ([], [])
        sample = [
            {"_id": each["_id"], KEY: each["_id"]}
            for each in ids[:SAMPLE]
            for _ in range(each["documents"])
        ]
        self.findings[DUPLICATES] = _to_finding(_DUPLICATE_RULE, count, sample[:SAMPLE])
        self._context = replace(self._context, superseded_ids=await self._find_superseded_ids(ids))

    async def _find_superseded_ids(self, repeated: Sequence[Document]) -> list[object] | None:
        """The documents with a shared id, without the document of each id that was updated last."""
        if not repeated:
            return []
        if len(repeated) > self._most_ids:
            return None
        keys = [key for each in repeated for key in each["keys"]]
        groups = await self._aggregate(
            [
                {"$match": having_ids(keys)},
                {"$sort": LAST_UPDATED},
                {"$group": {"_id": AS_ID, "ids": {"$push": "$_id"}}},
            ]
        )
        return [each for group in groups for each in group["ids"][:-1]]

    async def _find_overlap_candidates(self) -> None:
        try:
            found = await self._aggregate(
                [*self._scope, *overlap_candidates(), {"$limit": self._most_ids + 1}]
            )
        except StoreUnavailableError:
            raise
        except StoreError:
            # The server is older than 5.2, or a week has more lessons than fit into its memory. The
            # rules themselves work here too, on all documents: this only takes longer.
            return
        self._candidates = [each["_id"] for each in found] if len(found) <= self._most_ids else None

    async def find_of_several(self, rule: RuleOfSeveral) -> None:
        found: list[Document] = [{"count": [], "sample": []}]
        looks_everywhere = self._context.superseded_ids is None or not rule.is_about_pairs
        candidates = None if looks_everywhere else self._candidates
        if candidates is None or candidates:
            there = [] if candidates is None else [{"$match": {"_id": {"$in": candidates}}}]
            stages = [
                *self._scope,
                *there,
                *rule.stages(self._context),
                {"$facet": _count_and_sample(rule)},
            ]
            found = await self._aggregate(stages)
        self.findings[rule.id] = _to_finding(rule, found[0]["count"], found[0]["sample"])

    async def _aggregate(self, pipeline: Pipeline) -> list[Document]:
        with translated_errors():
            cursor = await self._collection.aggregate(pipeline, allowDiskUse=True)
            return await cursor.to_list()


def _count_and_sample(rule: AnyRule) -> dict[str, Pipeline]:
    """The parts of a `$facet` that count the documents of a rule and return a sample."""
    counted = rule.counted if isinstance(rule, RuleOfSeveral) else 1
    by_field = rule.by_field if isinstance(rule, Rule) else {}
    return {
        "count": [{"$group": {"_id": None, "count": {"$sum": counted}, **by_field}}],
        "sample": [{"$limit": SAMPLE}, {"$project": {KEY: 1}}],
    }


def _to_finding(
    rule: AnyRule, count: Sequence[Document], sample: Sequence[Document]
) -> RuleFinding:
    """The finding of the rule; ``count`` is one group, or empty if nothing was found."""
    found = count[0] if count else {}
    names = rule.by_field if isinstance(rule, Rule) else ()
    return RuleFinding(
        rule.id,
        rule.severity,
        rule.remedy,
        found.get("count", 0),
        {name: found.get(name, 0) for name in names},
        tuple(label_of(each) for each in sample),
        tuple(each["_id"] for each in sample),
    )
