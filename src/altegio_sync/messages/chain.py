"""The sentences of the runs under Dagster."""

from __future__ import annotations

from altegio_sync.messages.template import Template

SOME_FAILED = Template(
    "chain_some_failed",
    "{count} location failed: {failed}. The others are stored",
    "{count} locations failed: {failed}. The others are stored",
)
SCHOOLS_FAILED = Template("chain_schools_failed", "Not every school was read: {problems}")
INTERRUPTED = Template("chain_interrupted", "The run was stopped: what was read is stored.")
UNEXPECTED = Template("chain_unexpected", "unexpected error ({kind})")
SIGN_IN_NAME = Template(
    "chain_sign_in_name",
    "The school {school} needs another name under Dagster: without {sign}",
)
FIRST_MONTH_EXPECTED = Template(
    "chain_first_month_expected", "CHAIN_FIRST_MONTH must be a month of the past, such as 2024-01"
)
ZONE_EXPECTED = Template(
    "chain_zone_expected", "CHAIN_TIMEZONE must be a time zone, such as Europe/Kyiv"
)
MORE_LINES = Template("chain_more_lines", "More lines of the kind {kind} are not logged")
NO_SCHOOL_FOR = Template(
    "chain_no_school_for", "No school of the schools file has these companies: {companies}"
)
GAPS_WAIT = Template(
    "chain_gaps_wait",
    "{count} more location with a gap waits for the next ticks",
    "{count} more locations with gaps wait for the next ticks",
)
LEDGER_READ = Template(
    "chain_ledger_read",
    "{count} location, {gaps} with gaps",
    "{count} locations, {gaps} with gaps",
)
STILL_AT_WORK = Template("chain_still_at_work", "The last run has not ended yet")
