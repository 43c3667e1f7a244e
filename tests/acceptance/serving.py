"""`altegio-sync serve` as a process of its own."""

from __future__ import annotations

import re
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import httpx2

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from tests.acceptance.cli import Cli
    from tests.acceptance.warm import Started

HOOK_SECRET = "hook-SECRET-6130-" + "x" * 20
#: Far longer than anything takes, also on a busy machine.
PATIENCE_S = 60.0
_AT = re.compile(r"http://\S+:[0-9]+")


@dataclass
class Serving:
    """A `serve` at work, at a free port, with a secret; ended by SIGTERM unless killed before."""

    cli: Cli
    options: tuple[str, ...] = ()
    changes: dict[str, str | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    code: int | None = None

    def __enter__(self) -> Self:
        settings: dict[str, str | None] = {"ALTEGIO_HOOK_SECRET": HOOK_SECRET}
        arguments = ("serve", "--port", "0", *self.options)
        self.process: Started = self.cli.start(*arguments, **(settings | self.changes))
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self.wait_for(lambda: any(map(_AT.search, self.lines)))
        except BaseException:
            self.kill()
            raise
        [address, *_] = filter(None, map(_AT.search, self.lines))
        self.url = address[0].rstrip(":")
        self.client = httpx2.Client(base_url=self.url, timeout=PATIENCE_S)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.client.close()
        self.stop()

    @property
    def log(self) -> str:
        return "".join(self.lines)

    @property
    def hook_url(self) -> str:
        """The address for webhooks."""
        return f"{self.url}/hooks/{HOOK_SECRET}"

    def notify(self, record_id: int, *, secret: str = HOOK_SECRET, **fields: Any) -> int:
        """Send a notice as Altegio does; the status of the answer."""
        event = {"company_id": 77, "resource": "record", "resource_id": record_id}
        body = event | {"status": "update"} | fields
        return self.client.post(f"/hooks/{secret}", json=body).status_code

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < deadline, self.log
            assert self.process.poll() is None, self.log
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the process, and return its exit code."""
        self.process.send_signal(number)
        self.code = self.process.wait(PATIENCE_S)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self.lines.append(line)
