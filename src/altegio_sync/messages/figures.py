"""The lines of `status` and `stats` that show figures."""

from altegio_sync.messages.template import Template

EVERYTHING_FINE = Template("everything_fine", "Everything looks fine.")
NEEDS_ATTENTION = Template("needs_attention", "Needs attention")

# Of some of several companies.
ONLY_COMPANIES = Template("only_companies", "Only company {companies}")
WITHOUT_COMPANY = Template(
    "without_company",
    "{count} document has no companyId, so it counts for no company: altegio-sync sync PERIOD "
    "--update adds it",
    "{count} documents have no companyId, so they count for no company: altegio-sync sync PERIOD "
    "--update adds it",
)
UNREAD_STARTS = Template(
    "unread_starts",
    "{count} stored appointment is left out: its start cannot be read, and may be on these days. "
    "altegio-sync validate without a period shows it, validate --fix repairs it where possible",
    "{count} stored appointments are left out: their start cannot be read, and may be on these "
    "days. altegio-sync validate without a period shows them, validate --fix repairs them where "
    "possible",
)
STARTS_ON_NO_DAY = Template(
    "starts_on_no_day",
    "{count} active appointment counts on no day, since its start cannot be read: altegio-sync "
    "validate shows it, validate --fix repairs it where possible",
    "{count} active appointments count on no day, since their start cannot be read: altegio-sync "
    "validate shows them, validate --fix repairs them where possible",
)

# The last run.
AGO = Template("ago", "{span} ago")
AT_UNKNOWN_TIME = Template("at_unknown_time", "at an unknown time")
NO_RUN_YET = Template("no_run_yet", "none yet")
SUCCEEDED = Template("succeeded", "{command} {run_id} succeeded {when}")
INTERRUPTED = Template("interrupted", "{command} {run_id} was interrupted {when}")
FAILED = Template("failed", "{command} {run_id} failed {when}")
NO_LAST_SYNC = Template("no_last_sync", "Last sync: none yet")
LAST_SUCCEEDED = Template("last_succeeded", "Last {command}: {run_id} succeeded {when}")
LAST_INTERRUPTED = Template("last_interrupted", "Last {command}: {run_id} was interrupted {when}")
LAST_FAILED = Template("last_failed", "Last {command}: {run_id} failed {when}")

# Of `status`: the names of its rows, then their values.
COMPANIES_ROW = Template("status_row_companies", "companies")
LAST_RUN_ROW = Template("status_row_last_run", "last run")
COMPLETE_ROW = Template("status_row_complete", "complete")
CURSOR_ROW = Template("status_row_cursor", "cursor")
AT_WORK_ROW = Template("status_row_at_work", "at work")
BUDGET_ROW = Template("status_row_budget", "budget")
DOCUMENTS_ROW = Template("status_row_documents", "documents")
STALE_ROW = Template("status_row_stale", "stale")
ERRORS_ROW = Template("status_row_errors", "errors")
NO_COMPANY_ROW = Template("status_row_no_company", "no company")
COMPLETE_DAYS = Template("complete_days", "{graded} of the last {days} days, {proved} proved")
AND_OUTDATED = Template("and_outdated", "{complete}, {number} more under earlier settings or rules")
AND_OLDEST_PROOF = Template("and_oldest_proof", "{complete}, the oldest proof {span} old")
OF_COMPANY = Template("figures_of_company", "company {company}: {what}")
CURSOR_AGE = Template("cursor_age", "company {company}: {span} old")
COMPLETE_COMPANIES = Template(
    "complete_companies", "{whole} of {number} companies in all of the last {days} days"
)
OLDEST_CURSOR = Template("oldest_cursor", "{number} companies, the oldest {span} old")
MORE_OF_THIS_KIND = Template(
    "more_of_this_kind",
    "{count} more line like these: altegio-sync status --json shows it",
    "{count} more lines like these: altegio-sync status --json shows all",
)
AT_WORK = Template("at_work", "{company}: {holder}")
AT_WORK_UNTIL_KILLED = Template("at_work_until_killed", "{company}: {holder} (interrupted)")
REQUESTS = Template("requests_in_minute", "{spent} requests in the last minute")
REQUESTS_OF_LIMIT = Template("requests_of_limit", "{spent} of {limit} requests in the last minute")
STALE_NONE = Template("stale_none", "{number} in the last sync")
STALE_SOME = Template("stale_some", "{number} in the last sync; --update brings them up to date")
ERRORS_FOUND = Template("errors_found", "{number} found by validate")

# Of `stats`.
APPOINTMENTS = Template("appointments_heading", "Appointments, days in {zone} ({source})")
TOTALS = Template("totals", "total {total}   active {active}   deleted {deleted}   trial {trial}")
DATES = Template("dates", "oldest {oldest}   newest {newest}")
RECENT = Template("recent", "last 30 days {last_days}   upcoming {upcoming}")
TRIALS = Template(
    "trials",
    "Trial lessons: {lessons}, of {leads} leads; {booked_again} booked again, {came_again} came "
    "again",
)
