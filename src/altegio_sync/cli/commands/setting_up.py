"""Set the program up, and see what Altegio and MongoDB allow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from altegio_sync.cli.options import Company, Lang, with_common_options
from altegio_sync.cli.typed_text import output_file
from altegio_sync.cli.usage import App
from altegio_sync.messages import translated as _

if TYPE_CHECKING:
    from altegio_sync.cli.command import CommandOptions

app = App()


@app.command(help=_("Ask for the settings, test each of them, and write .env."))
def init(
    company: Annotated[
        str | None,
        typer.Option(
            "--company", metavar="IDS", help=_("The locations: numbers with commas, or all.")
        ),
    ] = None,
    db_uri: Annotated[
        str | None,
        typer.Option(
            "--db-uri",
            metavar="ADDRESS",
            help=_("The address of MongoDB, or embedded. With a password, set DB_URI instead."),
        ),
    ] = None,
    services: Annotated[
        str | None,
        typer.Option("--services", metavar="IDS", help=_("The services: individual lessons.")),
    ] = None,
    trial_services: Annotated[
        str | None,
        typer.Option("--trial-services", metavar="IDS", help=_("The services: trial lessons.")),
    ] = None,
    lead_id: Annotated[
        str | None,
        typer.Option(
            "--lead-id", metavar="KIND", help=_("Which number leadId holds, as in ALTEGIO_LEAD_ID.")
        ),
    ] = None,
    crm_id_digits: Annotated[
        str | None,
        typer.Option(
            "--crm-id-digits", metavar="DIGITS", help=_("How many digits CRM ids have: 8, or 7-8.")
        ),
    ] = None,
    login: Annotated[
        bool,
        typer.Option("--login", help=_("Get the user token by login and password, once.")),
    ] = False,
    yes: Annotated[
        bool,
        typer.Option("-y", "--yes", help=_("Ask nothing: accept what is proposed.")),
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help=_("Replace other values of an existing file."))
    ] = False,
    sync_now: Annotated[bool, typer.Option("--sync", help=_("Then bring last month."))] = False,
    install: Annotated[
        bool,
        typer.Option(
            "--install", help=_("Then run it from now on: by timers of systemd, else by cron.")
        ),
    ] = False,
    cron: Annotated[
        bool, typer.Option("--cron", help=_("With --install: by cron, also where systemd runs."))
    ] = False,
    units: Annotated[
        Path | None,
        typer.Option(
            "--units",
            metavar="FOLDER",
            help=_("Instead of a crontab, write units of systemd into this folder."),
        ),
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            parser=output_file,
            metavar="PATH",
            help=_("Write here instead of .env."),
        ),
    ] = None,
    _lang: Lang = None,
) -> None:
    from altegio_sync.cli.init_command import InitOptions, run_init

    given = {
        "ALTEGIO_COMPANY_ID": company,
        "DB_URI": db_uri,
        "ALTEGIO_SERVICE_IDS": services,
        "ALTEGIO_TRIAL_SERVICE_IDS": trial_services,
        "ALTEGIO_LEAD_ID": lead_id,
        "ALTEGIO_CRM_ID_DIGITS": crm_id_digits,
    }
    wanted = InitOptions(
        env_file=env_file,
        given={name: value for name, value in given.items() if value is not None},
        wants_login=login,
        accepts_all=yes,
        replaces=replace,
        syncs=sync_now,
        installs=install,
        only_cron=cron,
        units_folder=units,
    )
    raise typer.Exit(run_init(wanted))


@app.command(help=_("Test every setting, the tokens and their rights, the time zone and MongoDB."))
@with_common_options()
def check(
    options: CommandOptions,
) -> None:
    from altegio_sync.cli.check_command import run_check

    # The findings name the lines of the settings file that cannot be read.
    run_check(replace(options, reports_settings_file=False))


@app.command(
    help=_("List the services, how often each was booked in 30 days, and which would be kept.")
)
@with_common_options()
def services(
    options: CommandOptions,
    company: Company = None,
) -> None:
    from altegio_sync.cli.services_command import run_services

    run_services(options, company or [])


@app.command(help=_("List the locations of the user token, with time zone, city and title."))
@with_common_options()
def companies(
    options: CommandOptions,
    forget: Annotated[
        list[str] | None,
        typer.Option(
            "--forget",
            metavar="ID",
            help=_("No longer warn of this missing location; may be repeated."),
        ),
    ] = None,
) -> None:
    from altegio_sync.cli.companies_command import run_companies

    run_companies(options, forget or [])
