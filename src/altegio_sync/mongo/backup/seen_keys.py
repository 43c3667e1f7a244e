"""Finds out whether a key occurs twice, without keeping the keys."""

from __future__ import annotations

import hashlib
from array import array


class SeenKeys:
    """Notices a key that occurs twice, with eight bytes of memory for each key.

    Two different keys have the same digest about once in 10^19 pairs: "twice" is nearly certain,
    and "never twice" is certain.
    """

    def __init__(self) -> None:
        self._digests = [array("Q") for _ in range(256)]

    def add(self, key: bytes) -> None:
        digest = hashlib.blake2b(key, digest_size=8).digest()
        self._digests[digest[0]].append(int.from_bytes(digest, "big"))

    def has_one_twice(self) -> bool:
        return any(len(set(each)) < len(each) for each in self._digests)
