"""Warnings as log lines: a repeated warning becomes one line with a count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Warnings of this kind are logged once for all appointments, if their other fields are equal.
_BY_APPOINTMENT = ("vanished",)
#: A run without a bar shows why it waits, so the first of these warnings is logged at once.
_RETRIES = ("retry", "retry_rate_limited")
#: Logged with `-q` as well, because the status will be wrong afterwards, documents are ignored,
#: nothing happens for a while, or people get no message about a failure.
_ALWAYS = ("report_not_kept", "passed_over", "waiting_for_lease", "notify_failed", "ping_failed")
#: Only runs that show their progress log these warnings about requests.
_OF_REQUESTS = (*_RETRIES, "own_budget")


def log_warning(event: str, /, **fields: object) -> None:
    """The warnings of a command that shows no progress."""
    if event not in _OF_REQUESTS:
        get_logger().warning(event, **fields)


class RepeatedWarnings:
    """Takes the warnings of a run; `flush` logs what was collected."""

    def __init__(self, *, is_quiet: bool, is_verbose: bool) -> None:
        self._log = get_logger()
        self._is_quiet = is_quiet
        self._is_verbose = is_verbose
        self._ids: dict[tuple[str, tuple[tuple[str, object], ...]], list[str]] = {}
        self._retries: dict[tuple[str, object], int] = {}

    def add(self, event: str, fields: Mapping[str, object]) -> None:
        if event in _BY_APPOINTMENT:
            others = {name: each for name, each in fields.items() if name != "appointment_id"}
            kind = (event, tuple(others.items()))
            self._ids.setdefault(kind, []).append(str(fields["appointment_id"]))
            return
        if event in _RETRIES:
            retry = (event, fields["reason"])
            self._retries[retry] = self._retries.get(retry, 0) + 1
            if self._retries[retry] > 1:
                return
        self._warn(event, **fields)

    def flush(self) -> None:
        for (event, fields), ids in self._ids.items():
            if len(ids) == 1 or self._is_verbose:
                for each in ids:
                    self._warn(event, appointment_id=each, **dict(fields))
            else:
                self._warn(event, appointment_ids=ids, **dict(fields))
        for (event, reason), count in self._retries.items():
            if count > 1:
                self._warn("repeated", reason=reason, count=count, repeated=event)
        self._ids.clear()
        self._retries.clear()

    def _warn(self, event: str, /, **fields: object) -> None:
        """With `-q`, stderr shows few warnings, some only once a day. The log file has all."""
        if self._is_quiet and (event not in _ALWAYS or fields.get("is_repeated")):
            fields["file_only"] = True
        self._log.warning(event, **fields)
