"""Why a booking is not stored, and how much was kept."""

from altegio_sync.messages.template import Template

# The attendance.
PENDING = Template("status_pending", "Pending")
ARRIVED = Template("status_arrived", "Arrived")
NO_SHOW = Template("status_no_show", "No-show")
CONFIRMED = Template("status_confirmed", "Confirmed")
NO_STATUS = Template("status_missing", "Missing")
UNKNOWN_STATUS = Template("status_unknown", "Unknown")
STATUS_NOT_TEXT = Template("status_not_text", "Not text ({kind})")

# Why bookings are skipped, with how many: the codes, as in JSON and in lists.
COUNTED_SERVICE = Template("reason_service", "service {number}")
COUNTED_NO_CRM_ID = Template("reason_no_crm_id", "no_crm_id {number}")
COUNTED_NO_TEACHER = Template("reason_teacher_not_found", "teacher_not_found {number}")
COUNTED_INVALID = Template("reason_invalid", "invalid {number}")
NONE_SKIPPED = Template("reason_none", "none")

# What is wrong with a skipped booking.
NO_ID = Template("no_id", "no id")
STAFF = Template("staff_id", "staff {staff_id}")
NO_STAFF = Template("no_staff_id", "staff none")
DAMAGED = Template("damaged_parts", "damaged: {parts}")
UNREADABLE = Template("unreadable_parts", "{parts}")
RECORD = Template("part_record", "record")
SERVICES = Template("part_services", "services")
CLIENT_NAME = Template("part_client_name", "client name")
SERVICE_TITLE = Template("part_service_title", "service title")
DATE = Template("part_date", "date")
LENGTH = Template("part_length", "length")
END = Template("part_end", "end")
STATUS = Template("part_status", "status")
DELETED = Template("part_deleted", "deleted")

# Too little kept.
NONE_KEPT = Template(
    "none_kept",
    "Too little kept: none of {count} booking",
    "Too little kept: none of {count} bookings",
)
FEW_KEPT = Template(
    "few_kept",
    "Too little kept: {kept} of {count} booking ({share:.0%}), usually {usual:.0%}",
    "Too little kept: {kept} of {count} bookings ({share:.0%}), usually {usual:.0%}",
)
OTHERS_REFUSED = Template("others_refused", "MongoDB refused the others: see the errors")
MOST_OTHER_SERVICES = Template(
    "most_other_services",
    "most have other services: compare ALTEGIO_SERVICE_IDS with the list of altegio-sync services",
)
MOST_NO_CRM_ID = Template(
    "most_no_crm_id",
    "most have no CRM id in the client's name: see ALTEGIO_LEAD_ID, ALTEGIO_CRM_ID_DIGITS and "
    "ALTEGIO_CRM_ID_PATTERN",
)
MOST_UNKNOWN_TEACHER = Template(
    "most_unknown_teacher",
    "most have an unknown teacher: the user of ALTEGIO_USER_TOKEN needs the right to the staff "
    "list",
)
MOST_INVALID = Template(
    "most_invalid", "most cannot be read: --skipped FILE lists them with the reason"
)
