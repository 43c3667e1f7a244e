"""What is wrong with the settings."""

from altegio_sync.messages.template import Template

# Settings that are missing, with where their values are found.
MISSING = Template("settings_missing", "Missing required environment variables: {names}")
HINT = Template("settings_hint", "  {name}: {hint}")
COMPANY_ID_HINT = Template(
    "settings_company_id_hint", "the location's number, in the address of its pages in Altegio"
)
COMPANY_TOKEN_HINT = Template(
    "settings_company_token_hint",
    "the partner token, from your developer account in the marketplace",
)
USER_TOKEN_HINT = Template(
    "settings_user_token_hint",
    "the user token, from Settings, Integrations, or from POST /auth",
)
DB_URI_HINT = Template(
    "settings_db_uri_hint",
    "mongodb://host/database, or the word embedded to try it out on one machine",
)
NO_SERVICE_LIST = Template(
    "settings_no_service_list",
    "ALTEGIO_SERVICE_IDS is not set: every lesson except group events counts as individual "
    "(altegio-sync services lists the ids)",
)

# The file.
NO_FILE = Template("settings_no_file", "There is no settings file {path}")
UNREADABLE_FILE = Template(
    "settings_unreadable_file", "The settings file {path} cannot be read: {reason}"
)
IS_DIRECTORY = Template("settings_is_directory", "it is a directory")
IS_EMPTY = Template("settings_is_empty", "it is empty")
IS_NO_FILE = Template("settings_is_no_file", "it is not a file")
IS_TOO_LARGE = Template("settings_is_too_large", "it is larger than {most} bytes")
IS_NO_TEXT = Template("settings_is_no_text", "it is not text in UTF-8")
SECRET_SET_TWICE = Template(
    "settings_secret_set_twice", "{name} and {file_name} are both set: keep one of them"
)
SECRET_UNREAD = Template(
    "settings_secret_unread", "{name}: the file {path} cannot be read: {reason}"
)

# Values that cannot be used.
INVALID = Template("settings_invalid", "Invalid {name}: {reason}")
TOO_LONG = Template("settings_too_long", "expected {most} characters at most")
LEAD_ID_EXPECTED = Template("settings_lead_id_expected", "expected crm, client or crm-or-client")
PAGE_SIZE_EXPECTED = Template(
    "settings_page_size_expected", "expected a number from 1 to {most}, or auto"
)
REQUESTS_EXPECTED = Template(
    "settings_requests_expected", "expected a number from 0 to {most}; 0 turns this limit off"
)
NUMBERS_EXPECTED = Template(
    "settings_numbers_expected", "expected a number, or several separated by commas"
)
ALL_BESIDE_IDS = Template(
    "settings_all_beside_ids", "the word all stands for every location: write no ids beside it"
)
ZONE_EXPECTED = Template(
    "settings_zone_expected",
    "expected an IANA name such as Europe/Kyiv that this machine knows (pip install -U tzdata "
    "brings new names)",
)
REGION_EXPECTED = Template(
    "settings_region_expected", "expected the two letters of a country, such as UA"
)
PATTERN_HAS_CONTROL = Template(
    "settings_pattern_has_control",
    r"holds a control character: in double quotes \b becomes one, so use single quotes",
)
PATTERN_DECIDES_ALONE = Template(
    "settings_pattern_decides_alone",
    "a pattern decides alone: remove ALTEGIO_CRM_ID_DIGITS or the pattern",
)
PATTERN_INVALID = Template("settings_pattern_invalid", "not a regular expression")
PATTERN_WITHOUT_ID = Template(
    "settings_pattern_without_id",
    "expected a regular expression with a group named id, as in (?P<id>...)",
)
TOKEN_EXPECTED = Template(
    "settings_token_expected",
    "expected the token alone: Latin letters, digits and signs, without spaces, quotes or the "
    "word Bearer",
)
COLLECTION_EXPECTED = Template(
    "settings_collection_expected",
    "expected the name of a collection, without $ and not of the system",
)
COLLECTION_IS_OURS = Template(
    "settings_collection_is_ours",
    "collections with such a name contain the program's own data",
)
UNKNOWN_COMPANY = Template(
    "settings_unknown_company", "Company {company} is not in ALTEGIO_COMPANY_ID ({configured})"
)
COMPANY_NOT_LISTED = Template(
    "company_not_listed",
    "Company {company} is not among the {count} locations of the user token: altegio-sync "
    "companies shows them",
)
NO_COMPANY_LISTED = Template(
    "no_company_listed",
    "The user token sees no location: check ALTEGIO_USER_TOKEN and the rights of its user",
)
COMPANIES_NOT_KNOWN_YET = Template(
    "companies_not_known_yet",
    "Company {company} is not known, since the locations were never listed: run altegio-sync "
    "companies first",
)

CRM_ID_DIGITS_EXPECTED = Template(
    "crm_id_digits_expected", "expected how many digits the CRM ids have, such as 8 or 7-8"
)
CRM_ID_DIGITS_RANGE = Template(
    "crm_id_digits_range", "expected 1 to {most} digits, the smaller number first"
)
UNKNOWN_NAME = Template("unknown_name", "{name} is not a setting of this program")
UNKNOWN_NAME_MEANT = Template(
    "unknown_name_meant", "{name} is not a setting of this program: did you mean {meant}?"
)
ZONE_REMEDY = Template(
    "zone_remedy",
    "update the time zones of this machine (pip install -U tzdata), or set ALTEGIO_TIMEZONE to a "
    "name that it has",
)

PING_URL_EXPECTED = Template(
    "ping_url_expected", "expected an address such as https://hc-ping.com/your-uuid"
)
PING_URL_WITHOUT_QUERY = Template(
    "ping_url_without_query",
    "expected an address without ? and #: /start and the exit code are added",
)
NOTIFY_EXPECTED = Template(
    "notify_expected", "expected addresses of Apprise such as tgram://BOT_TOKEN/CHAT_ID"
)
HOOK_SECRET_EXPECTED = Template(
    "hook_secret_expected",
    "expected 32 characters or more (A-Z, a-z, 0-9, -, _), or two such secrets with a comma "
    "between them (altegio-sync serve --new-secret makes one)",
)
POLL_EVERY_EXPECTED = Template(
    "poll_every_expected", "expected a span of time such as 90s, 5m or 1h, from 1s to 1d"
)
RECHECK_AT_EXPECTED = Template(
    "recheck_at_expected", "expected a time of the day such as 03:15, or off"
)
