"""Finds a `mongod`, and checks whether it can read the stored data."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zoneinfo
from importlib.util import find_spec
from pathlib import Path

from altegio_sync.errors import ConfigError
from altegio_sync.messages import embedded as texts

_VERSION = re.compile(r"db version v([0-9]+)\.([0-9]+)\.([0-9]+)")
#: A zone folder that has these names is complete.
_SOME_ZONES = ("UTC", "Europe/Kiev", "America/New_York", "Asia/Almaty")
_MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared object")


def find_mongod() -> Path:
    """The `mongod` on PATH, else the one that the extra `embedded` installs.

    Raises:
        ConfigError: there is neither; the text says what to install.
    """
    if on_path := shutil.which("mongod"):
        return Path(on_path)
    if (in_wheel := _wheel_mongod()) is not None:
        return in_wheel
    if sys.platform == "win32":
        raise ConfigError(texts.NOT_ON_WINDOWS())
    raise ConfigError(texts.NO_MONGOD())


def _wheel_mongod() -> Path | None:
    spec = find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        mongod = Path(folder, "db", "bin", "mongod")
        if mongod.is_file():
            return mongod
    return None


def time_zone_folder() -> str:
    """The folder of this machine's time zones, for the server; empty where there is none.

    A server's built-in zones are as old as the server.
    """
    package = find_spec("tzdata")
    packaged = (package.submodule_search_locations or []) if package else []
    for folder in (*zoneinfo.TZPATH, *(f"{each}/zoneinfo" for each in packaged)):
        # The server does not start with a folder that contains no zones.
        if all(Path(folder, each).is_file() for each in _SOME_ZONES):
            return folder
    return ""


def mongod_version(mongod: Path) -> str:
    """The version, such as "6.0.5".

    Raises:
        ConfigError: `mongod` does not run; the message names a missing system library.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - the mongod that was found
            [mongod, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        kind = type(error).__name__
        raise ConfigError(texts.DOES_NOT_RUN(mongod=str(mongod), reason=kind)) from None
    if match := _VERSION.search(ran.stdout):
        return ".".join(match.groups())
    if missing := _MISSING_LIBRARY.search(ran.stderr):
        library = missing[1]
        is_curl = library.startswith("libcurl")
        package = "libcurl4" if is_curl else texts.PACKAGE_WITH(library=library)
        raise ConfigError(texts.NEEDS_LIBRARY(mongod=str(mongod), library=library, package=package))
    reason = texts.EXIT_CODE(code=ran.returncode)
    raise ConfigError(texts.DOES_NOT_RUN(mongod=str(mongod), reason=reason))


def refuse_unreadable_data(record: Path, version: str) -> None:
    """Check that a MongoDB of this version can read the data.

    MongoDB reads only the data of its own major version and of the version before it.

    Raises:
        ConfigError: ``record`` names another version, which created the data.
    """
    try:
        made_by = str(json.loads(record.read_text(encoding="utf-8"))["version"])
        data_major = int(made_by.split(".")[0])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(texts.UNREADABLE_RECORD(record=str(record))) from None
    if int(version.split(".")[0]) - data_major not in (0, 1):
        raise ConfigError(
            texts.DATA_OF_ANOTHER_VERSION(
                folder=str(record.parent), made_by=made_by, version=version
            )
        )


def record_version(record: Path, version: str) -> None:
    """Write the version once, when the data is created: later servers do not change its format."""
    if record.exists():
        return
    draft = record.with_suffix(".draft")
    draft.write_text(json.dumps({"version": version}), encoding="utf-8")
    draft.chmod(0o600)  # independent of the umask
    draft.replace(record)
