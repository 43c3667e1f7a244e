"""All errors that altegio-sync raises, as one tree. The type shows what the caller can do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from altegio_sync.messages import Message, as_message

if TYPE_CHECKING:
    from collections.abc import Iterator


#: The HTTP status that refuses the tokens; 403 refuses a right.
UNAUTHORIZED = 401


class AltegioSyncError(Exception):
    """The base of all errors with a message for people; ``str()`` is the English text."""

    def __init__(self, message: Message | str) -> None:
        super().__init__(message)
        self._message = message

    @property
    def message(self) -> Message:
        return as_message(self._message)


class ConfigError(AltegioSyncError):
    """The settings or the arguments must be changed first."""


class UnusableSettingsError(ConfigError):
    """Settings are missing or wrong, so that the command could not begin."""


class AltegioError(AltegioSyncError):
    """Altegio did not answer the request as needed."""


class AltegioUnavailableError(AltegioError):
    """Trying later may help: the network, a timeout, 5xx, a proxy's page, half an answer."""

    def __init__(self, message: Message | str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimitedError(AltegioUnavailableError):
    """Altegio refused because of its request limit; ``retry_after_s`` is the time to wait."""


class NotAltegioError(AltegioError):
    """The server at the address is not Altegio, or may not be Altegio: correct the settings."""


class AltegioRejectedError(AltegioError):
    """Trying again cannot help: Altegio understood the request and refused it (``status``)."""

    def __init__(self, message: Message | str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class AuthenticationError(AltegioRejectedError):
    """A token is wrong, or its user lacks a right."""


class NotFoundError(AltegioRejectedError):
    """Altegio does not know the location or the appointment.

    ``asked_at`` is when the request started, by `steady_now`.
    """

    asked_at: float | None = None


class UnexpectedAnswerError(AltegioError):
    """The shape of an answer is not known."""


class StoreError(AltegioSyncError):
    """MongoDB refused or failed."""


class StoreUnavailableError(StoreError):
    """MongoDB is out of reach: trying later may help."""


class BudgetUnavailableError(StoreUnavailableError):
    """The database of the request budget is out of reach, where it is not the school's own."""


class StoreRightError(StoreError):
    """The user of the database's address may not do this."""


class LeaseHeldError(StoreError):
    """Another run works on the same company."""


class LeaseLostError(StoreError):
    """Another run took over the company, because this run did not renew its lease in time."""


def first_error(group: BaseExceptionGroup[AltegioSyncError]) -> AltegioSyncError:
    """The first error of tasks that ran at the same time."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, AltegioSyncError)  # noqa: S101 - narrows for mypy
    return error


@contextmanager
def ungrouped() -> Iterator[None]:
    """Turn a group of errors, from tasks at the same time, into its first error."""
    try:
        yield
    except ExceptionGroup as group:
        ours, others = group.split(AltegioSyncError)
        if ours is None or others is not None:
            raise
        raise first_error(ours) from None
