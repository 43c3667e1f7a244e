"""What `services`, `companies` and `undo` list."""

from altegio_sync.messages.template import Template

# The locations of the user token.
ID = Template("companies_id", "Id")
TIME_ZONE = Template("companies_time_zone", "Time zone")
CITY = Template("companies_city", "City")
TITLE = Template("companies_title", "Title")

# The services of a location.
SERVICES_OF = Template("services_of_company", "Services of company {company}:")
BOOKED = Template("services_booked", "In 30 days")
LENGTH = Template("services_length", "Length")
KEPT = Template("services_kept", "Kept as")
PARTLY_COUNTED = Template(
    "services_partly_counted",
    "The last 30 days have {total} bookings; {seen} of them were counted",
)
MINUTES = Template("services_minutes", "{minutes} min")
INDIVIDUAL = Template("services_individual", "individual")
TRIAL = Template("services_trial", "trial")
NOT_KEPT = Template("services_not_kept", "not kept")
NO_LIST = Template(
    "services_no_list", "No list is set, so every lesson except group events is kept."
)
PASTE = Template(
    "services_paste",
    "Take out of the first line what is not an individual lesson, and put both lines into the "
    "settings:",
)
