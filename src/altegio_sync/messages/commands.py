"""What is wrong with the options, the answers or the output of a command, and how it ended."""

from altegio_sync.messages.template import Template

DAYS_NAMED_TWICE = Template(
    "days_named_twice", "Name the days once: PERIOD or FROM TO, or else --from and --to"
)
MAX_AGE_ALONE = Template(
    "max_age_alone", "--max-age says how old an entry --resume may skip: add --resume"
)
SINCE_EXPECTED = Template(
    "since_expected", "{problem}, or a span of time such as 90m, 24h or 7d, a century at most"
)
JSON_AND_PROMETHEUS = Template("json_and_prometheus", "--json and --prometheus exclude each other")
YES_OR_NO_EXPECTED = Template("yes_or_no_expected", "Expected y or n, not {answer}")
INPUT_ENDED = Template("input_ended", "The input ended before all questions were answered")
#: The same text as in the JSON of an interrupted command.
NO_RESULT_YET = Template("no_result_yet", "Interrupted before there was a result")
STDOUT_CLOSED = Template(
    "stdout_closed",
    "Cannot write the output: stdout is closed (>/dev/null is for who wants none)",
)
OUTPUT_FAILED = Template("output_failed", "Cannot write the output: {reason}")
CANNOT_USE = Template("cannot_use", "Cannot use {file}: {reason}")
CANNOT_GO_ON = Template("cannot_go_on", "Cannot go on at {place}: {reason}")
UNEXPECTED = Template("unexpected", "Unexpected {kind} at {place}: please report this")
COMPANY_FAILED = Template("services_company_failed", "Company {company}: {reason}")
OF_COMPANY = Template("of_company", "{error} (company {company})")
