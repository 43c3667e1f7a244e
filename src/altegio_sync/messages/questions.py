"""The questions of `interactive`, and what it shows of a period before the sync."""

from altegio_sync.messages.template import Template

# The period.
WHICH_PERIOD = Template("ask_which_period", "Which period? (this-… ends today)")
USE_ARROWS = Template("ask_use_arrows", "(Use arrow keys)")
TWO_DATES = Template("ask_two_dates", "two dates")
START_DATE = Template("ask_start_date", "Start date (YYYY-MM-DD):")
END_DATE = Template("ask_end_date", "End date (YYYY-MM-DD):")

# What Altegio announces for it.
ONE_DAY = Template("announced_one_day", "Company {company}: {day} ({zone}), {days}")
SEVERAL_DAYS = Template(
    "announced_several_days", "Company {company}: {first} to {last} ({zone}), {days}"
)
ANNOUNCED = Template("announced", "{period}; {records}, {requests}, about {seconds} s")
NOT_ANNOUNCED = Template(
    "announced_nothing", "{period}; Altegio does not report how many records there are"
)
RECORDS = Template("announced_records", "{count} record", "{count} records")
REQUESTS = Template("announced_requests", "{count} request", "{count} requests")

# Yes or no: the big letter is the answer of an empty line.
SYNC_THESE = Template("ask_sync_these", "Sync these appointments?")
SHOW_STATISTICS = Template("ask_show_statistics", "Show statistics?")
VALIDATE = Template("ask_validate", "Check the stored appointments for errors?")
YES_OR_NO = Template("ask_yes_or_no", "{question} (y/n)")
YES_UNLESS_NO = Template("ask_yes_unless_no", "{question} (Y/n)")

CANCELLED = Template("interactive_cancelled", "Cancelled")
NOTHING_CHANGED = Template("interactive_nothing_changed", "Nothing was changed.")
