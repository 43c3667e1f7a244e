"""Log lines on stderr: a level word, then ids and counts, never private data or a secret."""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

import structlog

from altegio_sync.domain.counts import Outcome
from altegio_sync.domain.lessons import SkipReason
from altegio_sync.messages import Message, Template
from altegio_sync.messages import logs as texts
from altegio_sync.messages.foreign_text import json_safe, plain
from altegio_sync.messages.os_errors import os_reason
from altegio_sync.messages.rendering import render_for_log
from altegio_sync.messages.words import BECAUSE, some_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

    from altegio_sync.messages.template import Field

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
_LEVELS = get_args(LogLevel)
#: Of syslog, as the journal reads them at the beginning of a line.
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3}

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

    def __init__(self, least: LogLevel) -> None:
        self._least = _LEVELS.index(least)
        self._to_journal = _is_journal(2)

    @property
    def is_quiet(self) -> bool:
        return self._least >= _LEVELS.index("warning")

    def write(self, level: str, line: str) -> None:
        if _LEVELS.index(level) < self._least:
            return
        if self._to_journal:
            line = "\n".join(f"<{_PRIORITIES[level]}>{each}" for each in line.split("\n"))
        # A run must not end because its terminal was closed and a log line cannot be written.
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is where logs go


def _is_journal(descriptor: int) -> bool:
    """Whether systemd's journal reads this output: it names the device and the inode."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class _File:
    """A file that the lines are added to. It is opened for every line: it may be rotated."""

    path: Path | None = None
    #: One failure is reported. The next line is written again where that is possible.
    has_failed = False

    @classmethod
    def write(cls, line: str) -> OSError | None:
        """Add the line, and return the first failure."""
        try:
            cls.append(line)
        except OSError as error:
            is_first, cls.has_failed = not cls.has_failed, True
            return error if is_first else None
        return None

    @classmethod
    def append(cls, text: str) -> None:
        if cls.path is None:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(cls.path, flags, 0o600)
        try:
            os.write(descriptor, text.encode(errors="replace"))  # at once: other runs write too
        finally:
            os.close(descriptor)


def log_into(path: Path) -> None:
    """Add every later line to this file too, also the lines that `-q` keeps from stderr.

    Raises:
        OSError: the path cannot be written. A full disk is no such error: the run goes on.
    """
    _File.path = path.absolute()
    try:
        _File.append("")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise


class _Outputs:
    """Writes a line to stderr, and to the file where there is one."""

    def __init__(self, to_stderr: _Stderr, log_format: LogFormat) -> None:
        self._stderr = to_stderr
        self._log_format = log_format

    @property
    def is_quiet(self) -> bool:
        return self._stderr.is_quiet

    def _write(self, level: str, line: str, *, file_only: bool) -> None:
        if not file_only:
            self._stderr.write(level, line)
        dated = line if self._log_format == "json" else f"{_now()} {line}"
        failure = _File.write(f"{dated}\n")
        if failure is not None:
            get_logger().warning(
                "log_file_failed", file=str(_File.path), reason=os_reason(failure) or ""
            )

    def debug(self, line: str, *, file_only: bool = False) -> None:
        self._write("debug", line, file_only=file_only)

    def info(self, line: str, *, file_only: bool = False) -> None:
        self._write("info", line, file_only=file_only)

    def warning(self, line: str, *, file_only: bool = False) -> None:
        self._write("warning", line, file_only=file_only)

    def error(self, line: str, *, file_only: bool = False) -> None:
        self._write("error", line, file_only=file_only)


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
    outputs = _Outputs(_Stderr(level), log_format)
    # The file has what happened, also where -q keeps it from the screen.
    least = level if _File.path is None or level == "debug" else "info"

    def last(
        logger: WrappedLogger, name: str, event: EventDict
    ) -> tuple[tuple[str], dict[str, bool]]:
        """The line, and whether only the file gets it, as with -q a warning of the last day."""
        is_repeated = event.pop("is_repeated", False) and outputs.is_quiet
        file_only = event.pop("file_only", False) or is_repeated
        return (redact(to_line(logger, name, event)),), {"file_only": file_only}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=lambda *_: outputs,
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
        return render_for_log(texts.OWN_MESSAGE(message=known["message"]))
    match event:
        case "appointment":
            return render_for_log(_appointment(known))
        case "vanished":
            return render_for_log(_vanished(known))
        case "sync_started" if known["first"] == known["last"]:
            del known["last"]
            return render_for_log(texts.SYNC_OF_DAY_STARTED(**known))
        case _ if (template := _SENTENCES.get(event)) is not None:
            return render_for_log(template(**{name: known[name] for name in template.placeholders}))
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _render_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    line = json.dumps({"at": _now(), **event}, ensure_ascii=False, default=str)
    return json_safe(line, sys.stderr.encoding)
