"""The schedules: each night the day before, and every 15 minutes the changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from altegio_sync.chain.assets import DAY, changes_job
from altegio_sync.domain.clock import utc_now
from altegio_sync.messages import chain as texts
from altegio_sync.messages import render

if TYPE_CHECKING:
    from altegio_sync.chain.partitions import Calendar

day_job = dg.define_asset_job("night", selection=[DAY], executor_def=dg.in_process_executor)
UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
#: An older run that has not ended was left by a power failure.
_SURELY_ENDED = timedelta(hours=2)
#: After midnight in all zones of Europe, before the first lessons.
_NIGHT = "30 3 * * *"


def build_nightly(calendar: Calendar) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="nightly",
        job=day_job,
        cron_schedule=_NIGHT,
        execution_timezone=calendar.zone.key,
        description="Yesterday of all companies of all schools.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        today = context.scheduled_execution_time.astimezone(calendar.zone).date()
        return dg.RunRequest(partition_key=(today - timedelta(days=1)).isoformat())

    return nightly


@dg.schedule(
    name="every_15_minutes",
    job=changes_job,
    cron_schedule="*/15 * * * *",
    description="What changed at Altegio, for all companies of all schools.",
)
def every_15_minutes(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A run that takes longer than 15 minutes has no second one behind it."""
    filters = dg.RunsFilter(
        job_name=changes_job.name,
        statuses=list(UNFINISHED),
        created_after=utc_now() - _SURELY_ENDED,
    )
    if context.instance.get_runs(filters, limit=1):
        return dg.SkipReason(render(texts.STILL_AT_WORK()))
    return dg.RunRequest()
