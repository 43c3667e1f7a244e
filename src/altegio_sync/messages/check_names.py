"""The names of the things that `check` tests."""

from altegio_sync.messages.template import Template

SETTINGS = Template("check_name_settings", "settings")
SETTINGS_FILE = Template("check_name_settings_file", "settings file")
REQUEST_LIMITS = Template("check_name_request_limits", "request limits")
LOCATIONS = Template("check_name_locations", "locations")
COMPANY = Template("check_name_company", "company {company}")
TIME_ZONE = Template("check_name_time_zone", "time zone")
SERVICES = Template("check_name_services", "services")
STAFF = Template("check_name_staff", "staff")
TIMETABLE = Template("check_name_timetable", "timetable")
BOOKINGS = Template("check_name_bookings", "bookings")
WEBHOOKS = Template("check_name_webhooks", "webhooks")
NOTIFY = Template("check_name_notify", "messages")
MONGODB = Template("check_name_mongodb", "MongoDB")
MONGODB_RIGHTS = Template("check_name_mongodb_rights", "MongoDB rights")
MONGODB_FEATURES = Template("check_name_mongodb_features", "MongoDB features")
COLLECTION = Template("check_name_collection", "collection")
INDEX = Template("check_name_index", "index")
CLOCK = Template("check_name_clock", "clock")
