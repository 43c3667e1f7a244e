"""Commands with a made-up school: they need no account at Altegio."""

from __future__ import annotations

from typing import Annotated

import typer

from altegio_sync.cli.options import Lang
from altegio_sync.cli.typed_text import digits_only
from altegio_sync.cli.usage import App
from altegio_sync.messages import translated as _

app = App()
_MOST_COMPANIES = 1000


@app.command(help=_("Serve a made-up school on loopback that behaves as Altegio does."))
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("0 uses a free port."))] = 8077,
    latency: Annotated[float, typer.Option(min=0, help=_("Seconds before each answer."))] = 0.0,
    faults: Annotated[
        float, typer.Option(min=0, max=1, help=_("Share of answers that go wrong."))
    ] = 0.0,
    seed: Annotated[int, typer.Option(help=_("Each seed makes another school."))] = 1,
    company: Annotated[
        str, typer.Option(callback=digits_only, metavar="ID", help=_("The location's id."))
    ] = "77",
    companies: Annotated[
        int,
        typer.Option(
            min=1,
            max=_MOST_COMPANIES,
            help=_(
                "Locations with ids in a row from --company on; several have few bookings each."
            ),
        ),
    ] = 1,
    token: Annotated[str, typer.Option(help=_("Partner token."))] = "sandbox-partner-token",  # noqa: S107 - not secret
    user_token: Annotated[str, typer.Option(help=_("User token."))] = "sandbox-user-token",  # noqa: S107 - not secret
    live: Annotated[
        float,
        typer.Option(min=0, max=600, help=_("Changes of bookings a minute, made by the school.")),
    ] = 0.0,
    hooks: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help=_("Send a webhook to this address for each change; repeatable.")
        ),
    ] = None,
    remote_hooks: Annotated[
        bool, typer.Option("--remote-hooks", help=_("Send webhooks to other machines too."))
    ] = False,
    hook_loss: Annotated[
        float, typer.Option(min=0, max=1, help=_("Share of changes without a webhook."))
    ] = 0.0,
    hook_late: Annotated[
        float,
        typer.Option(min=0, max=1, help=_("Share of changes with webhooks 15 minutes late.")),
    ] = 0.0,
    hook_delay: Annotated[
        float, typer.Option(min=0, help=_("Seconds between a change and its webhook."))
    ] = 5.0,
    hook_spread: Annotated[
        float,
        typer.Option(min=0, help=_("Up to so many seconds more, in which webhooks change order.")),
    ] = 0.0,
    hook_bursts: Annotated[
        float, typer.Option(min=0, max=1, help=_("Share of changes with several webhooks."))
    ] = 0.0,
    hook_doubles: Annotated[
        float, typer.Option(min=0, max=1, help=_("Share of webhooks that are sent twice."))
    ] = 0.0,
    _lang: Lang = None,
) -> None:
    from altegio_sync.cli.sandbox_command import SandboxOptions, run_sandbox
    from altegio_sync.sandbox import HookFaults

    options = SandboxOptions(
        port=port,
        latency_s=latency,
        fault_rate=faults,
        seed=seed,
        company_id=company,
        companies=companies,
        token=token,
        user_token=user_token,
        changes_a_minute=live,
        hook_urls=hooks or (),
        sends_far=remote_hooks,
        hook_faults=HookFaults(
            loss=hook_loss,
            late=hook_late,
            delay_s=hook_delay,
            spread_s=hook_spread,
            bursts=hook_bursts,
            doubles=hook_doubles,
        ),
    )
    run_sandbox(options)


@app.command(
    help=_("Show a typical day with a made-up school and its own MongoDB; needs no settings.")
)
def demo(
    seed: Annotated[int, typer.Option(help=_("Each seed makes another school."))] = 1,
    _lang: Lang = None,
) -> None:
    from altegio_sync.cli.demo_command import run_demo

    run_demo(seed)
