"""The file of a dump, as `mongodump` writes it: BSON documents in a row, often gzipped."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from contextlib import contextmanager
from io import BufferedReader
from typing import IO, TYPE_CHECKING, Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument

from altegio_sync.domain.dump import DumpDigest
from altegio_sync.errors import AltegioSyncError, ConfigError
from altegio_sync.messages import dumps as texts
from altegio_sync.messages.os_errors import os_reason
from altegio_sync.mongo.core.batches import batched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from altegio_sync.messages import Message

#: A dump may contain values that Python does not have: dates beyond its calendar, and texts that
#: are not UTF-8. Only their bytes are used, and documents are never encoded again.
_LENIENT: dict[str, Any] = {
    "datetime_conversion": DatetimeConversion.DATETIME_MS,
    "unicode_decode_error_handler": "replace",
}
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, **_LENIENT)
_DECODED: CodecOptions[dict[str, Any]] = CodecOptions(**_LENIENT)

_GZIP_MAGIC = b"\x1f\x8b"
_HEAD = 4
_SMALLEST = 5
#: The server's limit: 16 MiB for users, and 16 KiB more for its own fields.
_LARGEST = 16 * 1024 * 1024 + 16 * 1024
_BUFFER = 1024 * 1024


class DumpError(AltegioSyncError):
    """A dump cannot be written, or reads back differently."""


class UnreadableDumpError(ConfigError):
    """The file is no dump or is incomplete. The message never contains a part of the file."""


class Digesting:
    """Counts and hashes documents."""

    def __init__(self) -> None:
        self.documents = 0
        self._size = 0
        self._sha256 = hashlib.sha256()

    def add(self, raw: bytes | memoryview, documents: int = 1) -> None:
        self.documents += documents
        self._size += len(raw)
        self._sha256.update(raw)

    def result(self) -> DumpDigest:
        return DumpDigest(self.documents, self._size, self._sha256.hexdigest())


class DumpWriter:
    """Appends documents to a new file, which only its owner may read."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self._digesting = Digesting()

    @property
    def documents(self) -> int:
        return self._digesting.documents

    def write(self, raw: bytes) -> None:
        """Append one or several complete documents."""
        self._file.write(raw)
        self._digesting.add(raw, _count(raw))

    def result(self) -> DumpDigest:
        return self._digesting.result()


@contextmanager
def new_dump_file(path: Path) -> Iterator[DumpWriter]:
    """A new file. It is on the disk when the context ends."""
    with new_private_gzip(path) as file:
        yield DumpWriter(file)


@contextmanager
def new_private_gzip(path: Path) -> Iterator[gzip.GzipFile]:
    """A new gzipped file of mode 600; the same contents make the same bytes."""
    with (
        new_private_file(path) as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as zipped,
    ):
        yield zipped


@contextmanager
def new_private_file(path: Path) -> Iterator[IO[bytes]]:
    """A new file of mode 600. It is on the disk when the context ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _count(raw: bytes) -> int:
    """The number of documents in an answer of the server."""
    count = at = 0
    while at < len(raw):
        at += int.from_bytes(raw[at : at + _HEAD], "little")
        count += 1
    return count


def read_documents(path: Path) -> Iterator[RawBSONDocument]:
    """The documents of a `.bson` or `.bson.gz` file, in order. Each is decoded once to check it.

    Raises:
        UnreadableDumpError: the file is no dump or is damaged. Documents before were correct.
    """
    try:
        with path.open("rb") as file:
            yield from _documents(_unzipped(file, path), path)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UnreadableDumpError(texts.DAMAGED_ZIP(path=str(path))) from None
    except OSError as error:
        reason = texts.CANNOT_READ(path=str(path), reason=os_reason(error))
        raise UnreadableDumpError(reason) from None


def _unzipped(file: BufferedReader, path: Path) -> IO[bytes]:
    """Unzip the file if its contents are zipped. A file named `.gz` must be zipped."""
    if file.peek(len(_GZIP_MAGIC))[: len(_GZIP_MAGIC)] == _GZIP_MAGIC:
        return BufferedReader(gzip.GzipFile(fileobj=file, mode="rb"), _BUFFER)
    if path.suffix == ".gz":
        raise UnreadableDumpError(texts.NOT_GZIPPED(path=str(path)))
    return file


def _documents(file: IO[bytes], path: Path) -> Iterator[RawBSONDocument]:
    number = at = 0
    while head := file.read(_HEAD):
        number += 1
        place = texts.PLACE(path=str(path), number=number, byte=at)
        size = int.from_bytes(head, "little", signed=True)
        if len(head) < _HEAD:
            raise UnreadableDumpError(texts.CUT_OFF(place=place))
        if not _SMALLEST <= size <= _LARGEST:
            raise UnreadableDumpError(texts.NOT_BSON(place=place))
        raw = head + file.read(size - _HEAD)
        if len(raw) < size:
            raise UnreadableDumpError(texts.CUT_OFF(place=place))
        yield _checked(raw, place)
        at += size


def _checked(raw: bytes, place: Message) -> RawBSONDocument:
    try:
        decoded = bson.decode(raw, _DECODED)
    except (InvalidBSON, RecursionError):
        raise UnreadableDumpError(texts.NOT_BSON(place=place)) from None
    if "_id" not in decoded:
        raise UnreadableDumpError(texts.WITHOUT_ID(place=place))
    return RawBSONDocument(raw, RAW)


def batches(
    documents: Iterable[RawBSONDocument], *, most: int = 500, most_bytes: int = 4 * 1024 * 1024
) -> Iterator[list[RawBSONDocument]]:
    return batched(documents, most, size_of=lambda each: len(each.raw), most_size=most_bytes)
