"""Log lines on stderr: a level word, then ids and counts, never private data or a secret."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal

import structlog

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.messages import Message, Template, render
from altegio_sync.messages import logs as texts
from altegio_sync.messages.foreign_text import json_safe, plain
from altegio_sync.messages.words import BECAUSE, some_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

    from altegio_sync.messages.template import Field

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


#: How the outcome of an appointment reads to people.
_OUTCOMES = {
    Outcome.SAVED: texts.OUTCOME_SAVED,
    Outcome.UPDATED: texts.OUTCOME_UPDATED,
    Outcome.DUPLICATE: texts.OUTCOME_DUPLICATE,
    Outcome.STALE: texts.OUTCOME_STALE,
    Outcome.FAILED: texts.OUTCOME_FAILED,
    Outcome.SKIPPED: texts.OUTCOME_SKIPPED,
}
_REASONS = {
    SkipReason.SERVICE: texts.SKIPPED_SERVICE,
    SkipReason.NO_CRM_ID: texts.SKIPPED_NO_CRM_ID,
    SkipReason.TEACHER_NOT_FOUND: texts.SKIPPED_NO_TEACHER,
    SkipReason.INVALID: texts.SKIPPED_INVALID,
}
#: The sentence of each event; `--log-format json` shows the event's name and fields instead.
_SENTENCES = {each.code: each for each in vars(texts).values() if isinstance(each, Template)}


class _Stderr:
    """Looks up stderr for every line, since a progress bar replaces it."""

    def msg(self, message: str) -> None:
        # A run must not end because its terminal was closed and a log line cannot be written.
        with suppress(OSError):
            print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is where logs go

    debug = info = warning = error = msg


class Redaction:
    """Masks secrets in texts, wherever they come from."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def configure_logging(log_format: LogFormat, level: LogLevel, secrets: Iterable[str] = ()) -> None:
    """Set up the log once for each command: its format, and the secrets to mask."""
    to_line = _render_json if log_format == "json" else _render_text
    redact = Redaction(secrets)

    def last(logger: WrappedLogger, name: str, event: EventDict) -> str:
        return redact(to_line(logger, name, event))

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=False,
    )


@contextmanager
def named_in_log(school: str) -> Iterator[None]:
    """Within this context, each line of the log names the school."""
    with structlog.contextvars.bound_contextvars(school=school):
        yield


def get_logger() -> FilteringBoundLogger:
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def message(event: str, fields: Mapping[str, Any]) -> str:
    """The event as a sentence; an event without a sentence shows its own message, or its fields."""
    known = {name: _to_field(value) for name, value in fields.items()}
    if "message" in known:
        return render(texts.OWN_MESSAGE(message=known["message"]))
    match event:
        case "appointment":
            return render(_appointment(known))
        case "vanished":
            return render(_vanished(known))
        case "sync_started" if known["first"] == known["last"]:
            del known["last"]
            return render(texts.SYNC_OF_DAY_STARTED(**known))
        case _ if (template := _SENTENCES.get(event)) is not None:
            return render(template(**{name: known[name] for name in template.placeholders}))
        case _:
            return plain(" ".join([event, *(f"{name}={each}" for name, each in known.items())]))


def _appointment(fields: Mapping[str, Any]) -> Message:
    known_by = fields["appointment_id"] or texts.WITHOUT_ID()
    outcome = _OUTCOMES[fields["outcome"]]()
    reason = _REASONS[fields["reason"]]() if fields["reason"] else None
    detail = fields["detail"]
    if not reason and not detail:
        return texts.APPOINTMENT(appointment_id=known_by, outcome=outcome)
    both = BECAUSE(what=reason, reason=detail) if reason and detail else reason or detail
    return texts.APPOINTMENT_BECAUSE(appointment_id=known_by, outcome=outcome, reason=both)


def _vanished(fields: Mapping[str, Any]) -> Message:
    if "appointment_ids" in fields:
        ids = fields["appointment_ids"]
        several = texts.SEVERAL_VANISHED_DRY if fields["dry_run"] else texts.SEVERAL_VANISHED
        return several(count=len(ids), ids=some_ids(ids))
    template = texts.VANISHED_DRY if fields["dry_run"] else texts.VANISHED
    return template(appointment_id=fields["appointment_id"])


def _to_field(value: object) -> Field:
    """Numbers and flags stay unchanged: sentences format and test them."""
    if isinstance(value, Message | str | int | float | date | None):
        return value
    return [_to_field(each) for each in value] if isinstance(value, list | tuple) else str(value)


def _render_text(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    level = event.pop("level").upper()
    school = event.pop("school", None)
    of_school = "" if school is None else f"{plain(school)}: "
    return f"{level} {of_school}{message(event.pop('event'), event)}"


def _render_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"at": at, **event}, ensure_ascii=False, default=str)
    return json_safe(line, sys.stderr.encoding)
