"""Pings and notifications that could not be sent."""

from altegio_sync.messages.template import Template

PING_FAILED = Template(
    "ping_failed", "The ping of ALTEGIO_PING_URL failed ({reason}). The run is not affected"
)
NO_ANSWER = Template("no_answer_in", "no answer in {seconds} s")
HTTP_STATUS = Template("http_status", "HTTP {status}")
NO_CONNECTION = Template("ping_no_connection", "no connection to the service")
BROKEN_OFF = Template("ping_broken_off", "the connection broke off without an answer")
UNTRUSTED_CERTIFICATE = Template(
    "ping_untrusted_certificate", "the certificate of the service is not trusted"
)
UNUSABLE_ADDRESS = Template("unusable_address", "the address cannot be used")

NOTIFY_NOT_INSTALLED = Template(
    "notify_not_installed",
    "ALTEGIO_NOTIFY needs Apprise, which is not installed: pip install apprise",
)
NOTIFY_UNKNOWN_ADDRESS = Template(
    "notify_unknown_address",
    "Apprise does not know these addresses of ALTEGIO_NOTIFY, counted from 1: {numbers}",
)
NOTIFY_FAILED = Template(
    "notify_failed", "The message to address {number} of ALTEGIO_NOTIFY was not sent ({reason})"
)
NOTIFY_REFUSED = Template("notify_refused", "the service did not take it")
NOTIFY_REFUSED_WITH = Template("notify_refused_with", "the service refused it with HTTP {status}")
NOTIFY_NO_CONNECTION = Template("notify_no_connection", "no connection to the service")

# The messages to people.
TITLE = Template("notify_title", "altegio-sync: {name}")
FAILS = Template("notify_fails", "{command} fails: {reason}. {todo}")
STILL_FAILS = Template("notify_still_fails", "{command} has failed for {span}: {reason}. {todo}")
WELL_AGAIN = Template("notify_well_again", "{command} succeeds again. Nothing needs to be done.")
GAP = Template(
    "notify_gap",
    "Days are missing in MongoDB for more than two days: {days}. To bring them: {rerun}",
)
NO_GAP = Template("notify_no_gap", "No day is missing any more. Nothing needs to be done.")
WEBHOOKS_ARE_LOST = Template(
    "notify_webhooks_are_lost",
    "{count} of {changes} changes in the last 24 hours came without a webhook (company "
    "{companies}), and a poll brought it. To see where Altegio sends webhooks: altegio-sync check",
    "{count} of {changes} changes in the last 24 hours came without a webhook (company "
    "{companies}), and polls brought them. To see where Altegio sends webhooks: altegio-sync check",
)
WEBHOOKS_COME_AGAIN = Template(
    "notify_webhooks_come_again", "Webhooks come again. Nothing needs to be done."
)
DO_SETTINGS = Template("notify_do_settings", "Correct the settings: altegio-sync check tests them")
DO_SAID = Template("notify_do_said", "What was stored before stays stored")
DO_CHECK = Template("notify_do_check", "altegio-sync check shows what cannot be reached")
DO_STATUS = Template("notify_do_status", "altegio-sync status shows what needs attention")
UNKNOWN_REASON = Template("notify_unknown_reason", "exit code {code}")
TEST = Template(
    "notify_test", "This is a test: messages of altegio-sync arrive here. Nothing needs to be done."
)
TEST_SENT = Template("notify_test_sent", "The test message was sent.")
WEEKLY = Template(
    "notify_weekly",
    "{first} to {last}: {lessons}, {no_shows}. {todo}",
)
WEEKLY_INCOMPLETE = Template(
    "notify_weekly_incomplete", "{summary}\nNot everything could be read: {reason}"
)
WEEKLY_WITH = Template("notify_weekly_with", "{summary}\n{more}")
WEEKLY_UNREAD_DAYS = Template(
    "notify_weekly_unread_days",
    "Attention: {count} of the {days} days is not known to be complete, so lessons may be missing "
    "in these counts. To bring them: {rerun}",
    "Attention: {count} of the {days} days are not known to be complete, so lessons may be missing "
    "in these counts. To bring them: {rerun}",
)
WEEKLY_UNREAD_STARTS = Template(
    "notify_weekly_unread_starts",
    "{count} stored appointment is not counted, since its start cannot be read: altegio-sync "
    "validate",
    "{count} stored appointments are not counted, since their start cannot be read: altegio-sync "
    "validate",
)
WEEKLY_SENT = Template("notify_weekly_sent", "The summary of the week was sent.")
LESSONS = Template("notify_lessons", "{count} lesson", "{count} lessons")
NO_SHOWS = Template("notify_no_shows", "{count} no-show", "{count} no-shows")
TO_CORRECT = Template(
    "notify_to_correct",
    "{count} booking needs correction in Altegio: altegio-sync todo",
    "{count} bookings need correction in Altegio: altegio-sync todo",
)
NOTHING_TO_CORRECT = Template("notify_nothing_to_correct", "Nothing needs correction in Altegio.")
NO_ADDRESS = Template("notify_no_address", "ALTEGIO_NOTIFY is not set: there is nobody to write to")
WHAT_TO_SEND = Template("notify_what", "Name what to send: --test or --weekly")
