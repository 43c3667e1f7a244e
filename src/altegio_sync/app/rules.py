"""The ids of the rules of `validate`, which can be named before MongoDB is connected to."""

from __future__ import annotations

from altegio_sync.mongo.tending.rules import RULES

RULE_IDS = tuple(each.id for each in RULES)
