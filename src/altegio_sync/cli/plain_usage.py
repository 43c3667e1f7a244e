"""Makes plain the text that the user typed, when an error of wrong use repeats it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup
from typer.exceptions import TyperException

from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator


class PlainUsageErrors(TyperGroup):
    """The commands; unknown options and wrong values are shown without control characters."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        with _plain_errors():
            return super().make_context(*args, **options)

    def invoke(self, *args: Any) -> Any:
        with _plain_errors():
            return super().invoke(*args)


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        error.message = plain(error.message)
        raise
