"""The sensors: `ledger` shows what the ledger has, and `gaps` requests runs for what it lacks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from altegio_sync.chain.assets import APPOINTMENTS, COVERAGE
from altegio_sync.chain.check import NO_GAPS, check_metadata, has_passed
from altegio_sync.chain.ledger import read_last_days, read_month
from altegio_sync.chain.partitions import companies, months_in, partition_key
from altegio_sync.chain.schedules import UNFINISHED
from altegio_sync.chain.schools import SchoolResource
from altegio_sync.domain.clock import utc_now
from altegio_sync.messages import chain as texts
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from altegio_sync.chain.ledger import ChainLedger, CompanyDays, Gap
    from altegio_sync.chain.partitions import Calendar

INTERVAL_S = 300
#: Runs that one tick of `gaps` requests.
_MOST_RUNS = 5
#: Months that one tick of `ledger` reports. A tick has one minute; 1,000 reports take half of it.
_MOST_REPORTS = 300
#: An older run that has not ended was left by a power failure.
_SURELY_ENDED = timedelta(hours=12)
#: The tag of a run that closes a gap, with the company.
GAP_TAG = "altegio/gap_of"


@dg.sensor(
    name="gaps",
    asset_selection=[APPOINTMENTS],
    minimum_interval_seconds=INTERVAL_S,
    description="Requests a run for each company with a gap in the last weeks.",
)
def gaps(context: dg.SensorEvaluationContext, school: SchoolResource) -> dg.SensorResult:
    now = utc_now()
    ledger = read_last_days(school.load(), now)
    _log_problems(context, ledger)
    unfinished = dg.RunsFilter(statuses=list(UNFINISHED), created_after=now - _SURELY_ENDED)
    at_work = {run.tags.get(GAP_TAG) for run in context.instance.get_runs(unfinished)}
    wanted = [each for each in ledger.gaps if each.company not in at_work]
    # A partition that is not known yet cannot be run: the sensor `ledger` adds it.
    known = set(context.instance.get_dynamic_partitions(str(companies.name)))
    requests = [_request(each, now) for each in wanted if each.company in known]
    left = len(requests) - _MOST_RUNS
    if left > 0:
        context.log.info(render(texts.GAPS_WAIT(count=left)))
    return dg.SensorResult(run_requests=requests[:_MOST_RUNS])


def _request(gap: Gap, now: datetime) -> dg.RunRequest:
    """A run for the months of the gap. With the hour in the key, a failed run is repeated."""
    first, last = gap.period.start.isoformat(), gap.period.last_day.isoformat()
    months = months_in(gap.period)
    return dg.RunRequest(
        run_key=f"{gap.company} {first} {last} {gap.revision} {now:%Y-%m-%dT%H}",
        run_config={"ops": {APPOINTMENTS: {"config": {"first": first, "last": last}}}},
        tags={
            GAP_TAG: gap.company,
            "dagster/asset_partition_range_start": partition_key(gap.company, months[0]),
            "dagster/asset_partition_range_end": partition_key(gap.company, months[-1]),
        },
    )


@dataclass(slots=True)
class _Reported:
    """What earlier ticks reported: the cursor of the sensor `ledger`."""

    #: The covered days of each partition of the last months.
    covered: dict[str, int] = field(default_factory=dict)
    #: The result of the check, with the hour.
    check: str = ""
    #: The older month that was read last.
    month: str = ""

    @classmethod
    def read(cls, cursor: str | None) -> _Reported:
        try:
            return cls(**json.loads(cursor or "{}"))
        except (TypeError, ValueError):  # of another version
            return cls()

    def write(self) -> str:
        return json.dumps({"covered": self.covered, "check": self.check, "month": self.month})


def build_ledger_sensor(calendar: Calendar) -> dg.SensorDefinition:
    @dg.sensor(
        name="ledger",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Adds new locations, fills `coverage` and evaluates `no_gaps`. "
        "It starts no run.",
    )
    def ledger(context: dg.SensorEvaluationContext, school: SchoolResource) -> dg.SensorResult:
        now = utc_now()
        configs = school.load()
        found = read_last_days(configs, now)
        _log_problems(context, found)
        changes = list(_partition_changes(context.instance, found))
        reported = _Reported.read(context.cursor)
        _report_recent(context.instance, found, reported)
        _report_check(context.instance, found, reported, now)
        older = [each for each in calendar.months(now) if each < found.months[0]]
        if older:
            reported.month = next((each for each in older if each > reported.month), older[0])
            _report_month(context.instance, read_month(configs, reported.month, now))
        reason = texts.LEDGER_READ(count=len(found.companies), gaps=len(found.gaps))
        return dg.SensorResult(
            skip_reason=dg.SkipReason(render(reason)),
            dynamic_partitions_requests=changes,
            cursor=reported.write(),
        )

    return ledger


def _log_problems(context: dg.SensorEvaluationContext, ledger: ChainLedger) -> None:
    for each in ledger.problems:
        context.log.warning(plain(render(each.full_problem)))


def _partition_changes(
    instance: dg.DagsterInstance, ledger: ChainLedger
) -> Iterator[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest]:
    """New companies, and companies that are gone. Those of a school that is away are kept."""
    known = instance.get_dynamic_partitions(str(companies.name))
    found = [each.company for each in ledger.companies]
    away = [each.school for each in ledger.problems]
    new = sorted(set(found) - set(known))
    gone = [each for each in known if each not in found and each.rpartition("/")[0] not in away]
    if new:
        yield companies.build_add_request(new)
    if gone:
        yield companies.build_delete_request(gone)


def _report_recent(instance: dg.DagsterInstance, ledger: ChainLedger, reported: _Reported) -> None:
    """Report each company's month that has a further day in the ledger."""
    before, reported.covered = reported.covered, {}
    left = _MOST_REPORTS
    for month in ledger.months:
        for each in ledger.companies:
            key, covered = partition_key(each.company, month), each.count_covered(month)
            if covered is None:
                continue
            if covered != before.get(key):
                if left == 0:
                    continue
                left -= 1
                _report(instance, key, each, covered)
            reported.covered[key] = covered


def _report_month(instance: dg.DagsterInstance, ledger: ChainLedger) -> None:
    """Report an older month of the companies for which it was never reported."""
    [month] = ledger.months
    done = instance.get_materialized_partitions(dg.AssetKey(COVERAGE))
    left = _MOST_REPORTS
    for each in ledger.companies:
        key, covered = partition_key(each.company, month), each.count_covered(month)
        if covered is not None and key not in done and left:
            left -= 1
            _report(instance, key, each, covered)


def _report(instance: dg.DagsterInstance, key: str, days: CompanyDays, covered: int) -> None:
    metadata: dict[str, Any] = {"days": covered, "zone": days.coverage.timezone}
    instance.report_runless_asset_event(
        dg.AssetMaterialization(COVERAGE, partition=key, metadata=metadata)
    )


def _report_check(
    instance: dg.DagsterInstance, ledger: ChainLedger, reported: _Reported, now: datetime
) -> None:
    """Evaluate the check where its result has changed, and each hour."""
    passed, metadata = has_passed(ledger), check_metadata(ledger)
    counts = [len(ledger.companies), len(ledger.problems), metadata["missing_days"]]
    state = f"{passed} {counts} {now:%Y-%m-%dT%H}"
    if state != reported.check:
        reported.check = state
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(COVERAGE),
                check_name=NO_GAPS,
                passed=passed,
                metadata=metadata,
            )
        )
