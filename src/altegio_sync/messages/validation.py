"""What the rules of `validate` find, what corrects it, and what was not repaired."""

from altegio_sync.messages.template import Template

# What corrects a rule's findings.
ASK = Template("remedy_ask", "--fix asks Altegio; if it says the same, correct it there")
CONVERT = Template("remedy_convert", "--fix converts")
FLAGS = Template("remedy_flags", "--fix takes dates from the document's own id, flags from Altegio")
TIDY = Template("remedy_tidy", "--fix removes extra spaces")
CLEAN = Template("remedy_clean", "altegio-sync clean")
TELL = Template("remedy_tell", "correct it in Altegio")

# Why a document was not repaired.
NO_COMPANY = Template("no_company_to_ask", "no company to ask for it")
ANSWER_REFUSED = Template("answer_refused", "Altegio refused to answer for it")
NOT_CERTAIN = Template(
    "not_certainly_gone",
    "perhaps gone at Altegio, but the list of its day could not be read completely",
)
TOO_MANY = Template(
    "too_many_gone", "Altegio does not have it, but too many would be moved to the trash"
)
TOO_MANY_OF = Template(
    "mass_removal",
    "Altegio does not have {count} of {requested} requested appointments any more: none was moved "
    "to the trash. Check ALTEGIO_COMPANY_ID and the tokens",
)
NOT_AT_ALTEGIO = Template("not_at_altegio", "Altegio does not have it")
NO_ID_TO_ASK = Template("no_id_to_ask", "no id to ask Altegio by")
STILL_PENDING = Template("still_pending", "still Pending in Altegio; set the status there")
SAME_ANSWER = Template("same_answer", "the same in Altegio; correct it there")
NOT_THERE_EITHER = Template(
    "not_there_either", "what is missing is missing in Altegio too; add it there"
)
OVERTAKEN = Template("repair_overtaken", "changed by another program at the same moment")
NO_ZONE = Template(
    "date_without_zone",
    "a date without a zone, and no zone is known: set ALTEGIO_TIMEZONE",
)
CHANGE_REFUSED = Template("change_refused", "MongoDB refused the change (code {code}): {reason}")
COLLIDED = Template("id_collided", "another document has its id: altegio-sync clean")
NOT_ASKED = Template("not_asked", "Altegio was not asked")

# In which zone dates without a zone are read.
ZONE_OF_LOCATION = Template("zone_of_location", "the location's own")
ZONE_TO_BE_ASKED = Template("zone_to_be_asked", "Altegio will be asked for the location's own")

# What was asked of `validate`.
UNKNOWN_RULE = Template("unknown_rule", "No rule is called {rule}: {hint}")
RULE_MEANT = Template("rule_meant", "did you mean {rule}?")
RULES_ARE = Template("rules_are", "the rules are {rules}")
LISTED_AND_IGNORED = Template("listed_and_ignored", "--list and --ignore both name {rule}")

# What each rule finds, in words.
RULE_REQUIRED_FIELD = Template("rule_required_field", "A field is missing or empty")
RULE_WRONG_TYPE = Template("rule_wrong_type", "A value is stored in the wrong form")
RULE_MISSING_FLAG = Template("rule_missing_flag", "A flag or a date of storing is missing")
RULE_ID_FORMAT = Template("rule_id_format", "An id is not a number")
RULE_DATE_ORDER = Template("rule_date_order", "The lesson ends before it starts")
RULE_UNKNOWN_STATUS = Template("rule_unknown_status", "The status is unknown")
RULE_FUTURE_COMPLETED = Template("rule_future_completed", "The lesson is ahead, but marked as over")
RULE_DUPLICATE_APPOINTMENT = Template(
    "rule_duplicate_appointment", "The booking is stored more than once"
)
RULE_DUPLICATE_LESSON = Template("rule_duplicate_lesson", "The same lesson was booked twice")
RULE_TEACHER_OVERLAP = Template("rule_teacher_overlap", "Two lessons of a teacher overlap")
RULE_ODD_LENGTH = Template("rule_odd_length", "The lesson is very short or very long")
RULE_FORGOTTEN_PENDING = Template(
    "rule_forgotten_pending", "The lesson is over, but nobody set its status"
)
RULE_UNTIDY_TEXT = Template("rule_untidy_text", "A name contains extra spaces")
RULE_DOUBTFUL_LEAD = Template("rule_doubtful_lead", "The lead id is doubtful")
RULE_WORDS = {
    "required-field": RULE_REQUIRED_FIELD,
    "wrong-type": RULE_WRONG_TYPE,
    "missing-flag": RULE_MISSING_FLAG,
    "id-format": RULE_ID_FORMAT,
    "date-order": RULE_DATE_ORDER,
    "unknown-status": RULE_UNKNOWN_STATUS,
    "future-completed": RULE_FUTURE_COMPLETED,
    "duplicate-appointment": RULE_DUPLICATE_APPOINTMENT,
    "duplicate-lesson": RULE_DUPLICATE_LESSON,
    "teacher-overlap": RULE_TEACHER_OVERLAP,
    "odd-length": RULE_ODD_LENGTH,
    "forgotten-pending": RULE_FORGOTTEN_PENDING,
    "untidy-text": RULE_UNTIDY_TEXT,
    "doubtful-lead": RULE_DOUBTFUL_LEAD,
}
