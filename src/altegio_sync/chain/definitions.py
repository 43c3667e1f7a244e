"""What Dagster loads: `dagster dev -m altegio_sync.chain.definitions`."""

from __future__ import annotations

import warnings

import dagster as dg

from altegio_sync.chain.assets import build_appointments, build_coverage, build_day, changes_job
from altegio_sync.chain.check import no_gaps
from altegio_sync.chain.partitions import Calendar
from altegio_sync.chain.schedules import build_nightly, day_job, every_15_minutes
from altegio_sync.chain.schools import SchoolResource
from altegio_sync.chain.sensors import build_ledger_sensor, gaps
from altegio_sync.config.environment import read_variables
from altegio_sync.domain.clock import utc_now
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render


def build_definitions(school: SchoolResource) -> dg.Definitions:
    """The definitions for the schools of the resource.

    Raises:
        ConfigError: the schools file or a setting is missing or wrong.
    """
    now = utc_now()
    calendar = Calendar.read(school.load(), read_variables(), now)
    day = build_day(calendar.days())
    company_months = calendar.company_months(now)
    appointments = build_appointments(company_months)
    return dg.Definitions(
        assets=[day, appointments, build_coverage(company_months)],
        asset_checks=[no_gaps],
        jobs=[day_job, changes_job],
        schedules=[build_nightly(calendar), every_15_minutes],
        sensors=[gaps, build_ledger_sensor(calendar)],
        resources={"school": school},
        executor=dg.in_process_executor,
    )


def _build() -> dg.Definitions:
    try:
        return build_definitions(SchoolResource())
    except ConfigError as error:
        # The page shows this text. The cause would add nothing but lines of our code.
        raise dg.DagsterInvalidDefinitionError(render(error.message)) from None


with warnings.catch_warnings():
    # Of `backfill_policy`. Each run would print it.
    warnings.simplefilter("ignore", dg.BetaWarning)
    warnings.simplefilter("ignore", dg.PreviewWarning)
    defs = _build()
