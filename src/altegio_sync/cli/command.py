"""The common parts of all commands: settings, logging, signals, and outputs that fail."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from altegio_sync.cli.failures import fail, to_run_error
from altegio_sync.cli.interrupted import INTERRUPTED
from altegio_sync.cli.json_output import print_json
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.streams import WatchedOutput, watched_stdout
from altegio_sync.config import (
    ALL_SETTINGS,
    SchoolOfFile,
    SettingsSource,
    read_usable,
    settings_file,
)
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.report import RunError, failure_json
from altegio_sync.errors import (
    AltegioSyncError,
    ConfigError,
    UnusableSettingsError,
)
from altegio_sync.log import configure_logging, get_logger
from altegio_sync.messages import commands as texts
from altegio_sync.messages import render
from altegio_sync.messages.language import follow_school, follow_settings
from altegio_sync.messages.os_errors import os_reason
from altegio_sync.messages.setting_names import call_settings
from altegio_sync.settings_file import read_settings_file
from altegio_sync.usecases.stopping import StopSignal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from altegio_sync.app.watched import RunOutcome
    from altegio_sync.config import SchoolConfig
    from altegio_sync.log import LogFormat, LogLevel
    from altegio_sync.messages import Message
    from altegio_sync.ports import Warn

_OUTPUTS = (1, 2)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: The settings that a ping and an alert need.
_NEEDED_FOR_ALERTS = (
    *("ALTEGIO_NOTIFY", "ALTEGIO_COMPANY_ID", "ALTEGIO_COLLECTION", "ALTEGIO_DATA_DIR"),
    *("DB_URI", "ALTEGIO_PING_URL"),
)


@dataclass(frozen=True, slots=True)
class CommandOptions:
    """The options that most commands have."""

    name: str
    source: SettingsSource = field(default_factory=SettingsSource)
    json_output: bool = False
    log_format: LogFormat = "text"
    verbose: bool = False
    quiet: bool = False
    #: False where an earlier part of the command already reported the unreadable lines.
    reports_settings_file: bool = True
    #: Whether the run is reported to `ALTEGIO_PING_URL` and `ALTEGIO_NOTIFY`. A dry run is not.
    is_watched: bool = False

    def configure_logging(self, secrets: Iterable[str] = ()) -> None:
        level: LogLevel = "debug" if self.verbose else "warning" if self.quiet else "info"
        configure_logging(self.log_format, level, secrets)


def load(options: CommandOptions, required: Iterable[str] = ALL_SETTINGS) -> SchoolConfig:
    """The settings; lines of `.env` that cannot be read are logged.

    Raises:
        UnusableSettingsError: settings are missing or wrong.
    """
    _report_settings_file(options)
    _call_settings(options)
    try:
        config = options.source.load(required)
    except ConfigError as error:
        raise UnusableSettingsError(error.message) from None
    if isinstance(config, SchoolOfFile):
        follow_school(config.language)
    _prepare(options, [config], required)
    return config


def load_all(
    options: CommandOptions, required: Iterable[str] = ALL_SETTINGS
) -> Sequence[SchoolOfFile]:
    """The settings of all schools of the schools file; the rest as in `load`."""
    _report_settings_file(options)
    _call_settings(options)
    configs = options.source.load_all(required)
    _prepare(options, configs, required)
    return configs


def _call_settings(options: CommandOptions) -> None:
    """With a schools file, sentences name its keys instead of the variables."""
    if options.source.schools_path is not None:
        from altegio_sync.config.schools_text import KEYS

        call_settings(KEYS)


def _report_settings_file(options: CommandOptions) -> None:
    file = read_settings_file(settings_file(options.source.env_file))
    if file is not None and options.reports_settings_file:
        for line in file.unread_lines:
            get_logger().warning("settings_line_unread", file=str(file.path), line=line)


def _prepare(
    options: CommandOptions, configs: Sequence[SchoolConfig], required: Iterable[str]
) -> None:
    options.configure_logging(secret for each in configs for secret in each.secrets)
    if "ALTEGIO_COMPANY_TOKEN" in required:
        # Before any request. Commands that make no request do not import it.
        from altegio_sync.app.school import check_http_client

        for each in configs:
            check_http_client(each)


def run_command(options: CommandOptions, body: Callable[[StopSignal], Awaitable[int]]) -> NoReturn:
    """Run the command and leave the program with its exit code."""
    sys.exit(execute(options, body))


def execute(options: CommandOptions, body: Callable[[StopSignal], Awaitable[int]]) -> int:
    """Run the command's body; return the exit code.

    The first SIGINT, SIGTERM or SIGHUP (a closed terminal) asks the body to stop, the second
    cancels it. No error shows a traceback, since its text may contain private data.
    """
    follow_settings(options.source.variables)
    options.configure_logging()
    return _with_output(options, lambda output: _execute(options, body, output))


def converse(options: CommandOptions, talk: Callable[[], int], leave: Callable[[], Message]) -> int:
    """Run a conversation with a person; return the exit code.

    Ctrl-C, Ctrl-D, SIGTERM and a closed terminal end it; then ``leave`` is shown.
    """
    options.configure_logging()
    terminals = _terminals()

    def guarded(_output: WatchedOutput) -> int:
        try:
            return talk()
        except AltegioSyncError as error:
            return fail(options, error)
        except (KeyboardInterrupt, EOFError):  # Ctrl-C, Ctrl-D
            _forget_closed(terminals)
            print(render(leave()))
        except OSError:
            if not _forget_closed(terminals):
                raise
        return ExitCode.INTERRUPTED

    return _with_output(options, guarded)


def _with_output(options: CommandOptions, work: Callable[[WatchedOutput], int]) -> int:
    """Do the work; report an output that fails, without a traceback."""
    if sys.stderr is None:  # closed by the caller: report nothing, especially not on stdout
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until the end
        options.configure_logging()
    if sys.stdout is None:
        get_logger().error("failed", code="output", message=texts.STDOUT_CLOSED())
        return ExitCode.PARTLY
    WatchedOutput.was_written = False
    with watched_stdout() as output:
        try:
            code = work(output)
            if code == ExitCode.INTERRUPTED and options.json_output and not output.was_written:
                print_json(failure_json(options.name, [RunError("interrupted", INTERRUPTED)]))
            output.flush()
        except OSError as error:
            if error is not output.failure:
                raise
            # Otherwise the interpreter would complain about unwritten text when it exits.
            _send_nowhere(output.fileno())
            # The reader of a pipe may stop reading at any time.
            if not isinstance(error, BrokenPipeError):
                message = texts.OUTPUT_FAILED(reason=os_reason(error))
                get_logger().error("failed", code="output", message=message)
            code = ExitCode.PARTLY
    return code


def leaving_at_once(
    body: Callable[[], Awaitable[int]],
) -> Callable[[StopSignal], Awaitable[int]]:
    """A body that only reads and shows: a stop cancels it at once."""

    async def interruptible(stop: StopSignal) -> int:
        code: int = ExitCode.INTERRUPTED
        with stop.interrupting():
            code = await body()
        return code  # noqa: RET504 - INTERRUPTED where the body was left

    return interruptible


def _execute(
    options: CommandOptions, body: Callable[[StopSignal], Awaitable[int]], output: WatchedOutput
) -> int:
    try:
        with _handlers_kept():
            return asyncio.run(_with_signals(options, body))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except Exception as error:
        if error is output.failure:
            raise  # nothing can be written there
        if isinstance(error, UnusableSettingsError) and options.is_watched:
            asyncio.run(_alert_about_settings(options, error))
        return fail(options, error)


async def _alert_about_settings(options: CommandOptions, error: ConfigError) -> None:
    """Ping, and send an alert that settings are wrong, if the addresses are correct."""
    if options.source.schools_path is not None:
        return
    from altegio_sync.app.watched import watched

    needed = (*_NEEDED_FOR_ALERTS, f"ALTEGIO_PING_URL_{options.name.upper()}")
    config = read_usable(options.source.variables, needed)
    options.configure_logging(config.secrets)
    with suppress(ConfigError):
        async with watched(config, options.name, log_warning, to_run_error) as outcome:
            outcome.lost_store = True  # nobody knows whether MongoDB could be used
            raise error


def _send_nowhere(descriptor: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


@contextmanager
def _handlers_kept() -> Iterator[None]:
    """Afterwards signals act as before: an event loop leaves them to kill the process."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _with_signals(
    options: CommandOptions, body: Callable[[StopSignal], Awaitable[int]]
) -> int:
    stop = StopSignal()
    task = asyncio.ensure_future(body(stop))
    terminals = _terminals()

    def on_signal() -> None:
        _forget_closed(terminals)
        if stop.is_set:
            task.cancel()
        else:
            if not options.quiet:
                get_logger().warning("stopping")
            stop.set()

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        # nohup ignores SIGHUP, so that a run continues after its terminal is closed.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, on_signal)
    return await task


def _terminals() -> list[int]:
    return [each for each in _OUTPUTS if os.isatty(each)]


def _forget_closed(terminals: Iterable[int]) -> bool:
    """Discard the output to closed terminals, where writing fails; return whether there are any."""
    closed = [each for each in terminals if not os.isatty(each)]
    for descriptor in closed:
        _send_nowhere(descriptor)
    return bool(closed)


def watched_run(
    options: CommandOptions, config: SchoolConfig, warn: Warn
) -> AbstractAsyncContextManager[RunOutcome]:
    """Reports the begin and the end of a run, if the options want it."""
    from altegio_sync.app.watched import watched

    return watched(config if options.is_watched else None, options.name, warn, to_run_error)
