"""Protocols for everything that use cases need. `altegio` and `mongo` implement them."""

from altegio_sync.ports.altegio import (
    AppointmentSource,
    CompanySource,
    LanedBudget,
    Page,
    PageQuery,
    RequestBudget,
    ServiceSource,
)
from altegio_sync.ports.bookkeeping import (
    CursorStore,
    Leases,
    Ledger,
    LocationStore,
    RunStore,
    VersionStore,
)
from altegio_sync.ports.collection import (
    AppointmentStore,
    BatchResult,
    IndexProblem,
    MarkResult,
    Overtaken,
    StoredScope,
    StoreState,
    WrongIndex,
)
from altegio_sync.ports.progress import Progress, SilentProgress, Warn

__all__ = [
    "AppointmentSource",
    "AppointmentStore",
    "BatchResult",
    "CompanySource",
    "CursorStore",
    "IndexProblem",
    "LanedBudget",
    "Leases",
    "Ledger",
    "LocationStore",
    "MarkResult",
    "Overtaken",
    "Page",
    "PageQuery",
    "Progress",
    "RequestBudget",
    "RunStore",
    "ServiceSource",
    "SilentProgress",
    "StoreState",
    "StoredScope",
    "VersionStore",
    "Warn",
    "WrongIndex",
]
