"""Finds out, from the last month at Altegio, which settings a new school needs."""

from altegio_sync.usecases.init.leads import LeadProposal, propose_leads
from altegio_sync.usecases.init.month import LastMonth, read_last_month
from altegio_sync.usecases.init.services import SeenService, guess_services

__all__ = [
    "LastMonth",
    "LeadProposal",
    "SeenService",
    "guess_services",
    "propose_leads",
    "read_last_month",
]
