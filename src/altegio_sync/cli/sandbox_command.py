"""`altegio-sync sandbox`."""

from __future__ import annotations

import re
import signal
import sys
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from altegio_sync.config import ALL_COMPANIES
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.hosts import is_loopback
from altegio_sync.messages import render
from altegio_sync.messages.demo import (
    HOOK_ADDRESS_EXPECTED,
    HOOKS_NOT_HERE,
    PORT_TAKEN,
    SANDBOX_SENDS,
    SANDBOX_SERVES,
)
from altegio_sync.sandbox import HookSender, Locations, SandboxServer, School, SchoolLife

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import NoReturn

    from altegio_sync.messages import Message
    from altegio_sync.sandbox import HookFaults

#: The end of the address at which `serve` receives webhooks.
_OUR_PATH = re.compile(r"/hooks/([A-Za-z0-9_-]{32,})/?$")


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


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The options of the command. ``sends_far``: webhooks may go to other machines."""

    port: int
    latency_s: float
    fault_rate: float
    seed: int
    company_id: str
    companies: int
    token: str
    user_token: str
    changes_a_minute: float
    hook_urls: Sequence[str]
    sends_far: bool
    hook_faults: HookFaults


def run_sandbox(options: SandboxOptions) -> None:
    """Serve until Ctrl-C; the settings to export are printed first."""
    for url in options.hook_urls:
        if (problem := _find_problem(url, sends_far=options.sends_far)) is not None:
            _refuse(problem)
    server = _make_server(options)
    try:
        server.bind()
    except OSError:
        _refuse(PORT_TAKEN(port=str(options.port)))
    _print_settings(server, options)
    # When the server has stopped, it raises the signal again. SIGTERM must then act like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), _living(server, options):
        server.run()
    sys.exit(ExitCode.INTERRUPTED)


def _refuse(problem: Message) -> NoReturn:
    print(f"ERROR {render(problem)}", file=sys.stderr)
    sys.exit(ExitCode.WRONG_USE)


def _make_server(options: SandboxOptions) -> SandboxServer:
    locations = Locations([School(seed=options.seed, company_id=options.company_id)])
    if options.companies > 1:
        locations = Locations.made_up(
            options.companies, seed=options.seed, first_company_id=options.company_id
        )
    return SandboxServer(
        locations,
        port=options.port,
        token=options.token,
        user_token=options.user_token,
        latency_s=options.latency_s,
        fault_rate=options.fault_rate,
        seed=options.seed,
        hooks=HookSender(options.hook_urls, options.hook_faults, seed=options.seed),
    )


def _print_settings(server: SandboxServer, options: SandboxOptions) -> None:
    school = server.locations.first
    settings = sandbox_settings(server, school, options.token, options.user_token)
    for name, value in {**settings, **_hook_settings(options.hook_urls)}.items():
        print(f"export {name}={value}")
    print("export DB_URI=embedded", flush=True)
    print(render(SANDBOX_SERVES(url=server.url)), file=sys.stderr, flush=True)
    if options.hook_urls:
        text = SANDBOX_SENDS(count=len(options.hook_urls), url=server.control_url("hooks"))
        print(render(text), file=sys.stderr, flush=True)


def _hook_settings(urls: Sequence[str]) -> Mapping[str, str]:
    """The secret at the end of the address that is this program's own."""
    secrets = [found[1] for url in urls if (found := _OUR_PATH.search(urlsplit(url).path))]
    return {"ALTEGIO_HOOK_SECRET": secrets[0]} if secrets else {}


def _find_problem(url: str, *, sends_far: bool) -> Message | None:
    """What prevents webhooks to this address. The address contains a secret, so it is not shown."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return HOOK_ADDRESS_EXPECTED()
    if parts.scheme not in ("http", "https") or not host or not url.isascii():
        return HOOK_ADDRESS_EXPECTED()
    return None if sends_far or is_loopback(host) else HOOKS_NOT_HERE(host=host)


def _living(server: SandboxServer, options: SandboxOptions) -> AbstractContextManager[None]:
    if not options.changes_a_minute:
        return nullcontext()
    life = SchoolLife(server.locations, seed=options.seed)
    return life.going_on(options.changes_a_minute)
