"""What is wrong with the settings."""

from altegio_sync.messages.template import Template

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
