"""`altegio-sync sandbox`."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from altegio_sync.config import ALL_COMPANIES
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.messages import render
from altegio_sync.messages.demo import PORT_TAKEN, SANDBOX_SERVES
from altegio_sync.sandbox import Locations, SandboxServer, School

if TYPE_CHECKING:
    from collections.abc import Mapping


def sandbox_settings(
    server: SandboxServer, school: School, token: str, user_token: str
) -> Mapping[str, str]:
    """The settings for a sync with the sandbox, without the database."""
    is_alone = len(server.locations.company_ids) == 1
    return {
        "ALTEGIO_API_URL": server.url,
        "ALTEGIO_COMPANY_ID": school.company_id if is_alone else ALL_COMPANIES,
        "ALTEGIO_COMPANY_TOKEN": token,
        "ALTEGIO_USER_TOKEN": user_token,
        "ALTEGIO_SERVICE_IDS": ",".join(sorted(school.individual_service_ids)),
        "ALTEGIO_TRIAL_SERVICE_IDS": ",".join(sorted(school.trial_service_ids)),
    }


def run_sandbox(
    port: int,
    latency_s: float,
    fault_rate: float,
    seed: int,
    company_id: str,
    companies: int,
    token: str,
    user_token: str,
) -> None:
    """Serve until Ctrl-C; the settings to export are printed first."""
    locations = Locations([School(seed=seed, company_id=company_id)])
    if companies > 1:
        locations = Locations.made_up(companies, seed=seed, first_company_id=company_id)
    server = SandboxServer(
        locations,
        port=port,
        token=token,
        user_token=user_token,
        latency_s=latency_s,
        fault_rate=fault_rate,
        seed=seed,
    )
    try:
        server.bind()
    except OSError:
        print(f"ERROR {render(PORT_TAKEN(port=str(port)))}", file=sys.stderr)
        sys.exit(ExitCode.WRONG_USE)
    for name, value in sandbox_settings(server, locations.first, token, user_token).items():
        print(f"export {name}={value}")
    print("export DB_URI=embedded", flush=True)
    print(render(SANDBOX_SERVES(url=server.url)), file=sys.stderr, flush=True)
    # When the server has stopped, it raises the signal again. SIGTERM must then act like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        server.run()
    sys.exit(ExitCode.INTERRUPTED)
