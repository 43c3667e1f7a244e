"""The page of `stats --html`, and the tables and bars of `stats`."""

from altegio_sync.messages.template import Template

# Headings of tables and parts.
STATUS = Template("stats_status", "Status")
TEACHER = Template("stats_teacher", "Teacher")
TEACHERS = Template("stats_teachers", "Teachers")
SERVICES = Template("stats_services", "Services")
NO_SHOWS = Template("stats_no_shows", "No-shows")
COUNT = Template("stats_count", "count")
SHARE = Template("stats_share", "share")
ARRIVED = Template("stats_arrived", "arrived")
NO_SHOW = Template("stats_no_show", "no-show")
RATE = Template("stats_rate", "rate")
ALL = Template("stats_all", "all")
BY_DAY = Template("stats_by_day", "By day")
BY_WEEK = Template("stats_by_week", "By week")
BY_MONTH = Template("stats_by_month", "By month")
BY_YEAR = Template("stats_by_year", "By year")
WEEK_BY_HOUR = Template("stats_week_by_hour", "The week by hour")
AS_PAGE = Template("stats_as_page", "As a page: {path}")

# The title; the days are one of those below it.
TITLE = Template("page_title", "Appointments, {days}")
ALL_DAYS = Template("page_all_days", "all that is stored")
UP_TO = Template("page_up_to", "up to {last}")
FROM_ON = Template("page_from_on", "from {first} on")
FROM_TO = Template("page_from_to", "{first} to {last}")

# The head of the page.
APPOINTMENTS = Template("page_appointments", "Appointments")
DAYS_IN = Template("page_days_in", "Days in {zone} ({source}). Counted {moment}.")
ATTENTION = Template("page_attention", "Attention")

# The totals.
TOTALS = Template("page_totals", "Totals")
ACTIVE = Template("page_active", "Active")
UPCOMING = Template("page_upcoming", "Upcoming")
LAST_30_DAYS = Template("page_last_30_days", "Last 30 days")
TRIAL = Template("page_trial", "Trial")
DELETED = Template("page_deleted", "Deleted")
TOTAL = Template("page_total", "Total")

# The parts.
STATUSES = Template("page_statuses", "Statuses")
STATUSES_ARE = Template("page_statuses_are", "Statuses: {counts}")
STATUS_COUNT = Template("page_status_count", "{status} {number:,}")
STATUS_IS = Template("page_status_is", "{label}: {status}")
BAR = Template("page_bar", "{name}: {number:,}")
CHART = Template("page_chart", "{heading}, {first} to {last}; the most, {number:,}: {highest}")
AS_NUMBERS = Template("page_as_numbers", "As numbers")
DAY = Template("page_day", "Day")
WEEK = Template("page_week", "Week")
MONTH = Template("page_month", "Month")
YEAR = Template("page_year", "Year")
NO_APPOINTMENTS = Template("page_no_appointments", "No appointments.")
OLDEST_NEWEST = Template("page_oldest_newest", "Oldest {oldest}, newest {newest}.")
LIGHTER_BARS = Template("page_lighter_bars", "Lighter bars: upcoming lessons.")
OUTSIDE = Template(
    "page_outside",
    "{count:,} appointment is too many years from today to be shown.",
    "{count:,} appointments are too many years from today to be shown.",
)
TOP_TEACHERS = Template("page_top_teachers", "Top teachers")
TOP_SERVICES = Template("page_top_services", "Top services")
NAME = Template("page_name", "Name")
NONE = Template("page_none", "None.")
NO_SHOWS_BY_TEACHER = Template("page_no_shows_by_teacher", "No-shows by teacher")
TRIAL_LESSONS = Template("page_trial_lessons", "Trial lessons, and who came again")
STEP = Template("page_step", "Step")
LEADS = Template("page_leads", "leads")
LEADS_WITH_TRIAL = Template("page_leads_with_trial", "Leads with a trial lesson")
BOOKED_AGAIN = Template("page_booked_again", "booked again")
CAME_AGAIN = Template("page_came_again", "came again")
TRIALS_IN_ALL = Template(
    "page_trials_in_all", "{count:,} trial lesson in all.", "{count:,} trial lessons in all."
)
DUPLICATES = Template("page_duplicates", "Duplicates")
IDS_STORED_TWICE = Template("page_ids_stored_twice", "Ids stored more than once")
EXTRA_COPIES = Template("page_extra_copies", "Extra copies")

# The last run.
LAST_SYNC = Template("page_last_sync", "Last sync")
NONE_YET = Template("page_none_yet", "None yet.")
RUN = Template("page_run", "Run")
COMMAND = Template("page_command", "Command")
RESULT = Template("page_result", "Result")
SUCCEEDED = Template("page_succeeded", "succeeded")
INTERRUPTED = Template("page_interrupted", "interrupted")
FAILED = Template("page_failed", "failed")
ENDED_AT = Template("page_ended_at", "Ended")
AGE = Template("page_age", "Age at the count")
PERIOD = Template("page_period", "Period")
PERIOD_OF_RUN = Template("page_period_of_run", "{first} to {last} ({zone})")
