"""The questions of `init`, what it finds out, and what it writes."""

from altegio_sync.messages.template import Template

BEGIN = Template(
    "init_begin", "Set-up of {file}. Nothing is written before you confirm it; Ctrl-C leaves."
)
BEGIN_AGAIN = Template(
    "init_begin_again",
    "{file} exists. Its values are proposed, and its other lines stay. Nothing is written before "
    "you confirm it; Ctrl-C leaves.",
)
SCHOOLS_FILE_SET = Template(
    "init_schools_file_set",
    "ALTEGIO_SCHOOLS_FILE is set, so the settings of schools are in {file}: init only writes .env",
)

# Tokens.
PARTNER_TOKEN = Template(
    "init_partner_token", "Partner token (from your developer account in the marketplace):"
)
TOKENS_REFUSED = Template(
    "init_tokens_refused", "Altegio refused one of the two tokens. {question}"
)
USER_TOKEN = Template("init_user_token", "User token (from Settings, Integrations):")
USER_TOKEN_OR_LOGIN = Template(
    "init_user_token_or_login",
    "User token (from Settings, Integrations; leave empty to log in instead):",
)
WITH_DEFAULT = Template("init_with_default", "{question} [{default}]")
KEEP_SECRET = Template("init_keep_secret", "{question} (empty: keep the value)")
LOGIN = Template("init_login", "Login at Altegio (phone number or e-mail):")
PASSWORD = Template("init_password", "Password (only sent to Altegio, never stored or shown):")
LOGGED_IN = Template("init_logged_in", "Altegio accepted the login and gave a user token.")
TOKENS_WORK = Template(
    "init_tokens_work",
    "Altegio accepts the tokens: the user sees {count} location.",
    "Altegio accepts the tokens: the user sees {count} locations.",
)
NO_LOCATION_SEEN = Template(
    "init_no_location_seen",
    "Altegio accepts the tokens, but the user sees no location: give the user the rights in "
    "Altegio, or use the token of another user",
)
VALUE_NEEDED = Template("init_value_needed", "a value is needed")
VALUE_OR_VARIABLE = Template(
    "init_value_or_variable", "a value is needed: set this variable in the environment"
)
VALUE_OR_OPTION = Template(
    "init_value_or_option",
    "a value is needed: add {option}, or set this variable in the environment",
)
SECRET_FILE_SET = Template(
    "init_secret_file_set",
    "{name} is set, and init would write the value itself into .env, where both together are "
    "refused: remove {name} first, or write the other settings without init",
)

# The location.
WHICH_LOCATIONS = Template("init_which_locations", "Which locations?")
COMPANY_ID = Template(
    "init_company_id", "Location (its number; several with commas, or the word all):"
)
LOCATION = Template("init_location", "{id}  {title}")
LOCATION_IN_CITY = Template("init_location_in_city", "{id}  {title}, {city}")
LOCATION_FOUND = Template("init_location_found", "Location {id}: {title} ({zone})")
MORE_LOCATIONS = Template("init_more_locations", "… and {count} more", "… and {count} more")

# Services.
READING_MONTH = Template("init_reading_month", "Reading last month at Altegio …")
MONTH_READ = Template(
    "init_month_read",
    "Last month has {count} booking; {services}.",
    "Last month has {count} bookings; {services}.",
)
SERVICES = Template("init_services", "{count} service", "{count} services")
SOME_LOCATIONS = Template(
    "init_some_locations",
    "Only the first {read} of {count} locations were read: add the services of the others to "
    "{file} later (altegio-sync services lists them).",
)
WHICH_INDIVIDUAL = Template("init_which_individual", "Which services are individual lessons?")
WHICH_TRIAL = Template("init_which_trial", "Which services are trial lessons?")
TICK = Template("init_tick", "(arrows move, space ticks, Enter ends)")
SERVICE = Template(
    "init_service", "{id}  {title} (booked once)", "{id}  {title} (booked {count} times)"
)
IDS = Template("init_ids", "{question} Ids with commas, - for none")
CHOSEN = Template("init_chosen", "{question} {chosen}")
NONE_CHOSEN = Template("init_none_chosen", "none")
UNKNOWN_SERVICES = Template(
    "init_unknown_services", "Altegio does not list {ids}: check the numbers"
)

# The lead's number.
CLIENTS = Template(
    "init_clients",
    "The names of last month's {count} client: {found}.",
    "The names of last month's {count} clients: {found}.",
)
CLIENTS_WITH_ID = Template("init_clients_with_id", "{clients} with a number of {digits}")
CLIENTS_WITH_YEAR = Template("init_clients_with_year", "{clients} with a year")
CLIENTS_WITHOUT = Template("init_clients_without", "{clients} without such a number")
TOO_FEW_CLIENTS = Template(
    "init_too_few_clients", "Last month has too few clients to propose where ids come from."
)
LEAD_ID = Template(
    "init_lead_id",
    "Which number is a pupil's leadId: crm (the CRM id in the name), client (Altegio's own id), "
    "crm-or-client?",
)
CRM_ID_DIGITS = Template(
    "init_crm_id_digits", "How many digits do the CRM ids have (8, or 7-8; - for any)?"
)

# MongoDB.
DB_URI = Template(
    "init_db_uri",
    "MongoDB (mongodb://user:password@host/database, or the word embedded to try it out):",
)
TESTING_MONGODB = Template("init_testing_mongodb", "Testing MongoDB …")

# What would be stored.
DRY_RUN = Template("init_dry_run", "Trying last month; nothing is stored …")

# Writing.
WRITE = Template("init_write", "Write these settings to {file}?")
REPLACE = Template(
    "init_replace", "{file} has other values for {names}. Replace them? Other lines stay."
)
ADD_REPLACE = Template(
    "init_add_replace",
    "{file} has other values for {names}: add --replace to replace them. Nothing was written",
)
WRITTEN = Template("init_written", "Written: {file} (only you may read it).")
SAME = Template("init_same", "{file} has all these settings already.")
NOT_WRITTEN = Template("init_not_written", "Nothing was written. altegio-sync init starts again.")
CANNOT_BE_WRITTEN = Template(
    "init_cannot_be_written",
    "The value of {name} cannot be written to a settings file: ${{…}} has a meaning there",
)
ENVIRONMENT_WINS = Template(
    "init_environment_wins",
    "The environment has another value for {names}, and it is used instead of the file: unset it",
)
ONLY_IN_ENVIRONMENT = Template(
    "init_only_in_environment",
    "Not written: {names}. Only the environment has it, where cron and timers do not see it: add "
    "it to {file}",
)
HEADER = Template(
    "init_header", "# Written by altegio-sync init; docs/settings.md describes every setting"
)

# What comes next.
SYNC_NOW = Template("init_sync_now", "Bring last month now?")
NEXT_SYNC = Template("init_next_sync", "Next: {command}")
NEXT_CHANGES = Template("init_next_changes", "Once before the first time: {command}")
BEGIN_CHANGES = Template(
    "init_begin_changes", "Reading what changed in the last 7 days; later runs continue there …"
)
TIMERS = Template(
    "init_timers",
    "systemd runs here. Its timers can keep it up to date: changes every 5 minutes, sync at 03:15, "
    "and a backup at 02:45.",
)
TIMERS_NOW = Template("init_timers_now", "Write the units to {folder} and start the timers now?")
TIMERS_STARTED = Template(
    "init_timers_started",
    "The timers run; their units are in {folder}, and they log to journalctl.",
)
SERVE_TOO = Template(
    "init_serve_too",
    "In seconds instead of minutes: {command} starts serve, which receives Altegio's webhooks "
    "(docs/serve.md).",
)
UNIT_DIFFERS = Template(
    "init_unit_differs",
    "{path} is there already, changed or of another installation: add --replace to replace the "
    "units",
)
NO_LINGER = Template(
    "init_no_linger",
    "The timers only run while you are logged in, because loginctl refused ({reason}). An "
    "administrator changes this by: loginctl enable-linger {user}",
)
SYSTEMD_REFUSED = Template(
    "init_systemd_refused",
    "systemd did not start the timers ({reason}). The units are written, and these commands start "
    "them: {commands}",
)
ONLY_UNITS = Template(
    "init_only_units",
    "This machine has no cron, and systemd is installed but does not run here: units can be "
    "written for it.",
)
UNITS_NOW = Template("init_units_now", "Write the units to {folder} now?")
CRON_LINES = Template("init_cron_lines", "To keep it up to date, these lines belong in a crontab:")
INSTALL_NOW = Template("init_install_now", "Add them to your crontab now?")
INSTALLED = Template(
    "init_installed", "Your crontab has these lines now; its other lines are unchanged."
)
INSTALLED_BEFORE = Template("init_installed_before", "Your crontab has these lines already.")
INSTALL_CRON = Template(
    "init_install_cron",
    "This machine has no program crontab: install cron, then add the lines by crontab -e, or by "
    "altegio-sync init --install.",
)
NO_CRONTAB_PROGRAM = Template(
    "init_no_crontab_program",
    "This machine has no program crontab: install cron, or run the commands in another way",
)
CRONTAB_UNREAD = Template(
    "init_crontab_unread",
    "Your crontab cannot be read ({reason}), so it was not changed: add the lines by crontab -e",
)
CRONTAB_REFUSED = Template(
    "init_crontab_refused", "crontab did not accept the lines ({reason}): add them by crontab -e"
)
READ_BACK_DIFFERS = Template("init_read_back_differs", "it lists other lines afterwards")
LEFT_AFTER_WRITING = Template(
    "init_left_after_writing",
    "Left. {file} is written: {command} brings last month.",
)
LEFT = Template("init_left", "Left. Nothing was written; altegio-sync init starts again.")
NO_UNLESS_YES = Template("ask_no_unless_yes", "{question} (y/N)")
UNITS_WRITTEN = Template(
    "init_units_written",
    "{folder} has the units of systemd now. These commands start them: {commands}",
)
