"""What needs a person: the lines of `status`, and those of `stats` that begin with a level."""

from altegio_sync.messages.template import Template

# How the last runs ended.
NEVER_RUN = Template("never_run", "No run has brought appointments yet: altegio-sync sync PERIOD")
LAST_RUN = Template("last_run", "The last {command} ({run_id})")
LAST_RUN_OF_COMPANY = Template("last_run_of_company", "The last run of company {company}")
RUN_INTERRUPTED = Template(
    "run_interrupted", "The last {command} ({run_id}) was interrupted; to continue: {rerun}"
)
RUN_INTERRUPTED_OF_COMPANY = Template(
    "run_interrupted_of_company",
    "The last {command} of company {company} ({run_id}) was interrupted; to continue: {rerun}",
)
RUN_FAILED = Template("run_failed", "The last {command} ({run_id}) failed")
RUN_FAILED_OF_COMPANY = Template(
    "run_failed_of_company", "The last {command} of company {company} ({run_id}) failed"
)
RUN_KILLED = Template(
    "run_killed",
    "The last {command} of company {company} ({run_id}) was interrupted before its end; to "
    "continue: {rerun}",
)
LEASE_LEFT = Template("lease_left", "{holder} was interrupted: run it again")
HUNG_RUN = Template("hung_run", "{holder} has been at work for {span}: has it hung?")
NO_TIME_OF_END = Template("no_time_of_end", "{what} has no time of its end")
ENDED_AHEAD = Template("ended_ahead", "{what} ended {span} in the future: check the clocks")
ENDED_LONG_AGO = Template("ended_long_ago", "{what} ended {span} ago, more than {limit}")
NEVER_READ = Template(
    "never_read",
    "Company {company} was never read: altegio-sync sync PERIOD --company {company}",
)
COMPANY_REMOVED = Template(
    "company_removed",
    "Company {company} was read until {moment} UTC and is no longer in ALTEGIO_COMPANY_ID",
)

# Clocks, the cursor, the days.
CLOCK_AHEAD = Template(
    "clock_ahead",
    "The machine of the last {command} is {span} ahead of MongoDB's clock: set the clocks",
)
CLOCK_BEHIND = Template(
    "clock_behind",
    "The machine of the last {command} is {span} behind MongoDB's clock: set the clocks",
)
CURSOR_AHEAD = Template(
    "cursor_ahead",
    "The cursor of company {company} is {span} in the future: check the clocks",
)
OLD_CURSOR = Template(
    "old_cursor",
    "The cursor of company {company} is {span} old: does altegio-sync changes still run?",
)
INCOMPLETE_DAYS = Template(
    "incomplete_days",
    "{count} of the last {days} days of company {company} is not known to be complete: "
    "altegio-sync coverage shows them",
    "{count} of the last {days} days of company {company} are not known to be complete: "
    "altegio-sync coverage shows them",
)

# What is stored.
DOUBTFUL_LAST_SYNC = Template(
    "doubtful_last_sync",
    "{count} booking in the last sync of company {company} have a doubtful lead: altegio-sync sync "
    "PERIOD --skipped FILE lists them",
    "{count} bookings in the last sync of company {company} have a doubtful lead: altegio-sync "
    "sync PERIOD --skipped FILE lists them",
)
DOUBTFUL_STORED = Template(
    "doubtful_stored",
    "{count} stored appointment with a doubtful leadId{sample}: altegio-sync validate shows them",
    "{count} stored appointments with a doubtful leadId{sample}: altegio-sync validate shows them",
)
SAMPLE = Template("sample_in_brackets", " (appointments {ids})")
NO_UNIQUE_INDEX = Template(
    "no_unique_index_because", "There is no unique index on appointmentId; {reason}"
)
INDEX_AFTER_CLEAN = Template(
    "index_after_clean",
    "{count} document that share an appointmentId would prevent it: altegio-sync clean merges them "
    "and creates the index",
    "{count} documents that share an appointmentId would prevent it: altegio-sync clean merges "
    "them and creates the index",
)
ANOTHER_INDEX = Template(
    "another_index_in_its_place",
    "{index} is in its place and cannot be used: altegio-sync check",
)
INDEX_AT_NEXT_SYNC = Template(
    "index_at_next_sync", "the next sync creates it, or says what prevents it"
)
VALIDATION_ERRORS = Template(
    "validation_errors_open",
    "{count} validation error is open ({rules}): {remedy}",
    "{count} validation errors are open ({rules}): {remedy}",
)
RULE_FOUND = Template("rule_found", "{rule} {found}{sample}")
LIST_AND_CORRECT = Template(
    "list_and_correct", "altegio-sync validate {options}, then correct them in Altegio"
)

# What `stats` adds.
DAYS_CUT_IN = Template("days_cut_in", "{problem}. Until then days begin and end in {zone}")
STALE = Template(
    "stale_data",
    "Stale data: {stale} stored appointments differed from Altegio in the last {command} "
    "({run_id}): altegio-sync sync PERIOD --update brings them up to date",
)
DUPLICATES = Template(
    "duplicates",
    "Duplicates: {appointments} appointment ids are stored more than once ({documents} extra "
    "documents): altegio-sync clean merges them",
)
DUPLICATES_SUCH_AS = Template(
    "duplicates_such_as",
    "Duplicates: {appointments} appointment ids are stored more than once ({documents} extra "
    "documents: {sample}): altegio-sync clean merges them",
)
DUPLICATE = Template("duplicate", "{appointment} ({documents} documents)")
NO_INDEX_AGAINST_DUPLICATES = Template(
    "no_index_against_duplicates",
    "No unique index on appointmentId keeps other programs from storing one twice: altegio-sync "
    "check says what to do",
)
