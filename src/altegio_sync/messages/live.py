"""The live page of `serve`."""

from altegio_sync.messages.template import Template

# The head of the page.
TITLE = Template("live_title", "Appointments now")
LOCATION = Template("live_location", "Location")
SHOW = Template("live_show", "Show")
LOCATION_WITH_TITLE = Template("live_location_with_title", "{title} ({company})")
TO_CONTENTS = Template("live_to_contents", "To the content")
IS_LIVE = Template("live_is_live", "The page follows by itself.")
NO_CONNECTION = Template("live_no_connection", "No connection. The page tries again by itself.")
NOT_READ = Template("live_not_read", "Not known: MongoDB does not answer.")
OF_EARLIER = Template("live_of_earlier", "What is shown may be out of date: {problem}")

# Moments.
AT_TIME = Template("live_at_time", "{time}")
DAYS_IN_ZONE = Template("live_days_in_zone", "Times in {zone}.")

# Now.
NOW = Template("live_now", "Now")
TRUSTED = Template("live_trusted", "The collection can be trusted.")
TRUSTED_BUT = Template(
    "live_trusted_but",
    "The collection can be trusted. {count} thing needs attention.",
    "The collection can be trusted. {count} things need attention.",
)
NOT_TRUSTED = Template(
    "live_not_trusted",
    "The collection cannot be trusted in everything: {count} thing needs attention.",
    "The collection cannot be trusted in everything: {count} things need attention.",
)
ATTENTION = Template("live_attention", "What needs attention")
AND_MORE = Template("live_and_more", "and {count} more", "and {count} more")
IMPORTANT = Template("live_important", "Important")
NOTE = Template("live_note", "Note")
LAST_READ = Template("live_last_read", "Last read")
COMPLETE_DAYS = Template("live_complete_days", "Complete days")
DAYS_OF = Template("live_days_of", "{number:,} of {whole:,}")
STORED = Template("live_stored", "Stored appointments")
NOT_YET = Template("live_not_yet", "not yet")
NUMBER = Template("live_number", "{number:,}")

# Today.
TODAY = Template("live_today", "Today")
LESSONS_ON = Template("live_lessons_on", "Lessons on {day}")
LESSONS = Template("live_lessons", "{count} lesson", "{count} lessons")
CANCELLED = Template("live_cancelled", "{count} cancelled", "{count} cancelled")
LEFT_OUT = Template(
    "live_left_out",
    "{count:,} more lesson is not shown.",
    "{count:,} more lessons are not shown.",
)
NO_LESSONS = Template("live_no_lessons", "No lessons on this day.")
DAYS_AROUND = Template("live_days_around", "Other days")
DAY_BEFORE = Template("live_day_before", "The day before")
DAY_AFTER = Template("live_day_after", "The day after")
BACK_TO_TODAY = Template("live_back_to_today", "Back to today")
HOUR = Template("live_hour", "Hour")
NO_TEACHER = Template("live_no_teacher", "Without a teacher")
THIS_HOUR = Template("live_this_hour", "now")
LEAD = Template("live_lead", "Lead {lead}")
NO_LEAD = Template("live_no_lead", "Lead not shown")
TRIAL = Template("live_trial", "trial")
UNTIL = Template("live_until", "–{time}")

# Complete.
COMPLETE = Template("live_complete", "Complete")
PROVED = Template("live_proved", "proved")
CHECKED = Template("live_checked", "checked")
GAP = Template("live_gap", "not complete")
DAY_IS = Template("live_day_is", "{day}: {state}")
