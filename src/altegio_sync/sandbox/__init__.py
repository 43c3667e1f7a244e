"""A made-up school, served with the shapes, order, limits, oddities and faults of the API."""

from altegio_sync.sandbox.faults import Fault
from altegio_sync.sandbox.hook_plan import HookFate, HookFaults
from altegio_sync.sandbox.hooks import HookSender, HookSettings, SentHook
from altegio_sync.sandbox.life import SchoolLife
from altegio_sync.sandbox.locations import Locations
from altegio_sync.sandbox.oddities import PlantedRecord
from altegio_sync.sandbox.school import School
from altegio_sync.sandbox.server import SandboxServer, SeenRequest

__all__ = [
    "Fault",
    "HookFate",
    "HookFaults",
    "HookSender",
    "HookSettings",
    "Locations",
    "PlantedRecord",
    "SandboxServer",
    "School",
    "SchoolLife",
    "SeenRequest",
    "SentHook",
]
