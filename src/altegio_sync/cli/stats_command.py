"""`altegio-sync stats`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.bootstrap import open_store
from altegio_sync.cli.command import EXIT_DONE, EXIT_INTERRUPTED, execute, load, print_json
from altegio_sync.cli.render_stats import print_stats
from altegio_sync.domain.stats import parse_span
from altegio_sync.errors import StoreError
from altegio_sync.mongo.runs import MongoRuns
from altegio_sync.mongo.stats import MongoStats
from altegio_sync.usecases.stats import collect_stats
from altegio_sync.usecases.zones import find_local_zone

if TYPE_CHECKING:
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.usecases.stopping import StopSignal


def execute_stats(options: CommandOptions, first: str | None, last: str | None) -> int:
    """Count and tell; the exit code."""

    async def body(stop: StopSignal) -> int:
        period = parse_span(first, last)
        settings = load(options, ["DB_URI"])
        try:
            with stop.interrupting():
                async with open_store(settings) as database:
                    runs = MongoRuns(database)
                    zone = await find_local_zone(settings.timezone, runs)
                    store = MongoStats(database, settings.collection)
                    report = await collect_stats(store, runs, zone=zone, period=period)
        except StoreError as error:
            if not options.json_output:
                # People watch stdout for this word.
                print(f"ERROR {error}", flush=True)
            raise
        if stop.is_set:
            return EXIT_INTERRUPTED
        if options.json_output:
            print_json(report.to_json())
        else:
            print_stats(report)
        return EXIT_DONE

    return execute(options, body)
