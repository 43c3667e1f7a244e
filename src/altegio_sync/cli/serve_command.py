"""`altegio-sync serve`: receives webhooks and polls, for as long as the process lives."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from altegio_sync.app.feed import LiveFeed
from altegio_sync.app.live import LivePages
from altegio_sync.app.metrics import ServiceMetrics
from altegio_sync.app.serving import Service
from altegio_sync.cli.command import load, run_command
from altegio_sync.cli.failures import to_run_error
from altegio_sync.cli.repeated_warnings import log_warning
from altegio_sync.cli.run_in_service import run_in_service
from altegio_sync.config import find_settings_warnings
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.log import get_logger
from altegio_sync.messages import render
from altegio_sync.messages import serve as texts
from altegio_sync.messages.language import chosen_language, follow_settings
from altegio_sync.web.application import make_application
from altegio_sync.web.guard import Guard, check_page
from altegio_sync.web.metrics import MetricsRoutes
from altegio_sync.web.page import LivePageRoutes
from altegio_sync.web.readers import Readers
from altegio_sync.web.receiver import HookReceiver
from altegio_sync.web.server import WebServer, address_of, listen

if TYPE_CHECKING:
    import socket
    from typing import NoReturn

    from altegio_sync.app.parts import Part
    from altegio_sync.cli.command import CommandOptions
    from altegio_sync.config import SchoolConfig
    from altegio_sync.usecases.stopping import StopSignal

_SECRET_BYTES = 20
_ENDED_WITHIN_S = 2.4


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of `serve`, as typed."""

    host: str
    port: int
    has_page: bool = True
    polls: bool = True


def print_new_secret(options: CommandOptions) -> NoReturn:
    """Print a secret, and the address with it, and leave the program."""
    follow_settings(options.source.variables)
    print(render(texts.NEW_SECRET(secret=secrets.token_hex(_SECRET_BYTES))))
    sys.exit(ExitCode.DONE)


def run_serve(options: CommandOptions, wanted: ServeOptions) -> NoReturn:
    async def body(stop: StopSignal) -> int:
        config = load(options)
        for each in find_settings_warnings(config, options.source.env_file):
            get_logger().warning(each.code, message=each.message)
        service = Service(
            config,
            warn=log_warning,
            runner=run_in_service,
            failure_of=to_run_error,
            polls=wanted.polls,
        )
        with listen(wanted.host, wanted.port) as listening:
            check_page(listening, has_page=wanted.has_page, has_password=bool(config.page_password))
            _log_start(config, wanted, address_of(listening))
            outer = _make_outer(config, wanted, service, listening)
            await service.run([*outer, _LastResort()], stop)
        get_logger().info("serve_stopped")
        return ExitCode.DONE

    run_command(options, body)


def _make_outer(
    config: SchoolConfig, wanted: ServeOptions, service: Service, listening: socket.socket
) -> list[Part]:
    """The web server, and what it needs beside it."""
    receiver = HookReceiver(config.hook_secrets, service.read, service.store)
    readers = Readers(chosen_language() or getattr(config, "language", None))
    password = config.page_password
    guard = Guard(password.get_secret_value() if password else None, readers)
    metrics = ServiceMetrics(
        service.opened, service.ping, service.outages, service.work, receiver.counts
    )
    routes = MetricsRoutes(metrics.read, guard).routes
    feeds, close_streams = [], [receiver.close]
    if wanted.has_page:
        pages = LivePages(service.opened, poll_interval=lambda: service.poll_interval)
        feed = LiveFeed(pages, service.ping, warn=log_warning, failure_of=to_run_error)
        routes += LivePageRoutes(feed, guard, readers).routes
        feeds.append(feed)
        close_streams.append(feed.close)
    application = make_application(receiver, service.ping, pages=routes, on_error=_log_error)
    return [*feeds, WebServer(application, listening, close_streams)]


def _log_error(error: Exception) -> None:
    failure, _ = to_run_error(error)
    get_logger().error("failed", code=failure.code, message=failure.message)


class _LastResort:
    """Ends the process after a stop, whatever still waits, for example for MongoDB."""

    async def run(self, stop: StopSignal) -> None:
        with stop.interrupting():
            await anyio.sleep_forever()
        timer = threading.Timer(_ENDED_WITHIN_S, os._exit, [ExitCode.DONE])
        timer.daemon = True
        timer.start()


def _log_start(config: SchoolConfig, wanted: ServeOptions, address: str) -> None:
    log = get_logger()
    log.info("serving", address=address)
    if wanted.has_page:
        log.info("live_page", address=address)
    if not config.hook_secrets:
        log.warning("no_hook_secret")
    if wanted.polls:
        log.info("polling", span=age_text(config.poll_every))
    else:
        log.warning("not_polling")
    if config.recheck_at is None:
        log.info("not_rechecking")
    else:
        log.info("rechecking", at=f"{config.recheck_at:%H:%M}")
