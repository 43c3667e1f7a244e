"""What is wrong with a command line: typer's own sentences, and those of our options."""

from altegio_sync.messages.template import Template

MISSING_ARGUMENT = Template("usage_missing_argument", "Missing argument {name}.")
MISSING_OPTION = Template("usage_missing_option", "Missing option {name}.")
NO_SUCH_OPTION = Template("usage_no_such_option", "No such option: {name}")
NO_SUCH_OPTION_BUT = Template(
    "usage_no_such_option_but", "No such option: {name} (possible options: {others})"
)
NEEDS_VALUE = Template("usage_needs_value", "Option {name} requires an argument.")
TAKES_NO_VALUE = Template("usage_takes_no_value", "Option {name} does not take a value.")
TOO_MANY_WORDS = Template("usage_too_many_words", "Got unexpected extra argument(s) ({words})")
INVALID_VALUE = Template("usage_invalid_value", "Invalid value for {name}: {reason}")

# The reasons.
NOT_ONE_OF = Template("usage_not_one_of", "{value} is not one of {choices}")
NO_WHOLE_NUMBER = Template("usage_no_whole_number", "expected a whole number")
NO_NUMBER = Template("usage_no_number", "expected a number")
TOO_LARGE = Template("usage_too_large", "expected {most} at most")
TOO_SMALL = Template("usage_too_small", "expected {least} or more")
NO_STATISTICS = Template("usage_no_statistics", "--clean shows no statistics")
WORKS_ON_ALL_COMPANIES = Template("usage_works_on_all_companies", "it works on all companies")
WORKS_ON_ALL_DAYS = Template("usage_works_on_all_days", "it works on all days")
BACKUP_TO_VERIFY = Template("usage_backup_to_verify", "name the backup to verify")
ADD_A_FILE = Template("add_a_file", "name the file too: --skipped FILE")
ONE_FOLDER = Template("usage_one_folder", "a backup has one folder")

# Completion in a shell.
COMPLETION_INSTALLED = Template(
    "completion_installed",
    "{shell} completes altegio-sync in every new terminal: {path} was written",
)
UNKNOWN_SHELL = Template("completion_unknown_shell", "call it from bash, zsh or fish")
