"""How the events of the log read to people; the code is the event's name."""

from altegio_sync.messages.template import Template

#: An event that brings its own message.
OWN_MESSAGE = Template("own_message", "{message}")
LOG_FILE_FAILED = Template(
    "log_file_failed", "The log file {file} cannot be written, and the run goes on: {reason}"
)
BOOKINGS_NOT_COUNTED = Template(
    "bookings_not_counted",
    "Company {company_id}: how often the services are booked is unknown: {reason}",
)
INDEX_NOT_UNIQUE = Template(
    "no_unique_index", "No unique index on appointmentId, checking by query instead: {reason}"
)
REPORT_NOT_KEPT = Template(
    "report_not_kept", "The report could not be kept in altegio-sync-runs: {reason}"
)
RETRY_RATE_LIMITED = Template(
    "retry_rate_limited", "Rate limit exceeded: waiting {wait_s:.1f} s (try {tries} of 6)"
)
RETRY = Template("retry", "{reason}: trying again in {wait_s:.1f} s (try {tries} of 6)")
PAGE = Template(
    "page",
    "Page {page} of {pages}: {rows} records, {saved} saved, {updated} updated, {duplicates} "
    "already stored, skipped: {skipped}",
)
PAGE_OF_COMPANY = Template(
    "page_of_company",
    "Company {company_id}, page {page} of {pages}: {rows} records, {saved} saved, {updated} "
    "updated, {duplicates} already stored, skipped: {skipped}",
)
SYNC_STARTED = Template(
    "sync_started", "Syncing {first} to {last} ({timezone}), company {company_id}"
)
SYNC_OF_DAY_STARTED = Template(
    "sync_of_day_started", "Syncing {first} ({timezone}), company {company_id}"
)
CHANGES_STARTED = Template(
    "changes_started", "Asking for changes ({timezone}), company {company_id}"
)
RESUMED = Template("resumed", "Resuming: {done} of {days} days are complete already")
RESUMED_COMPANY = Template(
    "resumed_company",
    "Resuming company {company_id}: {done} of {days} days are complete already",
)
CHANGES_GREW = Template(
    "changes_grew",
    "The list of changes grew while it was read: the next run reads what is new",
)
GAVE_WAY = Template("gave_way", "{reason}. Its changes are left to it or to the next run")
WAITING_FOR_LEASE = Template(
    "waiting_for_lease", "Waiting up to {wait} for the run at work on {what}: {holder}"
)
REPEATED = Template(
    "repeated", "{reason}: {count} time in this run", "{reason}: {count} times in this run"
)
INDEX_DROPPED = Template(
    "index_dropped",
    "The unique index on appointmentId was dropped, because there are duplicates again; "
    "altegio-sync clean creates it",
)
CHANGED_SINCE = Template(
    "changed_since",
    "{count} document was changed after the run and is not restored (appointments {sample}): "
    "--force restores it too",
    "{count} documents were changed after the run and are not restored (appointments {sample}): "
    "--force restores them too",
)
PASSED_OVER = Template(
    "passed_over",
    "{collection} contains documents that are ignored, since another program wrote or changed "
    "them, or a clock was wrong: {sample}, and perhaps others. Delete them if no program needs "
    "them",
)
NOT_MISSING = Template(
    "not_missing", "Location {company_id} is not among the missing ones: there is nothing to forget"
)
OWN_BUDGET = Template(
    "own_budget",
    "The user of DB_URI may not write to MongoDB, so the limits of Altegio are kept for this "
    "process alone: start no other run from this address meanwhile",
)
SETTINGS_LINE_UNREAD = Template(
    "settings_line_unread", "{file}, line {line}: not read, since it is not NAME=value"
)
OLD_BACKUP_KEPT = Template(
    "old_backup_kept",
    "{path} is old, but contains other files too, so it was not removed: move those files away",
)
UNKNOWN_ZONE = Template("unknown_zone", "{problem}. Until then days begin and end in {used}")
STOPPING = Template(
    "stopping", "Stopping: what was read is stored (press Ctrl-C again to stop at once)"
)

# What `serve` does.
SERVING = Template("serving", "Serving at {address}: /hooks/ receives webhooks, /health answers")
LIVE_PAGE = Template("live_page", "The page: {address}/")
LIVE_PAGE_FAILED = Template("live_page_failed", "A part of the page could not be made: {reason}")
POLLING = Template("polling", "Asking Altegio for changes every {span}")
NOT_POLLING = Template(
    "not_polling", "Without polls (--no-poll), changes of lost webhooks are missing: run changes"
)
POLLS_LATE = Template(
    "polls_late",
    "Altegio is asked for changes every {span} and not every {wanted}, because a poll takes longer",
)
RECHECKING = Template("rechecking", "Reading the days around today again every day at {at}")
NOT_RECHECKING = Template(
    "not_rechecking", "The days around today are not read again (ALTEGIO_RECHECK_AT=off)"
)
NO_HOOK_SECRET = Template(
    "no_hook_secret",
    "ALTEGIO_HOOK_SECRET is not set, so no webhook is accepted: altegio-sync serve --new-secret "
    "makes a secret",
)
STORE_AWAY = Template("store_away", "{reason}. Waiting until MongoDB is back")
STORE_BACK = Template("store_back", "MongoDB is back")
WEBHOOKS_NOT_MEASURED = Template(
    "webhooks_not_measured", "{reason}. Until then, lost webhooks are not counted"
)
NOTICES_WAIT = Template("notices_wait", "{reason}. Until then the notices wait")
NOTICE_FAILED = Template(
    "notice_failed", "Appointment {appointment_id} of a notice: {reason}. It is tried again"
)
NOTICES_FAILED = Template(
    "notices_failed",
    "Many notices of company {company}: {reason}. Each appointment is requested by itself",
)
RUN_DONE = Template("run_done", "{command}: {fetched} read, {saved} saved, {updated} updated")
NOTICES_LEFT = Template(
    "notices_left",
    "{count} stored appointments of company {company} that webhooks named are gone at Altegio "
    "(404), over {share:.0%} of those requested within an hour: they are not marked deleted. Look "
    "whether the company and the user's rights are right; sync --update marks them",
)
SERVE_STOPPED = Template("serve_stopped", "Stopped")

# One appointment, with `-v`.
APPOINTMENT = Template("appointment", "Appointment {appointment_id}: {outcome}")
APPOINTMENT_BECAUSE = Template(
    "appointment_because", "Appointment {appointment_id}: {outcome} ({reason})"
)
WITHOUT_ID = Template("without_id", "without an id")
OUTCOME_SAVED = Template("outcome_saved", "saved")
OUTCOME_UPDATED = Template("outcome_updated", "updated")
OUTCOME_DUPLICATE = Template("outcome_duplicate", "duplicate")
OUTCOME_STALE = Template("outcome_stale", "stale")
OUTCOME_FAILED = Template("outcome_failed", "could not be stored")
OUTCOME_SKIPPED = Template("outcome_skipped", "skipped")
# Why a booking is skipped; the English texts are the codes.
SKIPPED_SERVICE = Template("skip_reason_service", "service")
SKIPPED_NO_CRM_ID = Template("skip_reason_no_crm_id", "no_crm_id")
SKIPPED_NO_TEACHER = Template("skip_reason_teacher_not_found", "teacher_not_found")
SKIPPED_INVALID = Template("skip_reason_invalid", "invalid")
VANISHED = Template(
    "vanished", "Appointment {appointment_id} is gone at Altegio (404): marked deleted"
)
VANISHED_DRY = Template(
    "vanished_dry", "Appointment {appointment_id} is gone at Altegio (404): would be marked deleted"
)
SEVERAL_VANISHED = Template(
    "several_vanished",
    "{count} appointment is gone at Altegio (404): marked deleted (appointments {ids})",
    "{count} appointments are gone at Altegio (404): marked deleted (appointments {ids})",
)
SEVERAL_VANISHED_DRY = Template(
    "several_vanished_dry",
    "{count} appointment is gone at Altegio (404): would be marked deleted (appointments {ids})",
    "{count} appointments are gone at Altegio (404): would be marked deleted (appointments {ids})",
)
