"""The summary at the end of `sync` and `changes`: its sentence, and notes beside the figures."""

from altegio_sync.messages.template import Template

# What the run brought.
BOOKINGS = Template("bookings", "{count} booking", "{count} bookings")
BOOKINGS_OF_DAYS = Template(
    "bookings_of_days", "{count} booking of {days}", "{count} bookings of {days}"
)
BOOKINGS_CHANGED = Template(
    "bookings_changed", "{count} booking that changed", "{count} bookings that changed"
)
STORED = Template("stored", "Stored {kept} of {bookings}")
STORED_BEFORE = Template("stored_before", "Stored {kept} of {bookings}, nothing new")
WOULD_STORE = Template("would_store", "Would store {kept} of {bookings}")
WOULD_STORE_AGAIN = Template("would_store_again", "Would store {kept} of {bookings}, nothing new")
NOTHING_READ = Template("nothing_read", "No bookings read")
NO_BOOKINGS = Template("no_bookings", "There are no bookings")
NO_BOOKINGS_OF_DAYS = Template("no_bookings_of_days", "There are no bookings of {days}")
NO_BOOKINGS_CHANGED = Template("no_bookings_changed", "There are no bookings that changed")
ALL_COMPLETE = Template("all_complete", "Nothing to read: all days were complete already")
ALL_COMPLETE_OF_DAYS = Template(
    "all_complete_of_days", "Nothing to read: all days of {days} were complete already"
)
OTHERS_EMPTY = Template(
    "others_empty", "There are no bookings on the days that were not complete yet"
)
OTHERS_EMPTY_OF_DAYS = Template(
    "others_empty_of_days",
    "There are no bookings on the days of {days} that were not complete yet",
)
LOCATIONS_NEED_ATTENTION = Template(
    "locations_need_attention", "{count} needs attention", "{count} need attention"
)
LEFT_TO_OTHERS = Template("left_to_others", "Nothing was read: another run is at work on it.")

# How the run ended, the result, and the rest; each begins as a sentence.
ENDED_WITH_ERRORS = Template("ended_with_errors", "The run finished with errors. {result}")
ENDED_FAILED = Template("ended_failed", "The run failed. {result}")
ENDED_INTERRUPTED = Template("ended_interrupted", "The run was interrupted. {result}")
ALONE = Template("result_alone", "{result}.")
WITH_REST = Template("result_and_rest", "{result}. {rest}")
ADD_CONTINUE = Template("result_then_continue", "{whole}. {to_continue}")

# What became of the other bookings, and what to do.
OTHER_SERVICES = Template(
    "other_services", "{count} is another service", "{count} are other services"
)
COULD_NOT_STORE = Template("could_not_store", "{count} could not be stored")
NEED_ATTENTION = Template(
    "need_attention", "{count} needs attention: {todo}", "{count} need attention: {todo}"
)
SEE_FILE = Template("see_file", "see {file}")
ADD_SKIPPED = Template("add_skipped", "add --skipped FILE")
SYNC_LISTS_THEM = Template("sync_lists_them", "altegio-sync sync PERIOD --skipped FILE lists them")
ADD_UPDATE = Template(
    "add_update",
    "{count} differs from Altegio: add --update",
    "{count} differ from Altegio: add --update",
)
COMPLETE_BEFORE = Template(
    "complete_before",
    "{count} day was complete already and not read again",
    "{count} days were complete already and not read again",
)
TO_CONTINUE = Template("to_continue", "To continue: {command}")
SHIFTED_STARTS = Template(
    "shifted_starts",
    "{count} start differs by exactly the zone's offset: another program stored local times in "
    "another zone (docs/migrate.md)",
    "{count} starts differ by exactly the zone's offset: another program stored local times in "
    "another zone (docs/migrate.md)",
)

# The names of the figures.
RUN_ROW = Template("summary_run", "run")
COMPANIES_ROW = Template("summary_companies", "companies")
COMPANY_ROW = Template("summary_company", "company {company}")
PERIOD_ROW = Template("summary_period", "period")
ZONE_ROW = Template("summary_zone", "zone")
REQUESTS_ROW = Template("summary_requests", "requests")
PAGES_ROW = Template("summary_pages", "pages")
FETCHED_ROW = Template("summary_fetched", "fetched")
SAVED_ROW = Template("summary_saved", "saved")
WOULD_SAVE_ROW = Template("summary_would_save", "would save")
UPDATED_ROW = Template("summary_updated", "updated")
WOULD_UPDATE_ROW = Template("summary_would_update", "would update")
STORED_ROW = Template("summary_stored", "already stored")
STALE_ROW = Template("summary_stale", "stale")
LEAD_CHANGED_ROW = Template("summary_lead_changed", "lead changed")
DOUBTFUL_ROW = Template("summary_doubtful", "doubtful lead")
SKIPPED_ROW = Template("summary_skipped", "skipped")
FAILED_ROW = Template("summary_failed", "failed")
DAYS_READ_ROW = Template("summary_days_read", "days read")
DAYS_NOT_READ_ROW = Template("summary_days_not_read", "days not read")
NOT_LISTED_ROW = Template("summary_not_listed", "not listed")
SECONDS_ROW = Template("summary_seconds", "seconds")

# Why bookings were skipped.
OF_OTHER_SERVICES = Template("skipped_service", "other services {number}")
WITHOUT_CRM_ID = Template("skipped_no_crm_id", "no CRM id {number}")
WITHOUT_TEACHER = Template("skipped_teacher_not_found", "teacher not found {number}")
INVALID = Template("skipped_invalid", "unreadable {number}")

# Beside the figures.
DRY_RUN = Template("dry_run", "dry run: nothing was written")
TRIED_AGAIN = Template("tried_again", "{number} tried again")
OVER_LIMIT = Template("over_limit", "{number} over the limit")
READ_AGAIN = Template("read_again", "{number} read again")
OF_APPOINTMENTS = Template("of_appointments", "appointments {ids}")
OLD_LEADS_BACK = Template("old_leads_back", "altegio-sync undo {run_id} restores the old leads")
OTHER_LEAD = Template(
    "other_lead", "the client's name may mean another lead: --skipped FILE lists them"
)
BRINGS_UP_TO_DATE = Template(
    "brings_up_to_date",
    "among those already stored; --update brings them up to date ({fields})",
)
DAYS_PROVED = Template("days_proved", "{number} proved")
DAYS_CHECKED = Template("days_checked", "{number} checked")
DAYS_INCOMPLETE = Template("days_incomplete", "{number} not complete")
DAYS_COMPLETE = Template("days_complete", "complete already")
ASKED_BY_ID = Template("asked_by_id", "asked for by id: {answers}")
NONE_GONE = Template("none_gone", "{number} gone (404)")
GONE = Template("gone", "{number} gone (404), marked deleted")
WOULD_MARK_GONE = Template("would_mark_gone", "{number} gone (404), would be marked deleted")
LEFT_AS_THEY_ARE = Template("left_as_they_are", "{number} left as they are")

# Of which days or changes a company was read.
LEFT_TO_RUN = Template("left_to_run", "left to another run")
NOT_STARTED = Template("not_started", "not started")
DAYS_READ = Template("days_read", "{first} to {last}")
DAY_FAILED = Template("day_failed", "{day}, failed")
DAYS_FAILED = Template("days_failed", "{first} to {last}, failed")
CHANGES_SINCE = Template("changes_since", "changes since {since}, cursor not moved")
CHANGES_UNTIL = Template("changes_until", "changes since {since}, cursor now {moved_to}")
