"""Pings and notifications that could not be sent."""

from altegio_sync.messages.template import Template

PING_FAILED = Template(
    "ping_failed", "The ping of ALTEGIO_PING_URL failed ({reason}). The run is not affected"
)
NO_ANSWER = Template("no_answer_in", "no answer in {seconds} s")
HTTP_STATUS = Template("http_status", "HTTP {status}")
UNUSABLE_ADDRESS = Template("unusable_address", "the address cannot be used")
