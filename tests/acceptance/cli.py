"""The command as a process of its own, against the sandbox and a real MongoDB."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altegio_sync.sandbox import SandboxServer
from tests.acceptance.warm import Started, Streams, warm_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from altegio_sync.sandbox import Locations, School

PARTNER_TOKEN = "tok-partner-SECRET-8431"
USER_TOKEN = "tok-user-SECRET-9352"
#: Settings without a limit of requests.
UNLIMITED = {"ALTEGIO_REQUESTS_PER_SECOND": "0", "ALTEGIO_REQUESTS_PER_MINUTE": "0"}


def unlimited_sandbox(served: School | Locations) -> SandboxServer:
    """A sandbox with these tokens and without limits of its own, so that no test waits."""
    return SandboxServer(
        served,
        token=PARTNER_TOKEN,
        user_token=USER_TOKEN,
        requests_per_second=0,
        requests_per_minute=0,
    )


#: Longer than the 3 minutes for which a request is tried again.
_TIMEOUT_S = 200
#: With an interpreter of its own: for what depends on the start-up. All else runs by `Cli`.
COMMAND = [sys.executable, "-m", "altegio_sync"]
PASSWORD = "pass-SECRET-7264"
#: Settings under which nobody answers. PyMongo leaves a socket whose connecting was called off to
#: the garbage collector (4.20), which complains of it at times.
NO_MONGODB = {
    "DB_URI": f"mongodb://someone:{PASSWORD}@127.0.0.1:9/school",
    "PYTHONWARNINGS": "error,ignore:unclosed <socket:ResourceWarning",
}


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed


@dataclass
class Cli:
    """Runs commands in a folder of their own, with nothing of the caller's settings."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @classmethod
    def against(cls, folder: Path, server: SandboxServer, school: School, db_uri: str) -> Cli:
        return cls(
            folder,
            {
                "ALTEGIO_API_URL": server.url,
                "ALTEGIO_COMPANY_ID": school.company_id,
                "ALTEGIO_COMPANY_TOKEN": PARTNER_TOKEN,
                "ALTEGIO_USER_TOKEN": USER_TOKEN,
                "ALTEGIO_SERVICE_IDS": ",".join(school.individual_service_ids),
                "ALTEGIO_TRIAL_SERVICE_IDS": ",".join(school.trial_service_ids),
                "DB_URI": db_uri,
            },
        )

    def environment(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ALTEGIO_") and name != "DB_URI"
        }
        # No test leaves files in the data folder of the user who runs it.
        kept["XDG_DATA_HOME"] = str(self.folder / ".data")
        settings = self.settings | {"PYTHONWARNINGS": "error"} | dict(changes)
        return kept | {name: value for name, value in settings.items() if value is not None}

    def start(self, *arguments: str, **changes: str | None) -> Started:
        return self.start_on(Streams(), *arguments, **changes)

    def start_on(self, streams: Streams, *arguments: str, **changes: str | None) -> Started:
        return warm_process().start(arguments, self.folder, self.environment(changes), streams)

    def answer(self, text: str, *arguments: str, **changes: str | None) -> Ran:
        """Run a command that reads this text."""
        with tempfile.TemporaryFile() as answers:
            answers.write(text.encode())
            answers.seek(0)
            return _wait(self.start_on(Streams(answers.fileno()), *arguments, **changes))

    def run(self, *arguments: str, **changes: str | None) -> Ran:
        return _wait(self.start(*arguments, **changes))


def _wait(started: Started) -> Ran:
    with started as process:
        out, err = process.communicate(timeout=_TIMEOUT_S)
        return Ran(process.wait(), out, err)
