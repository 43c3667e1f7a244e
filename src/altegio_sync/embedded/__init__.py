"""A real MongoDB that the program starts itself, for tests and for use on one machine."""

from altegio_sync.embedded.binary import find_mongod
from altegio_sync.embedded.server import await_end, embedded_mongod, revive_mongod

__all__ = ["await_end", "embedded_mongod", "find_mongod", "revive_mongod"]
