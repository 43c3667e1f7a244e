"""The function for foreign text under the name that the layers above import."""

from altegio_sync.messages.foreign_text import (
    REPLACEMENT,
    OwnLines,
    has_invisible,
    json_safe,
    shown,
)

__all__ = ["REPLACEMENT", "OwnLines", "has_invisible", "json_safe", "shown"]
