"""What is wrong with a period or a span of time that somebody typed."""

from altegio_sync.messages.template import Template

# The beginnings of these three are fixed: programs of others look for them.
INVALID_DATE = Template(
    "invalid_date", "Invalid date format: {text} (expected YYYY-MM-DD or one of {names})"
)
INVALID_DATE_BECAUSE = Template(
    "invalid_date_because",
    "Invalid date format: {text} (expected YYYY-MM-DD or one of {names}); {reason}",
)
START_AFTER_END = Template(
    "start_after_end", "Start date cannot be after end date: {first} is after {last}"
)

NO_SUCH_MONTH = Template("no_such_month", "the month {month} does not exist")
NO_SUCH_YEAR = Template("no_such_year", "the year {year} does not exist")
NO_SUCH_DAY = Template("no_such_day", "the day {day:02} does not exist: {month} has {days}")
DAY_AT_THE_END = Template("day_at_the_end", "this day is at the end of the calendar")
MONTH_AT_THE_END = Template("month_at_the_end", "{month} is at the end of the calendar")
FOUR_DIGITS = Template("four_digits", "write the year with four digits, as in 2026-10-31")
NO_ORDER = Template(
    "no_order", "write it as 2026-10-31 or 31.10.2026, so that day and month cannot be confused"
)
DID_YOU_MEAN = Template("did_you_mean", "did you mean {meant}?")

INVALID_DURATION = Template(
    "invalid_duration", "Invalid duration: {text} (expected such as 90s, 15m, 24h or 30d)"
)
DURATION_TOO_LONG = Template("duration_too_long", "Invalid duration: {text} (at most {days}d)")

#: The words for periods in the menu of `interactive`. Translated, they are words that
#: `period_words` reads too.
NAMES = (
    Template("period_today", "today"),
    Template("period_yesterday", "yesterday"),
    Template("period_this_week", "this-week"),
    Template("period_last_week", "last-week"),
    Template("period_this_month", "this-month"),
    Template("period_last_month", "last-month"),
    Template("period_tomorrow", "tomorrow"),
    Template("period_next_week", "next-week"),
    Template("period_next_month", "next-month"),
    Template("period_last_7_days", "last-7-days"),
    Template("period_last_30_days", "last-30-days"),
    Template("period_this_year", "this-year"),
    Template("period_around", "around"),
)
