"""Standard streams that never fail because of a character: not every terminal uses UTF-8."""

from __future__ import annotations

import codecs
import io
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_HANDLER = "altegio-sync-readable"
#: The signs that the program itself prints, for terminals that have only ASCII.
_LOOKALIKES = {
    **dict(zip("█▓▒░", "#*:.", strict=True)),
    **dict(zip("–—−…→", ("-", "-", "-", "...", "->"), strict=True)),
    **dict(zip("’ʼ‘«»“”„", '\'\'\'"""""', strict=True)),
    "№": "No",
    "\u00a0": " ",
    "\u202f": " ",
}


def make_streams_safe() -> None:
    """Replace characters that an output cannot write or the input cannot read."""
    codecs.register_error(_HANDLER, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


class WatchedOutput:
    """An output that remembers its own failure, to distinguish it from any other OSError."""

    #: Whether any output was written to: after one result, no second result is printed.
    was_written = False

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        WatchedOutput.was_written = True
        with self._watching():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._watching():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error
            raise


@contextmanager
def watched_stdout() -> Iterator[WatchedOutput]:
    """Watch stdout within the context."""
    before = sys.stdout
    watched = WatchedOutput(before)
    sys.stdout = cast("TextIO", watched)
    try:
        yield watched
    finally:
        sys.stdout = before


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_LOOKALIKES.get(each, "?") for each in missing), error.end
