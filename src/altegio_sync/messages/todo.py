"""What `todo` says about what needs correction in Altegio."""

from altegio_sync.messages.template import Template

LIST_OF_TODOS = Template("todo_list", "list of what needs correction")
SHEET = Template("todo_sheet", "To correct")
NOTHING = Template("todo_nothing", "Nothing needs correction in Altegio ({first} to {last}).")
COUNT = Template(
    "todo_count",
    "{count} booking needs correction in Altegio ({first} to {last})",
    "{count} bookings need correction in Altegio ({first} to {last})",
)
INCOMPLETE = Template(
    "todo_incomplete", "Not everything could be read, so this list is incomplete."
)
WRITTEN = Template("todo_written", "Listed in {path}; only you can read this file.")
ONLY_STORED = Template(
    "todo_only_stored",
    "Only stored appointments were examined: without --offline, bookings that are not stored are "
    "listed too.",
)
TEACHER_NUMBER = Template("todo_teacher_number", "Teacher no. {number}")
NO_TEACHER = Template("todo_no_teacher_name", "No teacher")
ITEM = Template("todo_item", "{problem}: {todo}")
ITEM_OF_LOCATION = Template("todo_item_of_location", "{problem}: {todo} (location {company})")
PENDING_TODO = Template("todo_pending", "Set the status in Altegio: did the pupil come?")
DOUBLE_TODO = Template("todo_double", "Cancel one of the two bookings in Altegio")
OVERLAP_TODO = Template("todo_overlap", "Move one of the two lessons in Altegio")
