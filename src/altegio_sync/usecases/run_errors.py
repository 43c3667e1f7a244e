"""Turns an error that ended work into the error of a report."""

from __future__ import annotations

from altegio_sync.domain.report import RunError
from altegio_sync.errors import (
    AltegioError,
    AltegioSyncError,
    AuthenticationError,
    LeaseHeldError,
    LeaseLostError,
    RateLimitedError,
    StoreError,
)
from altegio_sync.messages import sync as texts


def to_run_error(error: AltegioSyncError, company: str | None = None) -> RunError:
    """The error as a report has it."""
    match error:
        case AuthenticationError():
            code = "unauthorized"
        case RateLimitedError():
            code = "rate_limited"
        case AltegioError():
            code = "fetch_failed"
        case LeaseHeldError():
            code = "lease_held"
        case LeaseLostError():
            code = "lease_lost"
        case StoreError():
            code = "store_failed"
        case _:
            code = "config"
    is_altegio = isinstance(error, AltegioError)
    message = texts.FETCH_FAILED(reason=error.message) if is_altegio else error.message
    return RunError(code, message, company)
