"""Tells whether any key of very many occurs twice, in flat memory."""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from array import array
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGEST_BYTES = 8


class RepeatedKeys:
    """Keeps a short digest of every key: sorted runs in temporary files, merged in the end.

    Two keys may have one digest once in billions of pairs, so a "yes" is very nearly sure, a "no"
    is sure.
    """

    def __init__(self, run_length: int = 1 << 17) -> None:
        self._run_length = run_length
        self._run = array("Q")
        self._files: list[IO[bytes]] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, key: bytes) -> None:
        digest = hashlib.blake2b(key, digest_size=_DIGEST_BYTES).digest()
        self._run.append(int.from_bytes(digest, "little"))
        if len(self._run) >= self._run_length:
            self._spill()

    def found(self) -> bool:
        previous: int | None = None
        for digest in heapq.merge(*map(_read, self._files), sorted(self._run)):
            if digest == previous:
                return True
            previous = digest
        return False

    def _spill(self) -> None:
        file = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed with all
        array("Q", sorted(self._run)).tofile(file)
        self._files.append(file)
        self._run = array("Q")


def _read(file: IO[bytes]) -> Iterator[int]:
    file.seek(0)
    while part := file.read(_DIGEST_BYTES * 1024):
        yield from array("Q", part)
