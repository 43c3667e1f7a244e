"""How many webhooks are lost: rows of `status`, and what needs attention."""

from altegio_sync.messages.template import Template

WEBHOOKS_ROW = Template("status_row_webhooks", "webhooks")
DELAY_ROW = Template("status_row_delay", "delay")
QUEUE_ROW = Template("status_row_queue", "queue")

NO_NOTICE_YET = Template("no_notice_yet", "none has come yet")
NO_CHANGE_OF_DAY = Template("no_change_of_day", "no change in the last 24 hours")
TOO_NEW = Template(
    "changes_too_new",
    "{count} change is too new to know whether its webhook comes",
    "{count} changes are too new to know whether their webhooks come",
)
LOSS_OF_DAY = Template(
    "loss_of_day",
    "{loss:.1%} lost in the last 24 hours ({lost} of {count} change)",
    "{loss:.1%} lost in the last 24 hours ({lost} of {count} changes)",
)
AND_LOSS_SINCE = Template("and_loss_since", "{loss_of_day}, {loss:.1%} in the last {span}")
DELAY = Template(
    "delay_of_changes",
    "half of the changes are stored within {p50:.1f} s, 95 % within {p95:.1f} s",
)
QUEUE_EMPTY = Template("queue_empty", "no webhook waits")
QUEUE_OPEN = Template(
    "queue_open",
    "{count} webhook waits, for {span}",
    "{count} webhooks wait, the oldest for {span}",
)
AND_DEAD = Template("and_dead", "{queue}, {count} was given up", "{queue}, {count} were given up")

WEBHOOKS_LOST = Template(
    "webhooks_lost",
    "{count} of {changes} changes of company {company} in the last 24 hours ({share:.1%}) came "
    "without a webhook (a poll brought it): altegio-sync check shows where Altegio sends webhooks",
    "{count} of {changes} changes of company {company} in the last 24 hours ({share:.1%}) came "
    "without a webhook (polls brought them): altegio-sync check shows where Altegio sends webhooks",
)
NOTICES_WAIT_LONG = Template(
    "notices_wait_long",
    "{count} webhook waits for {span}: does altegio-sync serve run, and does Altegio answer?",
    "{count} webhooks wait, the oldest for {span}: does altegio-sync serve run, and does Altegio "
    "answer?",
)
RECEIVER_AWAY = Template(
    "webhook_receiver_away",
    "No altegio-sync serve has received webhooks for {span}: start it again. If the school does "
    "not use webhooks any more, this line disappears after a week",
)
