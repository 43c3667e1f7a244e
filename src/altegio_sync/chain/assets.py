"""The assets `day`, `appointments` and `coverage`, and the op that brings the changes.

Dagster reads the annotations of these functions, so here they are no texts (no `__future__`).
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import dagster as dg

from altegio_sync.chain.partitions import split_key
from altegio_sync.chain.results import ChainResult
from altegio_sync.chain.running import run_on_schools
from altegio_sync.chain.schools import SchoolResource, company_of
from altegio_sync.chain.work import bring_changes, read_months, read_period
from altegio_sync.config import SchoolConfig
from altegio_sync.domain.period import Period
from altegio_sync.messages import chain as texts
from altegio_sync.messages import render
from altegio_sync.messages.words import some_ids

POOL = "altegio_api"
DAY, APPOINTMENTS, COVERAGE = "day", "appointments", "coverage"
_GROUP = "altegio"
#: Each night adds a day. Where none was added for so long, nobody reads any more.
_FRESHNESS = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=36), warn_window=timedelta(hours=28)
)


class ReadingConfig(dg.Config):
    """What can be typed in the page's launchpad for `day` and `appointments`.

    - ``update``: also change stored appointments, and mark those that are no longer listed.
    - ``again``: also read the days that the ledger has.
    """

    update: bool = False
    again: bool = False


class MonthsConfig(ReadingConfig):
    """``first`` and ``last`` narrow the months to these days, both included."""

    first: str | None = None
    last: str | None = None

    @property
    def within(self) -> Period | None:
        if self.first is None or self.last is None:
            return None
        return Period.of_days(date.fromisoformat(self.first), date.fromisoformat(self.last))


def build_day(days: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        name=DAY,
        partitions_def=days,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
        group_name=_GROUP,
        description="A day of all companies of all schools, in the chain's time zone.",
    )
    def day(
        context: dg.AssetExecutionContext, config: ReadingConfig, school: SchoolResource
    ) -> dg.MaterializeResult[None]:
        keys = sorted(context.partition_keys)
        period = Period.of_days(date.fromisoformat(keys[0]), date.fromisoformat(keys[-1]))
        work = read_period(period, update=config.update, again=config.again)
        result = ChainResult(run_on_schools(school.load(), work, context.log))
        result.check()
        return dg.MaterializeResult(metadata=result.metadata())

    return day


def build_appointments(company_months: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        name=APPOINTMENTS,
        partitions_def=company_months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        output_required=False,
        pool=POOL,
        group_name=_GROUP,
        description="The appointments of a company's month. Days that the ledger has are not read.",
    )
    def appointments(
        context: dg.AssetExecutionContext, config: MonthsConfig, school: SchoolResource
    ) -> Iterator[dg.MaterializeResult[None]]:
        keys = list(context.partition_keys)
        configs = [each for each in school.load() if _find_own(each, keys)]
        _refuse_unknown(configs, keys)
        work = read_months(keys, update=config.update, again=config.again, within=config.within)
        result = ChainResult(run_on_schools(configs, work, context.log))
        done, counts = frozenset(result.done), result.by_company()
        for key in keys:
            company = split_key(key)[0]
            if company in done:
                # The counts are those of the run, for all months of the company.
                context.log_event(
                    dg.AssetMaterialization(
                        APPOINTMENTS, partition=key, metadata=dict(counts[company])
                    )
                )
        result.check()
        # A result would count every partition once more, also those that failed.
        yield from ()

    return appointments


def build_coverage(company_months: dg.PartitionsDefinition) -> dg.AssetSpec:
    """Nothing runs for this asset: the sensor `ledger` reports what the ledger has."""
    return dg.AssetSpec(
        COVERAGE,
        partitions_def=company_months,
        group_name=_GROUP,
        freshness_policy=_FRESHNESS,
        description="The months of each company whose ended days are all in the ledger, "
        "whoever read them: Dagster, cron or a person.",
    )


@dg.op(pool=POOL, description="Brings what changed at Altegio, for all companies of all schools.")
def bring_all_changes(context: dg.OpExecutionContext, school: SchoolResource) -> None:
    result = ChainResult(run_on_schools(school.load(), bring_changes, context.log))
    context.add_output_metadata(result.metadata())
    result.check()


@dg.job(name="changes", executor_def=dg.in_process_executor)
def changes_job() -> None:
    bring_all_changes()


def _find_own(config: SchoolConfig, keys: Sequence[str]) -> list[str]:
    """The keys of this school's companies."""
    return [each for each in keys if company_of(config, split_key(each)[0]) is not None]


def _refuse_unknown(configs: Sequence[SchoolConfig], keys: Sequence[str]) -> None:
    """Fail before anything is read if a partition belongs to no school of the file any more."""
    known = {key for config in configs for key in _find_own(config, keys)}
    unknown = sorted({split_key(key)[0] for key in keys if key not in known})
    if unknown:
        message = texts.NO_SCHOOL_FOR(companies=some_ids(unknown))
        raise dg.Failure(render(message), allow_retries=False)
