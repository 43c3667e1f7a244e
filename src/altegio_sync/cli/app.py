"""The commands and their options. The code of a command is imported when the command runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from altegio_sync.cli.options import EnvFile, Lang, School, Schools, with_common_options
from altegio_sync.cli.typed_text import digits_only, output_file, typed
from altegio_sync.cli.usage import App, Commands
from altegio_sync.domain.period_words import PERIOD_WORDS
from altegio_sync.messages import render
from altegio_sync.messages import translated as _
from altegio_sync.messages import usage as texts
from altegio_sync.messages.language import current_language

if TYPE_CHECKING:
    from altegio_sync.cli.command import CommandOptions

app = App(
    cls=Commands,
    pretty_exceptions_enable=False,  # they would show the values of variables
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar=_("[OPTIONS]"),
    subcommand_metavar=_("COMMAND [ARGS]..."),
    help=_("Brings a school's appointments from Altegio into MongoDB, completely and repeatably."),
    epilog=_(
        "Exit codes: 0 done, 1 finished but something failed, 2 wrong command or "
        "settings, 3 Altegio or MongoDB cannot be reached, 130 interrupted."
    ),
)

_PERIOD_HELP = _(
    "A day (YYYY-MM-DD or DD.MM.YYYY), a month (YYYY-MM), or one of {names}. The periods this-… "
    "end today; around is from 30 days back to 60 days ahead."
).format(names=", ".join(PERIOD_WORDS[current_language()]))
_ALL_DAYS = _("All days when left out.")
_ASKED_FOR = _("Asked for when left out.")
#: Of the sandbox.
_MOST_COMPANIES = 1000
AnyDays = Annotated[
    str | None,
    typer.Argument(callback=typed, metavar="PERIOD|FROM", help=f"{_PERIOD_HELP} {_ALL_DAYS}"),
]
LastDay = Annotated[
    str | None,
    typer.Argument(
        callback=typed,
        metavar="TO",
        help=_("The last day, included: also a month's or a word's last day."),
    ),
]
Wait = Annotated[
    str,
    typer.Option(
        "--wait",
        metavar="SPAN",
        help=_("How long to wait for another run to end; 0 does not wait."),
    ),
]
Company = Annotated[
    list[str] | None,
    typer.Option(
        "--company", metavar="ID", help=_("Only this configured company; may be repeated.")
    ),
]


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"altegio-sync {version('altegio-sync')}")
        raise typer.Exit


@app.callback()
def _root(
    _show_version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=_("Show the version.")),
    ] = False,
    _lang: Lang = None,
) -> None: ...


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


@app.command(help=_("Bring the appointments of a period into MongoDB."))
@with_common_options(verbose=True, all_schools=True)
def sync(
    options: CommandOptions,
    first: Annotated[
        str,
        typer.Argument(callback=typed, metavar="PERIOD|FROM", help=_PERIOD_HELP),
    ],
    last: LastDay = None,
    update: Annotated[
        bool, typer.Option("--update", help=_("Also update stored appointments."))
    ] = False,
    prove: Annotated[
        bool,
        typer.Option("--prove", help=_("Slower, but guarantees that no booking is missed.")),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help=_("Skip the days that the ledger lists as done."))
    ] = False,
    max_age: Annotated[
        str | None,
        typer.Option(
            "--max-age",
            metavar="SPAN",
            # Without the backslash, rich would read the bracket as markup.
            help=_(
                "With --resume: skip only days that were read within this time \\[default: 24h]."
            ),
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Read everything, write nothing."))
    ] = False,
    allow_mass_delete: Annotated[
        bool,
        typer.Option(
            "--allow-mass-delete", help=_("With --update: skip the mass-deletion safety check.")
        ),
    ] = False,
    wait: Wait = "10m",
    company: Company = None,
    skipped: Annotated[
        Path | None,
        typer.Option(
            "--skipped",
            parser=output_file,
            metavar="FILE",
            help=_("List the bookings that need correction in this .xlsx, .csv or .jsonl file."),
        ),
    ] = None,
    skipped_all: Annotated[
        bool,
        typer.Option(
            "--skipped-all", help=_("With --skipped: list bookings of other services too.")
        ),
    ] = False,
) -> None:
    from altegio_sync.cli.skipped_list import SkippedFile
    from altegio_sync.cli.sync_command import SyncOptions, execute_sync

    if skipped_all and skipped is None:
        raise typer.BadParameter(render(texts.ADD_A_FILE()), param_hint="--skipped-all")
    wanted = SyncOptions(
        update=update,
        prove=prove,
        resume=resume,
        max_age=max_age,
        dry_run=dry_run,
        allow_mass_delete=allow_mass_delete,
        wait=wait,
        companies=company or [],
        skipped_file=None if skipped is None else SkippedFile(skipped, skipped_all),
    )
    raise typer.Exit(execute_sync(options, first, last, wanted))


DryRun = Annotated[
    bool, typer.Option("--dry-run", help=_("Count what would change, write nothing."))
]


@app.command(
    help=_("Bring what changed at Altegio since the last run; made for cron, every few minutes.")
)
@with_common_options(verbose=True, all_schools=True)
def changes(
    options: CommandOptions,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            callback=typed,
            metavar="DATE|SPAN",
            help=_("For the first run: where to begin."),
        ),
    ] = None,
    overlap: Annotated[
        str,
        typer.Option(
            "--overlap", metavar="SPAN", help=_("How far before the last run to read again.")
        ),
    ] = "1d",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Read everything, write nothing."))
    ] = False,
    company: Company = None,
) -> None:
    from altegio_sync.cli.sync_command import execute_changes

    code = execute_changes(options, since, overlap, dry_run=dry_run, companies=company or [])
    raise typer.Exit(code)


@app.command(
    help=_("Show a calendar of the days that are checked or proved to be complete, and the gaps.")
)
@with_common_options()
def coverage(
    options: CommandOptions,
    first: Annotated[
        str | None,
        typer.Argument(callback=typed, metavar="PERIOD|FROM", help=_PERIOD_HELP),
    ] = None,
    last: LastDay = None,
    company: Company = None,
) -> None:
    from altegio_sync.cli.coverage_command import run_coverage

    run_coverage(options, first, last, company or [])


@app.command(
    help=_("Show whether the collection can be trusted now; exit 1 when something needs attention.")
)
@with_common_options(all_schools=True)
def status(
    options: CommandOptions,
    company: Company = None,
    prometheus: Annotated[
        bool,
        typer.Option("--prometheus", help=_("Print metrics for the node exporter's text files.")),
    ] = False,
    metrics_file: Annotated[
        Path | None,
        typer.Option(
            "--metrics-file",
            parser=output_file,
            metavar="PATH",
            help=_("Write the same metrics into this file, and print nothing."),
        ),
    ] = None,
) -> None:
    from altegio_sync.cli.status_command import MetricsOptions, run_status

    run_status(options, MetricsOptions(prometheus, metrics_file), company or [])


@app.command(help=_("Ask for a period, show what Altegio announces for it, and sync it."))
def interactive(
    first: Annotated[
        str | None,
        typer.Argument(callback=typed, metavar="PERIOD|FROM", help=f"{_PERIOD_HELP} {_ASKED_FOR}"),
    ] = None,
    last: LastDay = None,
    env_file: EnvFile = None,
    schools: Schools = None,
    school: School = None,
    _lang: Lang = None,
) -> None:
    from altegio_sync.cli.interactive_command import run_interactive
    from altegio_sync.config import SettingsSource

    raise typer.Exit(run_interactive(first, last, SettingsSource(env_file, schools, school)))


@app.command(help=_("Show what is stored, and what needs attention."))
@with_common_options()
def stats(
    options: CommandOptions,
    first: AnyDays = None,
    last: LastDay = None,
    from_option: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help=_("Only from this day on."))
    ] = None,
    to_option: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help=_("Only up to this day, included."))
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help=_("Remove duplicates instead, as clean does."))
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("With --clean: count, write nothing."))
    ] = False,
    html_file: Annotated[
        Path | None,
        typer.Option(
            "--html",
            parser=output_file,
            metavar="FILE",
            help=_("Also write a page of charts, with teachers' names."),
        ),
    ] = None,
    company: Company = None,
    wait: Wait = "10m",
) -> None:

    if clean:
        if html_file is not None:
            raise typer.BadParameter(render(texts.NO_STATISTICS()), param_hint="--html")
        if company:
            raise typer.BadParameter(render(texts.WORKS_ON_ALL_COMPANIES()), param_hint="--clean")
        if any(each is not None for each in (first, last, from_option, to_option)):
            raise typer.BadParameter(render(texts.WORKS_ON_ALL_DAYS()), param_hint="--clean")
        from altegio_sync.cli.clean_command import run_clean

        run_clean(replace(options, name="clean"), dry_run=dry_run, wait=wait)
    from altegio_sync.cli.period_option import AskedDays
    from altegio_sync.cli.stats_command import execute_stats

    days = AskedDays(first, last, from_option, to_option)
    raise typer.Exit(execute_stats(options, days, html_file, company or []))


@app.command(
    help=_("Write the appointments of a period, or what teachers are paid by, into a file.")
)
@with_common_options()
def export(
    options: CommandOptions,
    first: Annotated[str, typer.Argument(callback=typed, metavar="PERIOD|FROM", help=_PERIOD_HELP)],
    second: Annotated[
        str, typer.Argument(metavar="FILE|TO", help=_("The file: .xlsx, .csv or .jsonl."))
    ],
    third: Annotated[
        str | None, typer.Argument(metavar="FILE", help=_("The file, after FROM and TO."))
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="NAMES",
            help=_("Only these columns, with commas between them: appointmentId,leadName …"),
        ),
    ] = None,
    by: Annotated[
        Literal["teacher"] | None,
        typer.Option("--by", help=_("Lessons and hours of each teacher, with a sheet for each.")),
    ] = None,
    company: Company = None,
) -> None:
    from altegio_sync.cli.export_command import ExportOptions, run_export

    last, file = (None, second) if third is None else (typed(second), third)
    wanted = ExportOptions(
        first, last, output_file(file), columns, by_teacher=by is not None, companies=company or []
    )
    run_export(options, wanted)


@app.command(help=_("Keep one document for each appointment id; move the others to the trash."))
@with_common_options()
def clean(
    options: CommandOptions,
    dry_run: DryRun = False,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.clean_command import run_clean

    run_clean(options, dry_run=dry_run, wait=wait)


@app.command(
    help=_(
        "Find errors in the collection, and repair them.\n\n"
        "With a period, only documents that start on its local days."
    )
)
@with_common_options()
def validate(
    options: CommandOptions,
    first: AnyDays = None,
    last: LastDay = None,
    fix: Annotated[bool, typer.Option("--fix", help=_("Repair what can be repaired."))] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("With --fix: show what it would do, write nothing."))
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help=_("With --fix: do not ask Altegio."))
    ] = False,
    listed: Annotated[
        list[str] | None,
        typer.Option(
            "--list", metavar="RULE", help=_("Show every document of this rule, not five.")
        ),
    ] = None,
    ignored: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="RULE", help=_("Skip this rule, also in --fix.")),
    ] = None,
    report_file: Annotated[
        Path | None,
        typer.Option(
            "--report",
            parser=output_file,
            metavar="FILE",
            help=_("Save every finding to this file: .xlsx, .csv or .jsonl."),
        ),
    ] = None,
    company: Company = None,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.findings import FindingOptions
    from altegio_sync.cli.period_option import AskedDays
    from altegio_sync.cli.validate_command import FixOptions, run_validate

    findings = FindingOptions(tuple(listed or ()), frozenset(ignored or ()), report_file)
    wanted = FixOptions(fix, dry_run, offline, wait)
    run_validate(options, findings, AskedDays(first, last), wanted, company or [])


@app.command(help=_("Restore everything that a clean or a repair changed or removed."))
@with_common_options()
def undo(
    options: CommandOptions,
    run_id: Annotated[
        str | None,
        typer.Argument(callback=typed, metavar="RUN_ID", help=_("Without it, list the runs.")),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help=_("Also overwrite documents that were changed since."))
    ] = False,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.undo_command import run_undo

    run_undo(options, run_id, force=force, wait=wait)


@app.command(help=_("Send a message to the addresses of ALTEGIO_NOTIFY."))
@with_common_options()
def notify(
    options: CommandOptions,
    test: Annotated[bool, typer.Option("--test", help=_("Send a test message."))] = False,
    weekly: Annotated[
        bool,
        typer.Option("--weekly", help=_("Send last week's lessons and what needs correction.")),
    ] = False,
) -> None:
    from altegio_sync.cli.notify_command import run_notify

    run_notify(options, test=test, weekly=weekly)


@app.command(help=_("List what needs correction in Altegio, by teacher."))
@with_common_options()
def todo(
    options: CommandOptions,
    file: Annotated[
        Path | None,
        typer.Argument(
            parser=output_file,
            metavar="FILE",
            help=_("Write the list into this file: .xlsx, .csv or .jsonl."),
        ),
    ] = None,
    period: Annotated[
        str, typer.Option("--period", callback=typed, metavar="PERIOD", help=_PERIOD_HELP)
    ] = "around",
    offline: Annotated[
        bool, typer.Option("--offline", help=_("Only from what is stored: ask Altegio nothing."))
    ] = False,
    company: Company = None,
) -> None:
    from altegio_sync.cli.todo_command import run_todo

    run_todo(options, period, file, company or [], offline=offline)


@app.command(help=_("Show what ran, when, how it ended and what it did."))
@with_common_options()
def runs(
    options: CommandOptions,
    run_id: Annotated[
        str | None,
        typer.Argument(
            callback=typed, metavar="RUN_ID", help=_("One run; the newest runs when left out.")
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="NUMBER", min=1, help=_("How many runs to list."))
    ] = 20,
) -> None:
    from altegio_sync.cli.runs_command import run_runs

    run_runs(options, run_id, limit)


trash = App(
    cls=Commands,
    options_metavar=_("[OPTIONS]"),
    subcommand_metavar=_("COMMAND [ARGS]..."),
    help=_("Previous versions of documents, kept to undo changes."),
)
app.add_typer(trash, name="trash")


@trash.callback()
def _trash(_lang: Lang = None) -> None: ...


@trash.command(help=_("Delete old entries permanently: they contain personal data."))
@with_common_options()
def purge(
    options: CommandOptions,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="SPAN", help=_("Such as 90d, 24h."))
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask for confirmation on a terminal."))
    ] = False,
    dry_run: DryRun = False,
) -> None:
    from altegio_sync.cli.purge_command import run_purge

    run_purge(replace(options, name="trash purge"), older_than, dry_run=dry_run, is_confirmed=yes)


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


@app.command(
    help=_("Write the collection into a folder, in the format of mongodump --gzip, and check it.")
)
@with_common_options()
def backup(
    options: CommandOptions,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE|verify",
            help=_(
                "The folder to create; by default altegio-backup-DATE-TIME here. With the word "
                "verify, the backup PATH is checked instead, without MongoDB."
            ),
            show_default=False,
        ),
    ] = None,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="PATH", help=_("The backup to verify."), show_default=False),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep",
            metavar="NUMBER",
            min=1,
            help=_("Then remove older backups of this collection beside it, and keep this many."),
        ),
    ] = None,
) -> None:
    from altegio_sync.cli.backup_command import run_backup, run_verify

    if file == Path("verify"):
        if path is None:
            raise typer.BadParameter(render(texts.BACKUP_TO_VERIFY()), param_hint="PATH")
        run_verify(replace(options, name="backup verify"), path)
    if path is not None:
        raise typer.BadParameter(render(texts.ONE_FOLDER()), param_hint="PATH")
    run_backup(options, file, keep)


@app.command(help=_("Restore the documents of a backup by _id; other documents are not changed."))
@with_common_options()
def restore(
    options: CommandOptions,
    path: Annotated[
        Path,
        typer.Argument(metavar="PATH", help=_("A backup's folder, or its .bson.gz or .bson file.")),
    ],
    dry_run: DryRun = False,
    wait: Wait = "10m",
) -> None:
    from altegio_sync.cli.restore_command import run_restore

    run_restore(options, path, dry_run=dry_run, wait=wait)


@app.command(help=_("Receive webhooks and ask for changes, for as long as the process lives."))
@with_common_options(json=False, verbose=True)
def serve(
    options: CommandOptions,
    host: Annotated[str, typer.Option(help=_("The address of this machine to listen at."))] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help=_("0 uses a free port."))] = 8077,
    no_page: Annotated[bool, typer.Option("--no-page", help=_("Without the page."))] = False,
    no_poll: Annotated[
        bool, typer.Option("--no-poll", help=_("Do not ask for changes: another process does."))
    ] = False,
    new_secret: Annotated[
        bool,
        typer.Option(
            "--new-secret",
            help=_("Print a secret and the address to enter in Altegio, and serve nothing."),
        ),
    ] = False,
) -> None:
    from altegio_sync.cli.serve_command import ServeOptions, print_new_secret, run_serve

    if new_secret:
        print_new_secret()
    run_serve(options, ServeOptions(host, port, has_page=not no_page, polls=not no_poll))


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
