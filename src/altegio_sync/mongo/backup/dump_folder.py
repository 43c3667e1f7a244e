"""The folder of a dump, laid out as by `mongodump --gzip`: `DATABASE/COLLECTION.bson.gz`.

Looked up in the source of MongoDB's database tools: names are percent-encoded, one that gets too
long for a file is cut and ends in a hash; `COLLECTION.metadata.json.gz` holds the options and the
indexes as canonical extended JSON, `prelude.json.gz` the server's version (from 100.12 on).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from altegio_sync.errors import ConfigError
from altegio_sync.messages import dumps as texts
from altegio_sync.mongo.backup.dump_file import DumpError, UnreadableDumpError, new_private_gzip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from altegio_sync.messages import Message

PRELUDE = "prelude.json.gz"
_LONGEST_NAME = 238
_CUT_NAME = 208
_MOST_METADATA = 16 * 1024 * 1024
_SUFFIXES = (".bson.gz", ".bson")


def default_target(now: datetime) -> Path:
    """In the working directory, by the local time; two of them sort by age."""
    return Path(f"altegio-backup-{now.astimezone():%Y%m%d-%H%M%S}")


def file_stem(collection: str) -> str:
    """The collection's name as the beginning of a file's; a space is written as a plus."""
    escaped = quote_plus(collection, safe="")
    if len(escaped) <= _LONGEST_NAME:
        return escaped
    digest = hashlib.sha1(collection.encode(), usedforsecurity=False).digest()
    return f"{escaped[:_CUT_NAME]}%24{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _possible_stems(collection: str) -> list[str]:
    """As `mongodump` writes the name today, and as it and this program wrote it before."""
    earlier = (quote(collection, safe=""), quote(collection, safe="$&+=:@"))
    plain = () if "/" in collection else (collection,)
    return list(dict.fromkeys([file_stem(collection), *earlier, *plain]))


def _may_be_of(file: Path, collection: str) -> bool:
    """False where the metadata beside the file name another collection: `a+b` may be of `a b`."""
    stem = file.name.partition(".bson")[0]
    for name, opened in ((f"{stem}.metadata.json.gz", gzip.open), (f"{stem}.metadata.json", open)):
        try:
            with opened(file.with_name(name), "rb") as metadata:
                name_inside = json.loads(metadata.read(_MOST_METADATA)).get("collectionName")
        except (OSError, EOFError, zlib.error, ValueError, AttributeError, RecursionError):
            continue  # there is none, or it is of no use: the name of the file counts
        return not isinstance(name_inside, str) or name_inside == collection
    return True


def usable_target(path: Path) -> Path:
    """The place for a new dump.

    Raises:
        ConfigError: something is there already; an empty folder is taken over.
    """
    try:
        target = path.resolve()
        is_taken = any(target.iterdir()) if target.is_dir() else os.path.lexists(target)
    except OSError as error:
        raise ConfigError(_cannot_write(path, error)) from None
    if is_taken:
        raise ConfigError(texts.TAKEN(path=str(path)))
    return target


def _cannot_write(path: Path, error: OSError) -> Message:
    return texts.CANNOT_WRITE(path=str(path), reason=error.strerror)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its name at the end, and is gone when all fails.

    Only its owner may enter it. What is under the target's name is therefore whole, always.

    Raises:
        ConfigError: it cannot be made there, or something else got there first.
        DumpError: it cannot be written to its end.
    """
    partial = _make_partial(target)
    try:
        yield partial
        for folder in (*(each for each in partial.iterdir() if each.is_dir()), partial):
            _sync(folder)
        _give_name(partial, target)
        _sync(target.parent)
    except OSError as error:
        raise DumpError(_cannot_write(target, error)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _make_partial(target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = tempfile.mkdtemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent)
    except OSError as error:
        raise ConfigError(_cannot_write(target, error)) from None
    return Path(made)


def _give_name(partial: Path, target: Path) -> None:
    try:
        partial.rename(target)  # an empty folder gives way, nothing else does
    except (FileExistsError, NotADirectoryError):
        raise ConfigError(texts.TAKEN_NOW(path=str(target))) from None
    except OSError:
        usable_target(target)
        raise


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    with new_private_gzip(path) as file:
        file.write(text.encode())


def check_there(path: Path) -> None:
    """Before anybody is connected to for it.

    Raises:
        ConfigError: nothing is there, or it may not be looked at.
    """
    try:
        path.stat()
    except OSError as error:
        raise ConfigError(texts.NOT_THERE(path=str(path), reason=error.strerror)) from None


def find_dump_file(path: Path, database: str, collection: str) -> Path:
    """The file of the collection: the path itself, or in that folder or a database's in it.

    Raises:
        ConfigError: it is not there, or there are several to choose from.
    """
    if path.is_file():
        return path
    try:
        folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())]
    except OSError as error:
        reason = texts.CANNOT_READ(path=str(path), reason=error.strerror)
        raise UnreadableDumpError(reason) from None
    names = [stem + suffix for stem in _possible_stems(collection) for suffix in _SUFFIXES]
    files = (folder / name for folder in folders for name in names)
    found = [each for each in files if each.is_file() and _may_be_of(each, collection)]
    of_database = [each for each in found if each.parent.name == database]
    if len(found) != 1 and len(of_database) == 1:
        found = of_database
    if not found:
        raise ConfigError(texts.NOT_IN_FOLDER(path=str(path), collection=collection, name=names[0]))
    if len(found) > 1:
        several = texts.SEVERAL_IN_FOLDER(path=str(path), count=len(found), collection=collection)
        raise ConfigError(several)
    return found[0]
