"""A made-up school, served with the shapes, order, limits, oddities and faults of the API."""

from altegio_sync.sandbox.faults import Fault
from altegio_sync.sandbox.locations import Locations
from altegio_sync.sandbox.oddities import PlantedRecord
from altegio_sync.sandbox.school import School
from altegio_sync.sandbox.server import SandboxServer, SeenRequest

__all__ = ["Fault", "Locations", "PlantedRecord", "SandboxServer", "School", "SeenRequest"]
