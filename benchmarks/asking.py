"""Puts one question to a collection by the library, and prints the seconds that it took.

In a process of its own: `python -m benchmarks.asking stats URI`, so that its memory is its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from altegio_sync import (
    MongoRuns,
    MongoStats,
    MongoValidator,
    RuleContext,
    collect_stats,
    open_database,
    validate_appointments,
)
from altegio_sync.mongo.tending.cleaning import MongoCleaner
from benchmarks.parts import COLLECTION, peak_mb

QUESTIONS = ("stats", "validate", "clean")


async def ask(question: str, uri: str) -> dict[str, object]:
    async with open_database(uri) as database:
        began = time.perf_counter()
        match question:
            case "stats":
                store = MongoStats(database, COLLECTION)
                stats = await collect_stats(
                    store, MongoRuns(database), zone=ZoneInfo("Europe/Kyiv")
                )
                report = stats.to_json()
            case "validate":
                validator = MongoValidator(database, COLLECTION)
                findings = await validate_appointments(validator, RuleContext(datetime.now(UTC)))
                report = findings.to_json()
            case _:
                cleaned = await MongoCleaner(database, COLLECTION).clean(dry_run=False)
                report = cleaned.to_json()
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "peak_mb": peak_mb(os.getpid()), "report": report}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("question", choices=QUESTIONS)
    parser.add_argument("uri")
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(ask(asked.question, asked.uri)), default=str))


if __name__ == "__main__":
    main()
