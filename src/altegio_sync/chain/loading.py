"""Builds the definitions for the schools of the settings."""

from __future__ import annotations

import dagster as dg

from altegio_sync.chain.assets import build_appointments, build_coverage, build_day, changes_job
from altegio_sync.chain.check import no_gaps
from altegio_sync.chain.partitions import Calendar
from altegio_sync.chain.schedules import build_nightly, day_job, every_15_minutes
from altegio_sync.chain.schools import SchoolResource
from altegio_sync.chain.sensors import build_ledger_sensor, gaps
from altegio_sync.config.environment import read_variables
from altegio_sync.domain.clock import utc_now


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
