"""Standard streams that never fail for a character: people's terminals are not all UTF-8."""

from __future__ import annotations

import codecs
import io
import sys

_HANDLER = "altegio-sync-readable"
#: What the program itself writes beside letters, for terminals that have ASCII alone.
_LOOKALIKES = {
    **dict(zip("█▓▒░", "#*:.", strict=True)),
    **dict(zip("–—−…→", ("-", "-", "-", "...", "->"), strict=True)),
    **dict(zip("’ʼ‘«»“”„", '\'\'\'"""""', strict=True)),
    "№": "No",
    "\u00a0": " ",
}


def make_streams_safe() -> None:
    """Replace what an output's encoding lacks, and what the input's encoding cannot read."""
    codecs.register_error(_HANDLER, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_LOOKALIKES.get(each, "?") for each in missing), error.end
