"""A real headless Chromium, driven through the pipe that it offers: no port, no driver."""

from __future__ import annotations

import base64
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    Message = dict[str, Any]

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--font-render-hinting=none"),
    # Every host but this machine's own is unknown: nothing is asked of a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)
_ANSWERS_WITHIN_S = 60.0
_PR_SET_PDEATHSIG = 1
#: It reads commands from file 3 and answers in file 4; ours stand higher, out of the way.
_LOWEST_FILE = 10
_START = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4);"
    "os.execv(sys.argv[3], sys.argv[3:])"
)


def find_chromium() -> str | None:
    """The browser's path; None when there is none, or one that does not start."""
    for name in _NAMES:
        path = shutil.which(name)
        if path is None:
            continue
        # On some systems the name stands for advice on what to install.
        ran = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
        if ran.returncode == 0:
            return path
    return None


class Browser:
    """Sends commands of the DevTools protocol, and keeps the events that come meanwhile."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._unread = b""
        self._last_id = 0
        self.events: list[Message] = []

    def call(self, method: str, *, session: str | None = None, **params: Any) -> Message:
        """The result of a command; RuntimeError when the browser refuses it."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._last_id:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: Message = answer["result"]
        return result

    def wait_for(self, method: str, session: str) -> None:
        while not any(
            each.get("method") == method and each.get("sessionId") == session
            for each in self.events
        ):
            self.events.append(self._read())

    def open(
        self,
        url: str,
        *,
        width: int = 1280,
        scheme: Literal["light", "dark"] = "light",
        scale: float = 1,
    ) -> Tab:
        """The page, loaded, as on a screen of that width, in a window of its own."""
        target = self.call("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = Tab(self, attached["sessionId"])
        for domain in ("Page", "Network", "Log", "Runtime"):
            tab.call(f"{domain}.enable")
        tab.call(
            "Emulation.setDeviceMetricsOverride",
            **{"width": width, "height": 800, "deviceScaleFactor": scale, "mobile": width < 600},
        )
        wanted = [{"name": "prefers-color-scheme", "value": scheme}]
        tab.call("Emulation.setEmulatedMedia", features=wanted)
        tab.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired", tab.session)
        return tab

    def close_tabs(self) -> None:
        """Close every page, and with it the connections that it keeps open."""
        for each in self.call("Target.getTargets")["targetInfos"]:
            if each["type"] == "page":
                self.call("Target.closeTarget", targetId=each["targetId"])
        self.events.clear()

    def _read(self) -> Message:
        deadline = time.monotonic() + _ANSWERS_WITHIN_S
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._answers], [], [], deadline - time.monotonic())
            part = os.read(self._answers, 1 << 20) if ready else b""
            if not part:
                raise TimeoutError("Chromium has ended, or does not answer")
            self._unread += part
        text, _, self._unread = self._unread.partition(b"\0")
        message: Message = json.loads(text)
        return message


@dataclass
class Tab:
    """A loaded page."""

    browser: Browser
    session: str
    _unread: list[Message] = field(default_factory=list)

    def call(self, method: str, **params: Any) -> Message:
        return self.browser.call(method, session=self.session, **params)

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        fields = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **fields)
        self.call("Input.dispatchKeyEvent", type="keyUp", **fields)

    def events(self, method: str) -> list[Message]:
        return [
            each["params"]
            for each in self.browser.events
            if each.get("method") == method and each.get("sessionId") == self.session
        ]

    @property
    def requested(self) -> list[str]:
        return [each["request"]["url"] for each in self.events("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """What stands in the console: of scripts, of the policy, of what could not be loaded."""
        told = [each["entry"]["text"] for each in self.events("Log.entryAdded")]
        told += [str(each["args"]) for each in self.events("Runtime.consoleAPICalled")]
        return told + [str(each) for each in self.events("Runtime.exceptionThrown")]

    def picture(self, height: int | None = None) -> bytes:
        """A PNG of the page as long as it is, or of its top."""
        # A page behind another one is not drawn at once, on a busy machine not at all.
        self.call("Page.bringToFront")
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        height = height or size["height"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1}
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(taken["data"])


@contextmanager
def running_chromium(path: str) -> Iterator[Browser]:
    """A browser with a profile of its own, both gone at the end."""
    their_commands, commands = os.pipe()
    answers, their_answers = os.pipe()
    theirs = [fcntl.fcntl(each, fcntl.F_DUPFD, _LOWEST_FILE) for each in
              (their_commands, their_answers)]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="altegio-chromium-", ignore_cleanup_errors=True) as own:
        start = [sys.executable, "-c", _START, *map(str, theirs)]
        process = subprocess.Popen(
            [*start, path, *_FLAGS, f"--user-data-dir={own}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=theirs,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        for each in (their_commands, their_answers, *theirs):
            os.close(each)
        try:
            browser = Browser(commands, answers)
            yield browser
            browser.call("Browser.close")
            process.wait(timeout=120)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(commands)
            os.close(answers)


def _die_with_parent() -> None:
    """A test run that is killed leaves no browser behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
