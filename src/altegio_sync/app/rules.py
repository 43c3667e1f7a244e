"""The ids of the rules of `validate`, which are known before the connection to MongoDB."""

from __future__ import annotations

from altegio_sync.mongo.tending.rules import RULES

RULE_IDS = tuple(each.id for each in RULES)
