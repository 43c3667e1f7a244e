"""The calendar of `coverage`, and its summary."""

from altegio_sync.messages.template import Template

HEADING = Template("coverage_heading", "Coverage of company {company}, days in {zone}")
LEGEND = Template(
    "coverage_legend",
    "= proved   + checked   ! gap   without a mark: not over yet, or not asked about",
)
COVERED = Template(
    "coverage_covered",
    "{covered} of {count} day covered, {proved} proved",
    "{covered} of {count} days covered, {proved} proved",
)
WITH_AGE = Template("coverage_with_age", "{covered}; the oldest entry is {span} old")
OUTDATED = Template(
    "coverage_outdated",
    "{count} of the gaps: the day was read under other settings",
    "{count} of the gaps: the days were read under other settings",
)
GAP_OF_DAY = Template("coverage_gap_of_day", "gap: {day}")
GAP = Template("coverage_gap", "gap: {first} to {last}")
