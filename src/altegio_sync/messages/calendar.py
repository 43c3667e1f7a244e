"""Names of months and weekdays, and days in words. Monday is the first day of the week."""

from altegio_sync.messages.template import Template

#: Months alone, as in the heading of a calendar.
MONTHS = (
    Template("month_1", "January"),
    Template("month_2", "February"),
    Template("month_3", "March"),
    Template("month_4", "April"),
    Template("month_5", "May"),
    Template("month_6", "June"),
    Template("month_7", "July"),
    Template("month_8", "August"),
    Template("month_9", "September"),
    Template("month_10", "October"),
    Template("month_11", "November"),
    Template("month_12", "December"),
)
#: Months behind the number of a day; other languages change their ending there.
MONTHS_OF_DAYS = (
    Template("month_1_of_day", "January"),
    Template("month_2_of_day", "February"),
    Template("month_3_of_day", "March"),
    Template("month_4_of_day", "April"),
    Template("month_5_of_day", "May"),
    Template("month_6_of_day", "June"),
    Template("month_7_of_day", "July"),
    Template("month_8_of_day", "August"),
    Template("month_9_of_day", "September"),
    Template("month_10_of_day", "October"),
    Template("month_11_of_day", "November"),
    Template("month_12_of_day", "December"),
)
SHORT_MONTHS = (
    Template("short_month_1", "Jan"),
    Template("short_month_2", "Feb"),
    Template("short_month_3", "Mar"),
    Template("short_month_4", "Apr"),
    Template("short_month_5", "May"),
    Template("short_month_6", "Jun"),
    Template("short_month_7", "Jul"),
    Template("short_month_8", "Aug"),
    Template("short_month_9", "Sep"),
    Template("short_month_10", "Oct"),
    Template("short_month_11", "Nov"),
    Template("short_month_12", "Dec"),
)
#: Three letters at most: they head narrow columns.
WEEKDAYS = (
    Template("weekday_1", "Mon"),
    Template("weekday_2", "Tue"),
    Template("weekday_3", "Wed"),
    Template("weekday_4", "Thu"),
    Template("weekday_5", "Fri"),
    Template("weekday_6", "Sat"),
    Template("weekday_7", "Sun"),
)

MONTH_OF_YEAR = Template("month_of_year", "{month} {year}")

# Days with the whole name of the month.
DAY = Template("day_of_month", "{day} {month}")
DAY_OF_YEAR = Template("day_of_year", "{day} {month} {year}")
DAYS_OF_MONTH = Template("days_of_month", "{first}–{last} {month}")
DAYS_OF_MONTH_OF_YEAR = Template("days_of_month_of_year", "{first}–{last} {month} {year}")
DAYS_ACROSS = Template("days_across_months", "{first} – {last}")

# Days and bars of a chart, with the short name of the month.
SHORT_DAY = Template("short_day", "{day} {month}")
SHORT_MONTH_OF_YEAR = Template("short_month_of_year", "{month} {year}")
WHOLE_DAY = Template("weekday_and_day", "{weekday} {day} {month} {year}")
WEEK_OF_DAY = Template("week_of_day", "week of {day} {month} {year}")
YEAR = Template("year_alone", "{year}")

# Moments; ``day`` is a date, ``time`` such as 10:00.
MOMENT_IN_ZONE = Template("moment_in_zone", "{day} {time} {zone}")

#: In tables: all numbers, and of one width.
MOMENT_IN_TABLE = Template("moment_in_table", "{year}-{month:02}-{day:02} {time}")
TABLE_MOMENT_IN_ZONE = Template("moment_in_table_in_zone", "{moment} {zone}")

#: A date as the language writes it.
DAY_ALONE = Template("day_alone", "{day}")
