"""What `validate` shows: the documents that its rules found, and what a repair did or would do."""

from altegio_sync.messages.template import Template

# The document.
TEACHER_BY_ID = Template("found_teacher_by_id", "teacher {teacher}")
NO_TEACHER = Template("found_no_teacher", "no teacher")
NO_START = Template("found_no_start", "no start")
LEAD = Template("found_lead", "lead {lead}")
NO_LEAD = Template("found_no_lead", "lead unknown")
BOOKING = Template("found_booking", "booking {booking}")
BOOKING_BECAUSE = Template("found_booking_because", "booking {booking}: {problem}")
ALL_OF_RULE = Template("found_all_of_rule", "all: altegio-sync validate --list {rule}")

# What is wrong with it.
COPY = Template("found_copy", "copy {document}, {dates}")
CREATED = Template("found_created", "created {moment}")
CREATED_AT_NO_TIME = Template("found_created_at_no_time", "created at no time")
UPDATED = Template("found_updated", "updated {moment}")
UPDATED_AT_NO_TIME = Template("found_updated_at_no_time", "updated at no time")
SAME_LESSON = Template("found_same_lesson", "the same lead, teacher and start")
UNTIL = Template("found_until", "until {moment}")
SHORT = Template("found_short", "{count} minute (short)", "{count} minutes (short)")
LONG = Template("found_long", "{count} minute (long)", "{count} minutes (long)")
ENDS_AT = Template("found_ends_at", "ends at {moment}")
STILL_PENDING = Template("found_still_pending", "{status}, ended at {moment}")
IN_FUTURE = Template("found_in_future", "{status} in the future")
FIELD = Template("found_field", "{field}")
FIELD_MISSING = Template("found_field_missing", "{field} is missing")
FIELD_EMPTY = Template("found_field_empty", "{field} is empty")
FIELD_OF_KIND = Template("found_field_of_kind", "{field} ({kind})")
FIELD_VALUE = Template("found_field_value", "{field} {value}")
FIELD_VALUE_OF_KIND = Template("found_field_value_of_kind", "{field} {value} ({kind})")
QUOTED = Template("found_quoted", '"{value}"')
EXTRA_SPACES = Template("found_extra_spaces", "extra spaces")
#: Without these words, the value would look correct.
INVISIBLE = Template("found_invisible", "{what} with invisible characters")

# What was checked.
HEADING = Template("validate_heading", "Validate: {documents}, {errors}, {warnings}")
CHECKED = Template("validate_checked", "{count} document", "{count} documents")
CHECKED_OF = Template(
    "validate_checked_of_company",
    "{count} document of company {companies}",
    "{count} documents of company {companies}",
)
THAT_DAY = Template("validate_that_day", "{documents} that start on {day} ({zone})")
THOSE_DAYS = Template("validate_those_days", "{documents} that start {first} to {last} ({zone})")
ERRORS = Template("validate_errors", "{count} error", "{count} errors")
WARNINGS = Template("validate_warnings", "{count} warning", "{count} warnings")
WITHOUT_DAY = Template(
    "validate_without_day",
    "Documents without a readable start belong to no day: they are checked without a period",
)
SUCH_AS = Template("validate_such_as", "e.g. {ids}")
FIELD_COUNT = Template("validate_field_count", "{field} {number}")

# What a repair did, or would do.
FIXED = Template("validate_fixed", "Fix {run_id}: {changed}, {moved} moved to the trash")
FIXED_DOCUMENTS = Template(
    "validate_fixed_documents", "{count} document changed", "{count} documents changed"
)
UNDO_FIX = Template("validate_undo", "altegio-sync undo {run_id} restores all of it")
UNREPAIRED = Template("validate_unrepaired", "{number} unchanged: {reason} ({ids})")
ZONES_OF_COMPANIES = Template(
    "validate_zones_of_companies",
    "Dates without a zone are read in the zones of the companies: {zones}",
)
ZONE_OF_COMPANY = Template("validate_zone_of_company", "{zone} ({company})")
ZONE = Template("validate_zone", "Dates without a zone are read in {zone} ({source})")
NO_ZONE = Template("validate_no_zone", "No zone is known for dates without a zone: {source}")
WOULD_REPAIR = Template(
    "validate_would_repair",
    "--fix would repair {count} document by itself",
    "--fix would repair {count} documents by itself",
)
WOULD_ASK_BY_ID = Template(
    "validate_would_ask_by_id",
    "It would ask Altegio about {documents} by id: about {requests}, {seconds:.0f} s",
)
WOULD_ASK_BY_PAGE = Template(
    "validate_would_ask_by_page",
    "It would ask Altegio about {documents} by reading their days: about {requests}, "
    "{seconds:.0f} s",
)
REQUESTS = Template("validate_requests", "{count} request", "{count} requests")
UNASKABLE = Template(
    "validate_unaskable",
    "{count} document cannot be asked for: it has no id, or its company is not configured",
    "{count} documents cannot be asked for: they have no id, or their company is not configured",
)
NOTHING_WRITTEN = Template("validate_nothing_written", "Nothing was written")
