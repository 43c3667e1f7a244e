"""Log lines on stderr: a level word, then ids and counts, never private data or a secret."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import structlog

from altegio_sync.domain.foreign_text import json_safe, shown
from altegio_sync.domain.warnings import some_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


def _appointment(fields: Mapping[str, Any]) -> str:
    known_by = fields["appointment_id"] or "without an id"
    why = ": ".join(text for text in (fields["reason"], fields["detail"]) if text)
    return f"Appointment {known_by}: {fields['outcome']}{f' ({why})' if why else ''}"


def _vanished(fields: Mapping[str, Any]) -> str:
    done = "would be marked deleted" if fields["dry_run"] else "marked deleted"
    if "appointment_ids" in fields:
        ids = fields["appointment_ids"]
        told = f"{len(ids)} appointments are gone at Altegio (404): {done}"
        return f"{told} (appointments {some_ids(ids)})"
    return f"Appointment {fields['appointment_id']} is gone at Altegio (404): {done}"


#: How each event reads to people; its name and fields are what `--log-format json` shows.
MESSAGES: dict[str, str | Callable[[Mapping[str, Any]], str]] = {
    "failed": "{message}",
    "index_remade": "{message}",
    "no_unique_index": "No unique index on appointmentId, checking by query instead: {reason}",
    "report_not_kept": "The report could not be kept in altegio-sync-runs: {reason}",
    "retry_rate_limited": "Rate limit exceeded: waiting {wait_s:.1f} s (try {tries} of 6)",
    "retry": "{reason}: trying again in {wait_s:.1f} s (try {tries} of 6)",
    "page": "Page {page} of {pages}: {rows} records, {saved} saved, {updated} updated, "
    "{duplicates} already stored, skipped: {skipped}",
    "appointment": _appointment,
    "sync_started": "Syncing {first} to {last} ({timezone}), company {company_id}",
    "changes_started": "Asking for changes ({timezone}), company {company_id}",
    "resumed": "Resuming: {done} of {days} days are complete already",
    "vanished": _vanished,
    "changes_grew": "The list of changes grew while it was read: the next run reads what is new",
    "gave_way": "{reason}. Its changes are left to it or to the next run",
    "waiting_for_lease": "Waiting up to {wait} for the run at work on {what}: {holder}",
    "repeated": "{reason}: {count} times in this run",
    "index_dropped": "The unique index on appointmentId was dropped, since duplicates are back; "
    "altegio-sync clean makes it again",
    "changed_since": "{count} documents were changed since and are left alone (appointments "
    "{sample}): --force brings them back all the same",
    "passed_over": "{collection} holds documents that this program did not write so, and passes "
    "over: {sample}, and perhaps others. Delete them if no program needs them",
    "own_budget": "The user of DB_URI may not write to MongoDB, so the limits of Altegio are kept "
    "for this process alone: start no other run from this address meanwhile",
    "settings_line_unread": "{file}, line {line}: not read, since it is not NAME=value",
    "unknown_zone": "{problem}. Until then days are cut in {used}",
    "stopping": "Stopping: what was read is stored (once more to leave at once)",
}


class _Stderr:
    """Looks stderr up at every line, since a progress bar puts itself in its place."""

    def msg(self, message: str) -> None:
        # What nobody can read any more, on a terminal that was closed, shall not end a run.
        with suppress(OSError):
            print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is where logs go

    debug = info = warning = error = msg


class Redaction:
    """Takes secrets out of texts, whoever put them there."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def configure_logging(log_format: LogFormat, level: LogLevel, secrets: Iterable[str] = ()) -> None:
    """Once a command: how log lines look, and what must not stand in them."""
    render = _render_json if log_format == "json" else _render_text
    redact = Redaction(secrets)

    def last(logger: WrappedLogger, name: str, event: EventDict) -> str:
        return redact(render(logger, name, event))

    structlog.configure(
        processors=[structlog.processors.add_log_level, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=False,
    )


def get_logger() -> FilteringBoundLogger:
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def message(event: str, fields: Mapping[str, Any]) -> str:
    """The event as a sentence; an event without a sentence shows its own message, or its fields."""
    fields = {name: _shown(value) for name, value in fields.items()}
    template = MESSAGES.get(event)
    if "message" in fields:
        return f"{fields['message']}"
    if template is None:
        return " ".join([event, *(f"{name}={value}" for name, value in fields.items())])
    return template.format_map(fields) if isinstance(template, str) else template(fields)


def _shown(value: object) -> object:
    """Numbers and flags as they are: sentences format and test them."""
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    return value if isinstance(value, int | float | None) else shown(value)


def _render_text(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    level = event.pop("level").upper()
    return f"{level} {message(event.pop('event'), event)}"


def _render_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"at": at, **event}, ensure_ascii=False, default=str)
    return json_safe(line, sys.stderr.encoding)
