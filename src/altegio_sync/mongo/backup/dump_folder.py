"""The folder of a dump, laid out as by `mongodump --gzip`: `DATABASE/COLLECTION.bson.gz`.

This is the layout in the source of MongoDB's database tools. Names are percent-encoded; a name that
is too long for a file is cut and ends in a hash. `COLLECTION.metadata.json.gz` has the options and
the indexes as canonical extended JSON. `prelude.json.gz` has the server's version (since 100.12).
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
from altegio_sync.messages.files import CANNOT_WRITE
from altegio_sync.messages.os_errors import os_reason
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
    """A folder in the working directory, named by the local time, so that names sort by age."""
    return Path(f"altegio-backup-{now.astimezone():%Y%m%d-%H%M%S}")


def file_stem(collection: str) -> str:
    """The file's name without its ending: the collection's name, encoded, with + for a space."""
    escaped = quote_plus(collection, safe="")
    if len(escaped) <= _LONGEST_NAME:
        return escaped
    digest = hashlib.sha1(collection.encode(), usedforsecurity=False).digest()
    return f"{escaped[:_CUT_NAME]}%24{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _possible_stems(collection: str) -> list[str]:
    """The names that today's `mongodump`, earlier ones and earlier versions of this program use."""
    earlier = (quote(collection, safe=""), quote(collection, safe="$&+=:@"))
    plain = () if "/" in collection else (collection,)
    return list(dict.fromkeys([file_stem(collection), *earlier, *plain]))


def _may_be_of(file: Path, collection: str) -> bool:
    """False if the metadata name another collection: the file `a+b` may contain `a b`."""
    stem = file.name.partition(".bson")[0]
    for name, opened in ((f"{stem}.metadata.json.gz", gzip.open), (f"{stem}.metadata.json", open)):
        try:
            with opened(file.with_name(name), "rb") as metadata:
                name_inside = json.loads(metadata.read(_MOST_METADATA)).get("collectionName")
        except (OSError, EOFError, zlib.error, ValueError, AttributeError, RecursionError):
            continue  # no usable metadata: the name of the file counts
        return not isinstance(name_inside, str) or name_inside == collection
    return True


def usable_target(path: Path) -> Path:
    """The resolved path for a new dump.

    Raises:
        ConfigError: something exists there. An empty folder is allowed.
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
    return CANNOT_WRITE(path=str(path), reason=os_reason(error))


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target, which only its owner may enter.

    At the end it is renamed to the target; after an error it is deleted. So the target is always
    complete.

    Raises:
        ConfigError: the folder cannot be created, or the target appeared meanwhile.
        DumpError: the folder cannot be written completely.
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
        partial.rename(target)  # only an empty folder is replaced
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
    """Check that the path exists, before MongoDB is contacted.

    Raises:
        ConfigError: the path does not exist, or is not accessible.
    """
    try:
        path.stat()
    except OSError as error:
        raise ConfigError(texts.NOT_THERE(path=str(path), reason=os_reason(error))) from None


def find_dump_file(path: Path, database: str, collection: str) -> Path:
    """The file of the collection: the path itself, or a file in this folder or in its folders.

    Raises:
        ConfigError: there is no such file, or there are several.
    """
    if path.is_file():
        return path
    try:
        folders = [path, *sorted(each for each in path.iterdir() if each.is_dir())]
    except OSError as error:
        reason = texts.CANNOT_READ(path=str(path), reason=os_reason(error))
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
