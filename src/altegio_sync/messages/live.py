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
NOT_READ = Template("live_not_read", "Not known yet.")
OF_EARLIER = Template("live_of_earlier", "What you see is of {time}. {problem}")
NO_ANSWER = Template("live_no_answer", "MongoDB does not answer. The page tries again by itself.")
NOT_DRAWN = Template("live_not_drawn", "A part of the page could not be made: see the log.")

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
    "Not everything in the collection can be trusted: {count} thing needs attention.",
    "Not everything in the collection can be trusted: {count} things need attention.",
)
# The same where there are other locations.
TRUSTED_HERE = Template("live_trusted_here", "What is stored of this location can be trusted.")
TRUSTED_BUT_HERE = Template(
    "live_trusted_but_here",
    "What is stored of this location can be trusted. {count} thing needs attention.",
    "What is stored of this location can be trusted. {count} things need attention.",
)
NOT_TRUSTED_HERE = Template(
    "live_not_trusted_here",
    "Not everything that is stored of this location can be trusted: {count} thing needs attention.",
    "Not everything that is stored of this location can be trusted: {count} things need attention.",
)
OTHERS = Template(
    "live_others",
    "{count} other location needs attention too:",
    "{count} other locations need attention too:",
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
IS_PENDING = Template("live_is_pending", "pending")
IS_CONFIRMED = Template("live_is_confirmed", "confirmed")
HAS_ARRIVED = Template("live_has_arrived", "arrived")
IS_NO_SHOW = Template("live_is_no_show", "no-show")
HAS_NO_STATUS = Template("live_has_no_status", "unknown status")
TRIAL = Template("live_trial", "trial")
UNTIL = Template("live_until", "–{time}")

# Complete.
COMPLETE = Template("live_complete", "Complete")
PROVED = Template("live_proved", "proved")
CHECKED = Template("live_checked", "checked")
GAP = Template("live_gap", "not complete")
DAY_IS = Template("live_day_is", "{day}: {state}")

# Latest changes.
CHANGES = Template("live_changes", "Latest changes")
NO_CHANGES = Template("live_no_changes", "No change has been stored yet.")
WHEN = Template("live_when", "Stored")
WHAT = Template("live_what", "What changed")
HOW = Template("live_how", "How")
BY_HOOK = Template("live_by_hook", "webhook")
BY_POLL = Template("live_by_poll", "poll")
BY_RUN = Template("live_by_run", "sync of a period")
AFTER = Template("live_after", "after {span}")
BOOKING = Template("live_booking", "Booking {booking}")
IS_NEW = Template("live_is_new", "New booking")
IS_CANCELLED = Template("live_is_cancelled", "Cancelled")
IS_RESTORED = Template("live_is_restored", "No longer cancelled")
IS_TRIAL = Template("live_is_trial", "Now a trial lesson")
IS_NO_TRIAL = Template("live_is_no_trial", "No longer a trial lesson")
OTHER_DETAILS = Template("live_other_details", "Other details")
CHANGED = Template("live_changed", "{what}: {old} → {new}")
STATUS = Template("live_status", "Status")
START = Template("live_start", "Start")
END = Template("live_end", "End")
TEACHER = Template("live_teacher", "Teacher")
SERVICE = Template("live_service", "Service")
LEAD_IS = Template("live_lead_is", "Lead")
UNKNOWN = Template("live_unknown", "not shown")

# To correct.
TODO = Template("live_todo", "To correct in Altegio")
TO_CORRECT = Template(
    "live_to_correct", "{count:,} booking needs correction.", "{count:,} bookings need correction."
)
NOTHING_TO_CORRECT = Template("live_nothing_to_correct", "Nothing needs correction.")
COPY = Template("live_copy", "Copy the list")
COPY_THESE = Template("live_copy_these", "Copy this {count:,}", "Copy these {count:,}")
COPIED = Template("live_copied", "Copied.")
LESSON = Template("live_lesson", "Lesson")
TO_DO = Template("live_to_do", "What to do")
WHOLE_LIST = Template(
    "live_whole_list", "The whole list: {count:,} more", "The whole list: {count:,} more"
)
BACK = Template("live_back", "Back to the page")

# The month.
MONTH = Template("live_month", "The month")
MONTH_AGAINST_MONTH = Template("live_month_against_month", "Beside the last month")
DIFFERENCE = Template("live_difference", "change")
MORE = Template("live_more", "+{share:.0%}")
LESS = Template("live_less", "−{share:.0%}")
NO_CHANGE = Template("live_no_change", "–")
SAME = Template("live_same", "same")
ALL_LESSONS = Template("live_all_lessons", "Lessons")
ARRIVED = Template("live_arrived", "Arrived")
NO_SHOWS = Template("live_no_shows", "No-shows")
NO_SHOW_RATE = Template("live_no_show_rate", "No-show rate")
ALL_CANCELLED = Template("live_all_cancelled", "Cancelled")
TRIALS = Template("live_trials", "Trial lessons")
CAME_AGAIN = Template("live_came_again", "Came again after a trial")
STILL_AHEAD = Template(
    "live_still_ahead",
    "{count:,} more lesson is booked for the rest of the month.",
    "{count:,} more lessons are booked for the rest of the month.",
)

# Webhooks.
WEBHOOKS = Template("live_webhooks", "Webhooks")
NO_WEBHOOKS = Template("live_no_webhooks", "The school uses no webhooks yet.")
NO_WEBHOOK_YET = Template("live_no_webhook_yet", "No webhook has come yet.")
LOST_OF_DAY = Template("live_lost_of_day", "Lost in the last 24 hours")
PERCENT = Template("live_percent", "{share:.1%}")
DELAY_OF_HALF = Template("live_delay_of_half", "Half are stored within")
DELAY_OF_MOST = Template("live_delay_of_most", "95 of 100 are stored within")
SECONDS = Template("live_seconds", "{number:.1f} s")
QUEUE = Template("live_queue", "Waiting")
NOTHING_WAITS = Template("live_nothing_waits", "none")
WAITS = Template("live_waits", "{count}, for {span}", "{count}, the oldest for {span}")
CLASSES_ARE = Template("live_classes_are", "Changes of the last 24 hours: {counts}")
CLASS_COUNT = Template("live_class_count", "{name} {number:,}")
CHANGES_WERE = Template("live_changes_were", "Changes in Altegio")
LAST_DAY = Template("live_last_day", "24 hours")
IN_ALL = Template("live_in_all", "in all")
ANNOUNCED = Template("live_announced", "announced by a webhook")
LATE = Template("live_late", "announced late")
LOST = Template("live_lost", "not announced")
RECEIVER_DOWN = Template("live_receiver_down", "serve was not running")
TOO_YOUNG = Template("live_too_young", "too young to tell")
POLLED_EVERY = Template("live_polled_every", "Altegio is asked for changes every {span}.")
COUNTED_SINCE = Template("live_counted_since", "Counted since {moment}, for 90 days at most.")
GIVEN_UP = Template(
    "live_given_up",
    "{count} webhook was given up after several tries; the next poll brings the change.",
    "{count} webhooks were given up after several tries; the next poll brings the changes.",
)
