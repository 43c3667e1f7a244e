"""Why a file of results cannot be written."""

from altegio_sync.messages.template import Template

CANNOT_WRITE = Template("cannot_write_file", "Cannot write {path}: {reason}")
NO_FILE = Template("there_and_no_file", "it is there already, and no file")
OF_ANOTHER_COMMAND = Template(
    "there_of_another_command",
    "it is there already and not by this command: name another file",
)
OF_ANOTHER_KIND = Template(
    "there_of_another_kind", "it is there already and is no {what}: name another file"
)
LIST_OF_SKIPPED = Template("list_of_skipped", "list of skipped bookings")
LIST_OF_FINDINGS = Template("list_of_findings", "list of findings")
OWN_OUTPUT = Template("own_output", "this command's own output goes there")
FOLDER = Template("path_is_folder", "it is a folder: name a file in it")
UNKNOWN_ENDING = Template(
    "file_ending_unknown",
    "{file}: the ending sets the format. End the name in .xlsx for people, or in .csv or .jsonl "
    "for programs",
)
