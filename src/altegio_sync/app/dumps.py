"""The paths of a backup, which are checked before the connection to MongoDB."""

from __future__ import annotations

from altegio_sync.mongo.backup.dump_folder import check_there, default_target, usable_target

__all__ = ["check_there", "default_target", "usable_target"]
