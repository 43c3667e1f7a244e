"""What `export` says."""

from altegio_sync.messages.template import Template

APPOINTMENTS = Template("export_appointments", "Appointments")
PAY = Template("export_pay", "By teacher")
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
