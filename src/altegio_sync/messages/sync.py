"""What a run of `sync` or `changes` reports: errors, warnings, and what is incomplete."""

from altegio_sync.messages.template import Template

# What ended the run of a company.
FETCH_FAILED = Template("fetch_failed", "Error fetching appointments: {reason}")
NO_CURSOR = Template(
    "no_cursor",
    "There is no cursor yet for company {companies}: say where to begin, as in altegio-sync "
    "changes --since 7d (or a date), best after a sync of what is older",
)
NO_CURSOR_OF_ONE = Template(
    "no_cursor_of_one",
    "There is no cursor yet for company {company}: say where to begin, as in altegio-sync changes "
    "--company {company} --since 7d (or a date), best after a sync of what is older",
)
OTHER_DAYS = Template(
    "other_days",
    "Altegio answered with bookings of other days than were asked for: check ALTEGIO_API_URL, and "
    "whether a proxy is between",
)
STORE_OUT_OF_REACH = Template("store_out_of_reach", "MongoDB cannot be reached")

# Beside a condition that is reported again.
SINCE_LAST_REPORT = Template("since_last_report", "since the last report also appointments {ids}")

# In which zone the days are cut.
NO_ZONE = Template(
    "no_zone", "Altegio names no time zone for location {company}: set ALTEGIO_TIMEZONE"
)
UNKNOWN_ZONE = Template(
    "zone_not_known", "This machine does not know the time zone {zone}: {remedy}"
)
UNKNOWN_ZONE_OF_LOCATION = Template(
    "zone_of_location_not_known",
    "This machine does not know the time zone {zone}, the zone of location {company} at Altegio: "
    "{remedy}",
)
UNKNOWN_ZONE_OF_LAST_RUN = Template(
    "zone_of_last_run_not_known",
    "This machine does not know the time zone {zone}, the zone of the last run: {remedy}",
)
OLD_LIST_USED = Template(
    "old_list_used",
    "{reason}. The run read the {count} location of the last list; newer locations are missing",
    "{reason}. The run read the {count} locations of the last list; newer locations are missing",
)
NOT_BEGUN = Template(
    "not_begun",
    "The work on {count} company did not begin. To continue: {rerun}",
    "The work on {count} companies did not begin. To continue: {rerun}",
)
ZONE_CHANGED = Template(
    "zone_changed",
    "The time zone of location {company} at Altegio was {old} and is {new} now: days that were "
    "read in the old zone are gaps. Read them again: altegio-sync coverage lists them",
)

# Where the zone comes from.
ZONE_OF_SETTING = Template("zone_of_setting", "ALTEGIO_TIMEZONE")
ZONE_OF_LAST_RUN = Template("zone_of_last_run", "of the last run")
ZONE_OF_LAST_RUN_MISSING = Template(
    "zone_of_last_run_missing", "the zone of the last run is not known on this machine"
)
NO_ZONE_YET = Template("no_zone_yet", "ALTEGIO_TIMEZONE is not set and there was no run yet")
ZONE_AS_ASKED = Template("zone_as_asked", "as asked")

# Days and lists that could not be read completely.
SEEN = Template("seen", "{seen} appointments seen")
SEEN_OF = Template("seen_of", "{seen} appointments seen, {announced} announced")
SEEN_CONTRADICTORY = Template(
    "seen_contradictory",
    "{seen} appointments seen (Altegio's pages and totals contradict each other)",
)
SEEN_OF_CONTRADICTORY = Template(
    "seen_of_contradictory",
    "{seen} appointments seen, {announced} announced (Altegio's pages and totals contradict each "
    "other)",
)
UNSETTLED_DAYS = Template(
    "unsettled_days",
    "The list of {first} to {last} kept changing: {seen}. What was seen is stored; run it again",
)
UNPROVED_DAYS = Template(
    "unproved_days",
    "The list of {first} to {last} could be checked but not proved: {seen}. What was seen is "
    "stored; run it again",
)
UNSETTLED_CHANGES = Template(
    "unsettled_changes",
    "The list of changes kept changing: {seen}. What was seen is stored, the cursor stays; run "
    "it again",
)
NO_TOTAL = Template(
    "no_total", "Altegio announces no total, so it is not known that nothing was missed"
)
NOTHING_LISTED = Template(
    "nothing_listed",
    "Altegio lists no bookings of {first} to {last}, but {stored} are stored: check "
    "ALTEGIO_COMPANY_ID and the user's rights",
)

COMPANY_MISSING = Template(
    "company_missing",
    "Location {company} was in the list of the user token until {moment} UTC and is missing now: "
    "its appointments are no longer read. Check the rights of the user; if the location is closed, "
    "altegio-sync companies --forget {company} ends this warning",
)

# Single appointments.
NOT_SETTLED = Template("not_settled", "Appointment {appointment} is not changed: {reason}")
NOT_ANSWERED = Template(
    "not_answered",
    "The stored appointment {appointment} is not changed, its days stay open: {reason}",
)
KEEPS_CHANGING = Template("keeps_changing", "other programs keep changing it")
KEEPS_CHANGING_RUN_AGAIN = Template(
    "keeps_changing_run_again", "other programs keep changing it, run it again"
)
TOO_MANY_GONE = Template(
    "mass_delete",
    "{count} or more stored appointments are gone at Altegio (404), over {share:.0%} of the "
    "period: none was marked deleted. Look whether the company and the user's rights are right; "
    "--allow-mass-delete marks them",
)

# What needs a person, though nothing failed.
STAFF_LIST_REFUSED = Template(
    "staff_list_refused",
    "The staff list cannot be read, so teachers known only by id are unknown: {reason}",
)
TEACHER_NOT_FOUND = Template(
    "teacher_not_found", "Teacher not found: staff {staff} (appointment {ids})"
)
NO_STAFF = Template("no_staff_word", "none")
OFFSETS_DISAGREE = Template(
    "offsets_disagree",
    "{count} booking had a wrong time zone; the local time was used (appointments {ids})",
    "{count} bookings had a wrong time zone; the local time was used (appointments {ids})",
)
NO_LONGER_KEPT = Template(
    "no_longer_kept",
    "no longer kept: {count} stored appointment that would be skipped now (appointments {ids})",
    "no longer kept: {count} stored appointments that would be skipped now (appointments {ids})",
)
LEAD_CHANGED = Template(
    "lead_changed",
    "The lead of {count} stored appointment changed (altegio-sync undo brings the old one back) "
    "(appointments {ids})",
    "The lead of {count} stored appointments changed (altegio-sync undo brings the old one back) "
    "(appointments {ids})",
)
LEAD_WOULD_CHANGE = Template(
    "lead_would_change",
    "The lead of {count} stored appointment would change (appointments {ids})",
    "The lead of {count} stored appointments would change (appointments {ids})",
)
LEAD_DOUBTFUL = Template(
    "doubtful",
    "The lead of {count} appointment is doubtful: write one CRM id into the client's name, or set "
    "ALTEGIO_CRM_ID_DIGITS (appointments {ids})",
    "The lead of {count} appointments is doubtful: write one CRM id into the client's name, or set "
    "ALTEGIO_CRM_ID_DIGITS (appointments {ids})",
)
INDEX_REMADE = Template(
    "index_remade",
    "The unique index on appointmentId was gone, and was created again. Where nobody ran undo or "
    "restore, another program removes it, as mongoose's syncIndexes() does: declare the index in "
    "that program (docs/mongodb.md)",
)
RULES_CHANGED = Template(
    "rules_changed",
    "The settings or rules that decide which bookings are kept have changed: {count} day of "
    "company {company} must be proved again: {rerun}",
    "The settings or rules that decide which bookings are kept have changed: {count} days of "
    "company {company} must be proved again: {rerun}",
)
