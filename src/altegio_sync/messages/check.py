"""What `check` shows: what was tested, and what to do about it."""

from altegio_sync.messages.template import Template

# Settings.
SETTINGS_FROM_FILE = Template(
    "check_settings_from_file",
    "complete, companies {companies}; from {file} and the environment",
)
SETTINGS_WITHOUT_FILE = Template(
    "check_settings_without_file", "complete, companies {companies}; there is no {file}"
)
LOCATIONS = Template(
    "check_locations",
    "the user token sees {count} location",
    "the user token sees {count} locations",
)
SETTINGS_OF_SCHOOL = Template(
    "check_settings_of_school", "complete, companies {companies}; school {school} of {file}"
)
OF_OTHER_PROGRAMS = Template("check_of_other_programs", "{name} (other programs may use it)")
CORRECT_NAME = Template("check_correct_name", "correct the name, or remove it")
SET_SERVICE_LIST = Template("check_set_service_list", "set it, to keep those lessons alone")
TOO_MANY_PER_SECOND = Template(
    "check_too_many_per_second",
    "{name} is {value:g}, but Altegio allows {most} requests a second",
)
TOO_MANY_PER_MINUTE = Template(
    "check_too_many_per_minute",
    "{name} is {value:g}, but Altegio allows {most} requests a minute",
)
SET_AT_MOST = Template("check_set_at_most", "set {name} to {most} at most")
CORRECT_LINE = Template("check_correct_line", "correct it, or put # in front of it")
FILE_OPEN_TO_ALL = Template(
    "check_file_open_to_all", "every user of this machine may read {file}, and the tokens in it"
)
CHMOD = Template("check_chmod", "chmod 600 {file}")

# A location at Altegio.
TOKENS_ACCEPTED = Template("check_tokens_accepted", "tokens accepted, location {company}, {title}")
NOTIFY_KNOWN = Template(
    "check_notify_known",
    "Apprise knows every address of ALTEGIO_NOTIFY; altegio-sync notify --test sends a message",
)
NOTHING_HEARD = Template(
    "check_nothing_heard", "until this is corrected, no message about a failed run arrives there"
)
CORRECT_TOKENS = Template(
    "check_correct_tokens", "altegio-sync init asks for the tokens again, and tests them"
)
NOTHING_MORE = Template("check_nothing_more", "nothing more can be requested for this company")
UNKNOWN_ZONE = Template("check_unknown_zone", "Altegio names {zone}")
ZONE = Template("check_zone", "{zone}")
ZONE_CHANGED = Template(
    "check_zone_changed",
    "location {company} was in {old} and is in {new} now: days that were read in the old zone are "
    "gaps",
)
READ_AGAIN = Template(
    "check_read_again", "altegio-sync coverage lists the days; altegio-sync sync reads them again"
)
ANOTHER_ZONE = Template(
    "check_another_zone", "{zone} (ALTEGIO_TIMEZONE), though Altegio says {told}"
)
TIMETABLE = Template("check_timetable", "{records} records in the last year; {size}")
SMALLER_PAGES = Template("check_smaller_pages", "serves {rows} a page when {most} are requested")
LARGEST_PAGES = Template(
    "check_largest_pages", "serves {most} a page: ALTEGIO_PAGE_SIZE=auto saves requests"
)
ONE_PAGE = Template("check_one_page", "page size unknown, since all {rows} fit on one page")
TIMETABLE_RIGHT = Template("check_timetable_right", "the user needs the right to the timetable")
STAFF = Template("check_staff", "{teachers} teachers, former ones included")
STAFF_RIGHT = Template(
    "check_staff_right",
    "teachers known only by id will be unknown: give the user the right to the staff",
)

# The webhooks.
WEBHOOKS_COME = Template(
    "check_webhooks_come", "Altegio sends changes of appointments to {host}, with our secret"
)
NO_WEBHOOKS = Template("check_no_webhooks", "Altegio sends no webhooks")
NO_WEBHOOK_ADDRESS = Template(
    "check_no_webhook_address",
    "the {count} address in Altegio does not end with /hooks/ and our secret",
    "none of the {count} addresses in Altegio ends with /hooks/ and our secret",
)
WEBHOOKS_OFF = Template(
    "check_webhooks_off", "our address at {host} is in Altegio, but webhooks are off"
)
BOOKINGS_NOT_SENT = Template(
    "check_bookings_not_sent",
    "our address at {host} is in Altegio, but it gets no changes of appointments",
)
UNKNOWN_HOST = Template("check_unknown_host", "an unknown host")
ENTER_WEBHOOK_ADDRESS = Template(
    "check_enter_webhook_address",
    "in Altegio, in Settings, System settings, For developers: add https://YOUR-HOST/hooks/ with "
    "the secret from ALTEGIO_HOOK_SECRET, and tick the appointments",
)
ENABLE_WEBHOOKS = Template(
    "check_enable_webhooks",
    "in Altegio, in Settings, System settings, For developers: enable webhooks",
)
TICK_BOOKINGS = Template(
    "check_tick_bookings",
    "in Altegio, in Settings, System settings, For developers: tick the appointments",
)
LOOK_AT_WEBHOOKS = Template(
    "check_look_at_webhooks",
    "look in Altegio, in Settings, System settings, For developers",
)

# The services of the settings.
NOT_COMPARED = Template("check_not_compared", "the service ids could not be compared")
SERVICES_OF_LOCATION = Template(
    "check_services_of_location", "all {services} are services of this location"
)
SERVICES_OF_LOCATIONS = Template(
    "check_services_of_locations", "all {services} are services of any of these locations"
)
NO_SERVICE_OF_LOCATION = Template(
    "check_no_service_of_location", "{service} is not a service of this location"
)
NO_SERVICE_OF_LOCATIONS = Template(
    "check_no_service_of_locations", "{service} is not a service of any of these locations"
)
LIST_SERVICES = Template(
    "check_list_services", "altegio-sync services lists the ids for ALTEGIO_SERVICE_IDS"
)
IN_BOTH_LISTS = Template(
    "check_in_both_lists",
    "{services} is in ALTEGIO_SERVICE_IDS and in ALTEGIO_TRIAL_SERVICE_IDS",
    "{services} are in ALTEGIO_SERVICE_IDS and in ALTEGIO_TRIAL_SERVICE_IDS",
)
NAME_IN_ONE_LIST = Template(
    "check_name_in_one_list",
    "name each service in one list: these lessons are stored as trial lessons",
)
TITLED_TRIAL = Template(
    "check_titled_trial",
    "{services} is in ALTEGIO_SERVICE_IDS, with a trial lesson's title",
    "{services} are in ALTEGIO_SERVICE_IDS, with a trial lesson's title",
)
INTO_TRIAL_LIST = Template(
    "check_into_trial_list", "the id may belong into ALTEGIO_TRIAL_SERVICE_IDS"
)
LISTS_SWAPPED = Template(
    "check_lists_swapped", "the two lists may be swapped: compare them with altegio-sync services"
)

# The newest bookings.
WOULD_BE_STORED = Template(
    "check_would_be_stored",
    "{kept} of the newest {count} booking would be stored",
    "{kept} of the newest {count} bookings would be stored",
)
OTHERS_NOT_STORED = Template("check_others_not_stored", "{stored}, not stored: {reasons}")
SOME_DOUBTFUL = Template("check_some_doubtful", "{stored}; {doubtful} with a doubtful lead")
ID_LENGTHS = Template("check_id_lengths", "{stored}; length of the lead ids: {lengths}")
ID_LENGTH = Template("check_id_length", "{digits} ({found})")

# MongoDB.
MONGODB = Template("check_mongodb", "version {version}, {documents} documents")
LACKS = Template("check_lacks", "{product} (version {version}) lacks {features}")
NEWER_MONGODB = Template(
    "check_newer_mongodb",
    "use MongoDB 5.0 or later, on a server of your own or in Atlas: stats, validate, clean and the "
    "shared budget fail here",
)
OTHER_KIND = Template(
    "check_other_kind", "ALTEGIO_COLLECTION names a collection of the kind {kind}"
)
ORDINARY_COLLECTION = Template(
    "check_ordinary_collection",
    "name an ordinary collection: documents of this one cannot be changed",
)
UNIQUE = Template("check_unique", "unique")
IN_ITS_PLACE = Template(
    "check_in_its_place",
    "no unique index on appointmentId: {index} is in its place and {problem}",
)
NO_INDEX_YET = Template(
    "check_no_index_yet", "no unique index on appointmentId yet; the first run makes it"
)
NO_INDEX = Template("check_no_index", "no unique index on appointmentId")
INDEX_REMEDY = Template(
    "check_index_remedy",
    "the next sync makes it, or reports what prevents it; duplicates: altegio-sync clean",
)
SAME_CLOCK = Template("check_same_clock", "MongoDB's clock is the same as this machine's")
CLOCK_AHEAD = Template(
    "check_clock_ahead", "MongoDB's clock is {seconds:.1f} s ahead of this machine's"
)
CLOCK_BEHIND = Template(
    "check_clock_behind", "MongoDB's clock is {seconds:.1f} s behind this machine's"
)
SET_CLOCKS = Template("check_set_clocks", "set the clocks, by NTP")
GRANT = Template("check_grant", "grant the role readWrite, or name a user in DB_URI who has it")
CHECK_DB_URI = Template("check_db_uri", "check DB_URI")
