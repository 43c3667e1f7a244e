"""What is wrong with `schools.toml`, and with the options that choose a school of it.

A problem names the line of the file, never its text: the text may be a token.
"""

from altegio_sync.messages.template import Template

PROBLEM = Template("schools_problem", "{file}, line {line}: {reason}")

MORE_PROBLEMS = Template("schools_more_problems", "and {count} more line", "and {count} more lines")

# The file.
NO_FILE = Template("schools_no_file", "There is no schools file {path}")
UNREADABLE_FILE = Template(
    "schools_unreadable_file", "The schools file {path} cannot be read: {reason}"
)
NO_TOML = Template(
    "schools_no_toml",
    'this is not TOML: a line is name = value, with quotes around text, as in name = "kyiv"',
)
TWICE = Template("schools_twice", "this table or key is in the file twice")
NO_SCHOOL = Template("schools_no_school", "it has no [[school]]")

# A line that is refused.
TOKEN_IN_FILE = Template(
    "schools_token_in_file",
    "this looks like a token or a password: put it into an environment variable, and only the "
    "variable's name into this file",
)
SECRET_KEY = Template(
    "schools_secret_key",
    "{key} does not belong in this file: put the value into an environment variable, and the "
    "variable's name into {key}_env",
)
UNKNOWN_KEY = Template("schools_unknown_key", "unknown key")
UNKNOWN_KEY_MEANT = Template("schools_unknown_key_meant", "unknown key: did you mean {meant}?")
KEY_OF_BUDGET = Template("schools_key_of_budget", "{key} belongs in [budget]")
BUDGET_EXPECTED = Template("schools_budget_expected", "expected one table: [budget]")
SCHOOL_EXPECTED = Template("schools_school_expected", "expected [[school]], with two brackets")
NO_NAME = Template("schools_no_name", "this school has no name")
NAME_EXPECTED = Template(
    "schools_name_expected", "expected a name in quotes, {most} letters at most, in one line"
)
SAME_NAME = Template("schools_same_name", "the school of line {line} has the same name")
LIST_EXPECTED = Template(
    "schools_list_expected", 'Invalid {key}: expected a list of numbers, such as ["77", "78"]'
)
COMPANIES_EXPECTED = Template(
    "schools_companies_expected",
    'Invalid {key}: expected a list of numbers, such as ["77", "78"], or "all"',
)
NUMBER_EXPECTED = Template("schools_number_expected", "Invalid {key}: expected a number")
TEXT_EXPECTED = Template("schools_text_expected", "Invalid {key}: expected text in quotes")
VARIABLE_EXPECTED = Template(
    "schools_variable_expected",
    "Invalid {key}: expected the name of an environment variable, in capital letters, digits and _",
)
LANGUAGE_EXPECTED = Template("schools_language_expected", "Invalid {key}: expected uk or en")
MISSING_KEYS = Template("schools_missing_keys", "this school has no {keys}")
MISSING_VARIABLES = Template(
    "schools_missing_variables",
    "Missing required environment variables, which {file} names: {places}",
)
PLACE = Template("schools_place", "{key} in line {line}")
WRONG_VARIABLE = Template("schools_wrong_variable", "the variable that {key} names: {reason}")

# The options.
NEEDS_FILE = Template(
    "schools_needs_file", "{option} needs a schools file: --schools FILE, or ALTEGIO_SCHOOLS_FILE"
)
UNKNOWN_SCHOOL = Template(
    "schools_unknown_school", "There is no school {school} in {file} ({names})"
)
UNKNOWN_SCHOOL_MEANT = Template(
    "schools_unknown_school_meant",
    "There is no school {school} in {file} ({names}): did you mean {meant}?",
)
WHICH_SCHOOL = Template(
    "schools_which_school", "{file} has several schools: choose with --school NAME ({names})"
)
EXCLUDE_EACH_OTHER = Template("options_exclude_each_other", "{one} and {other} exclude each other")

# The budget.
BUDGET_FAILED = Template("schools_budget_failed", "The database of the request budget: {problem}")

# The results of several schools.
HEADING = Template("schools_heading", "School {school}")
SCHOOL_FAILED = Template("schools_school_failed", "School {school}: {reason}")
