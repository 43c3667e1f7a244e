"""The live page of `serve`, in a real Chromium: real processes, a real MongoDB, and the sandbox."""

from __future__ import annotations

import re
import signal
from base64 import b64encode
from datetime import date, datetime, time, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from altegio_sync.sandbox import School
from altegio_sync.sandbox.people import DISMISSED, TEACHERS
from tests.acceptance.cli import UNLIMITED, Cli, unlimited_sandbox
from tests.acceptance.serving import NO_POLL, Serving
from tests.mongod import running_mongod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from altegio_sync.messages.language import Language
    from tests.chromium import Browser, Tab
    from tests.mongod import RunningMongod

PHONE, DESKTOP = 375, 1280
PATIENCE_S = 60.0
SHOWN = """[document.title, ...[...document.querySelectorAll('body *, body')].flatMap(each => [
  [...each.childNodes].filter(child => child.nodeType === 3).map(child => child.data).join(' '),
  each.getAttribute('aria-label') || ''])].join('\\n')"""
WIDE = "[document.documentElement.scrollWidth, window.innerWidth]"
PROBLEM = "document.getElementById('problem').textContent"
NO_CONNECTION = "!document.getElementById('no-connection').hidden"
IS_LIVE = "!document.getElementById('is-live').hidden"
#: Where the keyboard is: the section, the element, and whether one sees it.
FOCUS = """(() => { const now = document.activeElement, box = now.getBoundingClientRect();
  const style = getComputedStyle(now);
  return [now.closest('section, header, footer, main')?.id || '', now.tagName, now.id,
    box.width > 0 && box.height > 0 && box.left >= 0 && box.right <= innerWidth + 1
    && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2] })()"""


class Stage:
    """A school, its sandbox, a MongoDB of its own, and the command."""

    def __init__(self, school: School, mongod: RunningMongod, cli: Cli) -> None:
        self.school = school
        self.mongod = mongod
        self.cli = cli
        self.day = datetime.now(school.zone).date()

    def book(self, record_id: int, hour: int) -> None:
        body = self.school.record(self._at(hour), f"Проба Вигадана {_lead(record_id)}")
        self.school.add(body | {"id": record_id})

    def move(self, record_id: int, hour: int) -> None:
        self.school.move(record_id, self._at(hour))

    def bring(self) -> None:
        """Let another process store what changed."""
        assert self.cli.run("changes", "--since", "1h", "-q").code == 0

    def _at(self, hour: int) -> datetime:
        return datetime.combine(self.day, time(hour))


def _lead(record_id: int) -> str:
    return f"48151{record_id}"


def hour_of(record_id: int) -> str:
    """The time at which the timetable shows the lesson; undefined if it does not."""
    return f"""[...document.querySelectorAll('.lesson')].find(
      each => each.textContent.includes('{_lead(record_id)}'))?.querySelector('time').textContent"""


@pytest.fixture
def browser(browser: Browser) -> Iterator[Browser]:
    """Without open pages at the end: a browser opens only six connections to a server."""
    yield browser
    browser.close_tabs()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, made_up_school: School) -> Iterator[Stage]:
    school = made_up_school.copy()
    server = unlimited_sandbox(school)
    with running_mongod() as mongod, server:
        folder = tmp_path_factory.mktemp("page")
        cli = Cli.against(folder, server, school, mongod.uri_of("school"))
        cli.settings |= UNLIMITED
        assert cli.run("sync", "last-7-days", "--update", "-q").code == 0
        yield Stage(school, mongod, cli)


@pytest.fixture(scope="module")
def serving(stage: Stage) -> Iterator[Serving]:
    with Serving(stage.cli, NO_POLL) as running:
        yield running
    assert running.code == 0


def wait_for(tab: Tab, expression: str) -> Any:
    """What the expression is, as soon as it is something."""
    deadline = monotonic() + PATIENCE_S
    while not (found := tab.evaluate(expression)):
        assert monotonic() < deadline, (expression, tab.evaluate(SHOWN), tab.complaints)
        sleep(0.05)
    return found


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [
        ("en", DESKTOP, "light"),
        ("uk", PHONE, "dark"),
        ("uk", DESKTOP, "dark"),
        ("en", PHONE, "light"),
    ],
)
def test_it_is_shown_whole_in_the_width_of_the_screen(
    browser: Browser, serving: Serving, language: Language, width: int, scheme: Any
) -> None:
    tab = browser.open(f"{serving.url}/?lang={language}", width=width, scheme=scheme)
    wait_for(tab, IS_LIVE)
    wait_for(tab, "document.querySelectorAll('.lesson').length > 5")

    assert tab.evaluate("document.documentElement.lang") == language
    assert tab.evaluate(WIDE) == [width, width]
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 22, 29)"
    assert dark is (scheme == "dark")
    assert tab.complaints == []
    assert {each.partition("/")[0] for each in _hosts(tab)} == {serving.url.partition("//")[2]}
    assert not tab.evaluate("document.cookie")


def _hosts(tab: Tab) -> list[str]:
    return [each.partition("//")[2] for each in tab.requested]


def test_a_moved_booking_moves_there_without_a_reload(
    browser: Browser, stage: Stage, serving: Serving
) -> None:
    stage.book(501, hour=12)
    stage.bring()
    tab = browser.open(f"{serving.url}/?day={stage.day}")
    # A page that was opened before anything was read is loaded once more.
    wait_for(tab, "!document.body.dataset.events.includes('seen=-')")
    wait_for(tab, f"{hour_of(501)} === '12:00'")
    tab.evaluate("window.isTheSame = true")

    stage.move(501, hour=17)
    assert serving.notify(501) == 204
    wait_for(tab, f"{hour_of(501)} === '17:00'")

    stage.move(501, hour=8)
    stage.bring()
    wait_for(tab, f"{hour_of(501)} === '08:00'")
    assert tab.evaluate("window.isTheSame")
    assert tab.complaints == []


def test_no_pupil_is_in_anything_that_is_served(stage: Stage, serving: Serving) -> None:
    month = timedelta(days=40)
    lessons = stage.school.lessons(stage.day - month, stage.day + month)
    pupils = [each["client"] for each in lessons]
    teachers = _words(" ".join(each["name"] for each in (*TEACHERS, *DISMISSED)))
    names = _words(" ".join(f"{each['name']} {each['surname']}" for each in pupils)) - teachers
    phones = {re.sub(r"\D", "", str(each["phone"])) for each in pupils} - {""}
    assert len(names) > 30
    assert len(phones) > 30

    days = [stage.day + timedelta(days=each) for each in range(-3, 1)]
    served = [
        serving.client.get(f"/{page}?lang=uk&day={each}").text
        for each in days
        for page in ("", "todo")
    ]
    served += [_first_events(serving, each) for each in days]
    served += [serving.client.get("/metrics").text, serving.log]

    whole = "\n".join(served)
    assert "Взірцева" in whole
    assert names & set(_words(whole)) == set()
    assert [each for each in phones if each in whole] == []


def _words(text: str) -> set[str]:
    """The words of a name; what an English page has anyway is no name."""
    return set(re.findall(r"[^\W\d_][\w'’-]{2,}", text))


def _first_events(serving: Serving, day: date) -> str:
    found = ""
    with serving.client.stream("GET", f"/events?lang=uk&day={day}") as answer:
        for line in answer.iter_lines():
            found += line
            if line.startswith("id:"):
                return found
    raise AssertionError(found)


def test_mongodb_goes_away_and_comes_back(browser: Browser, stage: Stage, serving: Serving) -> None:
    tab = browser.open(f"{serving.url}/?day={stage.day}")
    wait_for(tab, IS_LIVE)
    lessons = tab.evaluate("document.querySelectorAll('.lesson').length")
    tab.evaluate("window.isTheSame = true")

    stage.mongod.kill()
    problem = wait_for(tab, PROBLEM)
    reloaded = browser.open(f"{serving.url}/?day={stage.day}")

    assert re.search(r"What you see is of \d\d:\d\d\. .*MongoDB", problem)
    for each in (tab, reloaded):
        assert each.evaluate("document.querySelectorAll('.lesson').length") == lessons
        wait_for(each, IS_LIVE)

    stage.mongod.start()
    for each in (tab, reloaded):
        wait_for(each, f"!{PROBLEM}")
    stage.book(503, hour=7)
    stage.bring()
    wait_for(tab, f"{hour_of(503)} === '07:00'")
    assert tab.evaluate("window.isTheSame")


def test_a_page_in_the_background_gives_its_connection_back_and_catches_up(
    browser: Browser, stage: Stage, serving: Serving
) -> None:
    tab = browser.open(f"{serving.url}/?day={stage.day}")
    wait_for(tab, IS_LIVE)
    turn = """Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});
      document.dispatchEvent(new Event('visibilitychange')); events.readyState"""

    assert tab.evaluate(turn.format("true")) == 2
    stage.book(505, hour=14)
    stage.bring()
    other = browser.open(f"{serving.url}/?day={stage.day}")
    wait_for(other, f"{hour_of(505)} === '14:00'")
    assert not tab.evaluate(hour_of(505))

    tab.evaluate(turn.format("false"))
    wait_for(tab, f"{hour_of(505)} === '14:00'")


def test_a_proxy_that_answers_in_place_of_the_server_is_no_end(
    browser: Browser, serving: Serving
) -> None:
    tab = browser.open(serving.url + "/")
    wait_for(tab, IS_LIVE)
    tab.call("Fetch.enable", patterns=[{"urlPattern": "*/events*"}])
    tab.evaluate("connect()")
    browser.wait_for("Fetch.requestPaused", tab.session)
    [paused] = tab.events("Fetch.requestPaused")
    tab.call("Fetch.fulfillRequest", requestId=paused["requestId"], responseCode=502)
    wait_for(tab, NO_CONNECTION)
    assert tab.evaluate("events.readyState") == 2

    tab.call("Fetch.disable")
    wait_for(tab, IS_LIVE)


def test_without_the_script_it_reloads_itself(browser: Browser, serving: Serving) -> None:
    tab = browser.open("about:blank", width=PHONE)
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    tab.call("Page.navigate", url=serving.url + "/")
    wait_for(tab, "document.querySelectorAll('.lesson').length > 5")
    while not (planned := tab.events("Page.frameScheduledNavigation")):
        browser.wait_for("Page.frameScheduledNavigation", tab.session)

    assert [(each["reason"], each["delay"]) for each in planned] == [("metaTagRefresh", 30)]
    assert tab.complaints == []
    assert not any("events" in each for each in tab.requested)


def test_it_is_used_by_keyboard(browser: Browser, serving: Serving) -> None:
    tab = browser.open(f"{serving.url}/?lang=en")
    wait_for(tab, IS_LIVE)
    wait_for(tab, "document.getElementById('todo-copy') !== null")
    tab.call("Page.bringToFront")
    tab.call("Browser.grantPermissions", permissions=["clipboardReadWrite"])

    visited: list[list[Any]] = []
    while not visited or visited[-1][1] != "BODY":
        tab.press("Tab", 9)
        visited.append(tab.evaluate(FOCUS))
        if visited[-1][2] == "todo-copy":
            tab.press("Enter", 13, "\r")
            wait_for(tab, "!document.querySelector('#todo-copy + [role=status]').hidden")
        assert len(visited) < 400

    assert [each for each in visited[:-1] if not each[3]] == []
    sections = list(dict.fromkeys(section for section, *_ in visited if section))
    in_page = tab.evaluate("[...document.querySelectorAll('section')].map(each => each.id)")
    assert len(sections) > 2
    assert sections == [each for each in in_page if each in sections]
    assert "todo-copy" in [each[2] for each in visited]


def test_three_open_pages_do_not_hold_up_the_end_and_come_back(
    browser: Browser, stage: Stage
) -> None:
    stage.book(504, hour=10)
    stage.bring()
    with Serving(stage.cli, NO_POLL) as first:
        port = first.url.rpartition(":")[2]
        tabs = [browser.open(f"{first.url}/?day={stage.day}") for _ in range(3)]
        for tab in tabs:
            wait_for(tab, f"{hour_of(504)} === '10:00'")
        with first.client.stream("GET", "/events") as answer:
            lines = answer.iter_lines()
            next(lines)
            first.process.send_signal(signal.SIGTERM)
            list(lines)  # a stream that is cut off in place of being ended is an error
        first.process.wait(PATIENCE_S)
    assert first.code == 0
    # The last resort, which ends the process whatever still waits, does not say so.
    assert "Stopped" in first.lines[-1]
    assert "ERROR" not in first.log
    for tab in tabs:
        wait_for(tab, NO_CONNECTION)

    stage.move(504, hour=21)
    stage.bring()
    with Serving(stage.cli, (*NO_POLL, "--port", port)):
        for tab in tabs:
            wait_for(tab, IS_LIVE)
            wait_for(tab, f"{hour_of(504)} === '21:00'")


def test_the_page_for_other_machines_needs_a_password_that_is_shown_nowhere(stage: Stage) -> None:
    everywhere = ("--host", "0.0.0.0")
    refused = stage.cli.run("serve", "--port", "0", *everywhere)
    password = "сторінка: SECRET 5521"

    with Serving(
        stage.cli, (*NO_POLL, *everywhere), {"ALTEGIO_PAGE_PASSWORD": password}
    ) as serving:
        for path in ("/", "/events", "/todo", "/metrics"):
            assert serving.client.get(path).status_code == 401
        given = b64encode(f"me:{password}".encode()).decode()
        answer = serving.client.get("/", headers={"Authorization": f"Basic {given}"})

    assert (refused.code, "ALTEGIO_PAGE_PASSWORD must be set" in refused.err) == (2, True)
    assert answer.status_code == 200
    assert "SECRET" not in answer.text + serving.log
