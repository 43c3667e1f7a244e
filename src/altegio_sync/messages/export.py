"""What `export` says."""

from altegio_sync.messages.template import Template

APPOINTMENTS = Template("export_appointments", "Appointments")
PAY = Template("export_pay", "By teacher")
APPOINTMENTS_FILE = Template(
    "export_appointments_file", "export of appointments with these columns"
)
PAY_FILE = Template("export_pay_file", "export by teacher")
NO_TEACHER = Template("export_no_teacher", "No teacher")
EXPORTED = Template(
    "exported",
    "{count} appointment written to {path} (days in {zone})",
    "{count} appointments written to {path} (days in {zone})",
)
EXTRA_COPIES = Template(
    "export_extra_copies",
    "{count} extra copy of an appointment was not counted: altegio-sync clean",
    "{count} extra copies of appointments were not counted: altegio-sync clean",
)
WITHOUT_LENGTH = Template(
    "export_without_length",
    "{count} lesson counts with 0 hours, since its end is missing, cannot be read, or is not after "
    "its start: altegio-sync validate shows it",
    "{count} lessons count with 0 hours, since their end is missing, cannot be read, or is not "
    "after their start: altegio-sync validate shows them",
)
ODD_FLAG = Template("export_odd_flag", "no (stored: {value})")
ODD_FLAGS = Template(
    "export_odd_flags",
    "{count} appointment has a value other than true or false in isDeleted or IsTrial, which "
    "counts as false: altegio-sync validate shows it, validate --fix repairs it",
    "{count} appointments have a value other than true or false in isDeleted or IsTrial, which "
    "counts as false: altegio-sync validate shows them, validate --fix repairs them",
)
FOR_YOU_ONLY = Template(
    "export_for_you_only", "The file contains personal data, and only you can read it."
)
INTERRUPTED = Template("export_interrupted", "The export was interrupted: no file was written")
UNKNOWN_COLUMN = Template("export_unknown_column", "There is no column {name}: {hint}")
COLUMN_MEANT = Template("export_column_meant", "did you mean {name}?")
COLUMNS_ARE = Template("export_columns_are", "the columns are {names}")
NO_COLUMN = Template("export_no_column", "--columns names no column: the columns are {names}")
COLUMNS_OF_TEACHERS = Template(
    "export_columns_of_teachers", "--by teacher has its own columns: leave out --columns"
)
