"""A state machine that attacks the syncs: Altegio moves, runs die, and in the end all is right.

What is real: the sandbox's HTTP server, MongoDB, the use cases and all their adapters. A process's
death is played by a database that takes no more from it, the hour that passes before each run by
setting back all that was noted of time. ``make attack`` goes on for longer.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from pymongo import MongoClient

from altegio_sync.altegio.api import AltegioApi
from altegio_sync.domain.clock import utc_now
from altegio_sync.domain.ledger import Grade
from altegio_sync.domain.lessons import LessonRules
from altegio_sync.domain.period import Period
from altegio_sync.domain.report import SyncMode
from altegio_sync.mongo.bookkeeping.budget import SharedBudget
from altegio_sync.mongo.bookkeeping.cursors import MongoCursors
from altegio_sync.mongo.bookkeeping.leases import MongoLeases
from altegio_sync.mongo.bookkeeping.ledger import MongoLedger
from altegio_sync.mongo.bookkeeping.runs import MongoRuns
from altegio_sync.mongo.core.connection import open_database
from altegio_sync.mongo.stores import MongoAppointments
from altegio_sync.sandbox import Fault, SandboxServer, School
from altegio_sync.sandbox.people import GROUP, INDIVIDUAL, TEACHERS
from altegio_sync.usecases.changes import ChangesRequest, sync_changes
from altegio_sync.usecases.sync import SyncRequest, sync_appointments
from tests.mortal import WAYS, Life, mortal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.asynchronous.database import AsyncDatabase
    from pymongo.collection import Collection

    from altegio_sync.domain.report import SyncReport
    from tests.mongod import RunningMongod

Document = dict[str, Any]
COMPANY = "77"
ZONE = ZoneInfo("Europe/Kyiv")
COLLECTION = "altegio-appointments"
BUDGETS = "test_attack_budget"
DAYS = 8
#: Events reach so many days beyond the period that is synced.
BEYOND = 2
EXAMPLES = 12
STEPS = 20
#: Our pace and the sandbox's limits stand to each other as 4 to 5 a second, 195 to 200 a minute.
PACE = (200, 19_500)
LIMITS = (250, 20_000)
STATUSES = (0, 1, -1, 2)
RULES = LessonRules(frozenset(str(each["id"]) for each in INDIVIDUAL))


@dataclass
class Lesson:
    """A record as the test knows it; ``is_kept``: it has a CRM id and an individual service."""

    id: int
    starts_at: datetime
    status: int = 0
    is_deleted: bool = False
    is_kept: bool = True

    @property
    def day(self) -> date:
        return self.starts_at.date()

    def readable(self) -> Document:
        """What a stored document must say of it, kept or not."""
        start = self.starts_at.replace(tzinfo=ZONE).astimezone(UTC)
        return {
            "appointmentId": str(self.id),
            "teacherId": str(TEACHERS[0]["id"]),
            "startDateTime": start,
            "endDateTime": start + timedelta(hours=1),
            "status": str(self.status),
            "isDeleted": self.is_deleted,
            "companyId": COMPANY,
        }

    def whole(self) -> Document:
        service = {"serviceId": str(INDIVIDUAL[0]["id"]), "serviceName": INDIVIDUAL[0]["title"]}
        lead = {"leadId": str(10_000 + self.id % 1000), "leadName": "Проба Вигадана"}
        return self.readable() | service | lead | {"IsTrial": False}


#: What may happen at Altegio: a kind, which lesson, a day and an hour or a status.
Event = tuple[str, int, int, int]
KINDS = ("insert", "move", "move", "delete", "remove", "status", "unkeep", "rekeep")
EVENTS = st.tuples(
    st.sampled_from(KINDS),
    st.integers(0, 99),
    st.integers(-BEYOND, DAYS - 1 + BEYOND),
    st.integers(0, 23),
)
#: Ahead of the list request with this number.
During = list[tuple[int, Event]]
NOTHING: st.SearchStrategy[During] = st.just([])
SOME: st.SearchStrategy[During] = st.lists(st.tuples(st.integers(1, 8), EVENTS), max_size=4)
#: Something before every request, so that the list hardly settles: of all kinds, or of one.
CHURN: st.SearchStrategy[During] = st.builds(
    lambda events, kind: [(n, (kind or e[0], *e[1:])) for n, e in enumerate(events, 1)],
    st.lists(EVENTS, min_size=40, max_size=40),
    st.sampled_from([None, "insert", "move", "status"]),
)


class Calendar:
    """Altegio's side: the sandbox's school and what the test knows of it."""

    def __init__(self, first_day: date) -> None:
        self.school = School.empty(company_id=COMPANY, timezone=ZONE.key)
        self.first_day = first_day
        self.lessons: dict[int, Lesson] = {}
        self.removed: set[int] = set()
        #: Ids that something happened to since the run began, and in which ways.
        self.touched: set[int] = set()
        self.happened: Counter[str] = Counter()

    def apply(self, event: Event) -> None:
        kind, which, day, number = event
        start = datetime.combine(self.first_day + timedelta(days=day), time(number, 30))
        if kind == "insert":
            self._insert(start, is_kept=which % 5 > 0)
        elif self.lessons:
            lesson = sorted(self.lessons.values(), key=lambda each: each.id)[
                which % len(self.lessons)
            ]
            self.touched.add(lesson.id)
            getattr(self, f"_{kind}")(lesson, start, STATUSES[number % 4])
        self.happened[kind] += 1

    def let_an_hour_pass(self) -> None:
        """All changes are an hour older, so that no second's edge hides what is missed."""
        self.school.let_time_pass(timedelta(hours=1))

    def _insert(self, start: datetime, *, is_kept: bool) -> None:
        body = self.school.record(start, None)
        lesson = Lesson(int(body["id"]), start, is_kept=is_kept)
        self.lessons[lesson.id] = lesson
        self.touched.add(lesson.id)
        self.school.add(body | self._client_and_service(lesson))

    def _client_and_service(self, lesson: Lesson) -> Document:
        crm_id = 10_000 + lesson.id % 1000
        name = f"Проба Вигадана {crm_id}" if lesson.is_kept else "Проба без номера"
        service = INDIVIDUAL[0] if lesson.is_kept or lesson.id % 2 else GROUP[0]
        return {
            "client": {"id": 5, "name": name},
            "services": [{"id": service["id"], "title": service["title"]}],
        }

    def _move(self, lesson: Lesson, start: datetime, _status: int) -> None:
        lesson.starts_at = start
        self.school.move(lesson.id, start)

    def _delete(self, lesson: Lesson, _start: datetime, _status: int) -> None:
        lesson.is_deleted = not lesson.is_deleted
        self.school.change(lesson.id, deleted=lesson.is_deleted)

    def _remove(self, lesson: Lesson, _start: datetime, _status: int) -> None:
        del self.lessons[lesson.id]
        self.removed.add(lesson.id)
        self.school.remove(lesson.id)

    def _status(self, lesson: Lesson, _start: datetime, status: int) -> None:
        lesson.status = status
        self.school.change(lesson.id, visit_attendance=status, attendance=status)

    def _unkeep(self, lesson: Lesson, _start: datetime, _status: int) -> None:
        lesson.is_kept = False
        self.school.change(lesson.id, **self._client_and_service(lesson))

    def _rekeep(self, lesson: Lesson, _start: datetime, _status: int) -> None:
        lesson.is_kept = True
        self.school.change(lesson.id, **self._client_and_service(lesson))

    @property
    def may_fool_a_check(self) -> bool:
        """Whether something entered a window and something left one while the run went on."""
        entered = self.happened["insert"] + self.happened["move"]
        left = self.happened["remove"] + self.happened["move"]
        return bool(entered and left)


@dataclass
class Attack:
    """What goes wrong in one run."""

    during: During = field(default_factory=list)
    fault: Fault | None = None
    dies_at: int | None = None
    way: str = "before"
    has_rival: bool = False
    clock_off: timedelta = timedelta()


FAULTS = st.sampled_from(
    [None] * 6
    + [Fault.CUT, Fault.HTML, Fault.RESET, Fault.EMPTY, Fault.UNAUTHORIZED, Fault.SERVER_ERROR]
    + [Fault.TOO_MANY, Fault.REFUSED_AS_200]
)
ATTACKS = st.builds(
    Attack,
    during=NOTHING | SOME | SOME | CHURN,
    fault=FAULTS,
    dies_at=st.none() | st.integers(0, 12),
    way=st.sampled_from(WAYS),
    has_rival=st.booleans(),
    clock_off=st.sampled_from([timedelta(), timedelta(hours=30), timedelta(hours=-30)]),
)


class Webhook:
    """The school's own program: it brings what happens to stored appointments at once."""

    def __init__(self, calendar: Calendar, documents: Collection[Document]) -> None:
        self.calendar = calendar
        self.documents = documents
        #: Those whose last change it brought.
        self.brought: set[int] = set()

    def bring(self) -> None:
        for lesson_id in self.calendar.touched:
            lesson = self.calendar.lessons.get(lesson_id)
            fields = {"isDeleted": True} if lesson is None else lesson.readable()
            found = self.documents.update_one(
                {"appointmentId": str(lesson_id)}, [{"$set": {**fields, "updatedAt": "$$NOW"}}]
            )
            if found.matched_count:
                self.brought.add(lesson_id)
            else:
                self.brought.discard(lesson_id)
        self.calendar.touched.clear()


class AttackMachine(RuleBasedStateMachine):
    """The rules are what happens; each run is judged when it ends, everything in the end."""

    def __init__(self, server: SandboxServer, mongod: RunningMongod) -> None:
        super().__init__()
        self.server = server
        self.mongod = mongod
        self.name = f"test_{secrets.token_hex(6)}"
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.run_number = 0
        today = datetime.now(ZONE).date()
        self.calendar = Calendar(today - timedelta(days=DAYS - 2))
        first, last = self.calendar.first_day, self.calendar.first_day + timedelta(days=DAYS - 1)
        self.period = Period.of_days(first, last)
        beyond = timedelta(days=BEYOND)
        self.whole = Period.of_days(first - beyond, last + beyond)
        #: Fields of the school's other programs, by appointment.
        self.foreign: dict[str, Document] = {}
        #: Those that another program wrote in its own way, as no change at Altegio.
        self.rivalled: set[str] = set()
        self.database, self.budgets = self.runner.run(self._open())
        server.school = self.calendar.school

    async def _open(self) -> tuple[AsyncDatabase[Document], AsyncDatabase[Document]]:
        database = await self.stack.enter_async_context(
            open_database(self.mongod.uri_of(self.name))
        )
        # The windows of time outlast a database of one example.
        return database, database.client[BUDGETS]

    @property
    def documents(self) -> AsyncCollection[Document]:
        return self.database[COLLECTION]

    # What happens at Altegio and at the school.

    @initialize(
        events=st.lists(EVENTS.map(lambda event: ("insert", *event[1:])), min_size=5, max_size=30)
    )
    def fill_the_calendar(self, events: list[Event]) -> None:
        for event in events:
            self.calendar.apply(event)

    @rule(events=st.lists(EVENTS, min_size=1, max_size=6))
    def change_the_calendar(self, events: list[Event]) -> None:
        for event in events:
            self.calendar.apply(event)

    @rule(which=st.integers(0, 99), number=st.integers(0, 9))
    def write_a_field_of_another_program(self, which: int, number: int) -> None:
        self.runner.run(self._write_foreign(which, number))

    async def _write_foreign(self, which: int, number: int) -> None:
        documents = await self.documents.find().sort("appointmentId").to_list()
        if documents:
            document = documents[which % len(documents)]
            fields = {"leadPurchasedCourse": number, "__v": number % 3}
            await self.documents.update_one({"_id": document["_id"]}, {"$set": fields})
            self.foreign[document["appointmentId"]] = fields | {"createdAt": document["createdAt"]}

    @rule()
    def drop_the_index(self) -> None:
        if self.runner.run(self.documents.find_one()) is not None:
            self.runner.run(self.documents.drop_indexes())

    # The runs.

    @rule(
        attack=ATTACKS,
        mode=st.sampled_from(SyncMode),
        proves=st.booleans(),
        resumes=st.booleans(),
        page_size=st.sampled_from([3, 5, 50]),
    )
    def sync(
        self, attack: Attack, mode: SyncMode, proves: bool, resumes: bool, page_size: int
    ) -> None:
        max_age = timedelta(hours=24) if resumes else None
        report = self.run_sync(
            attack, mode=mode, proves=proves, max_age=max_age, page_size=page_size
        )
        if attack.dies_at is None and attack.fault is not Fault.UNAUTHORIZED:
            assert report is not None
            assert {each.code for each in report.errors} <= {"incomplete"}

    @rule(attack=ATTACKS, overlap_s=st.sampled_from([0, 2]), page_size=st.sampled_from([3, 50]))
    def changes(self, attack: Attack, overlap_s: int, page_size: int) -> None:
        report = self._changes(attack, overlap=timedelta(seconds=overlap_s), page_size=page_size)
        if report is not None and report.exit_code == 0 and not attack.during:
            self.runner.run(self._judge_changes())

    @rule(
        dies_at=st.integers(0, 25),
        way=st.sampled_from(WAYS),
        is_impatient=st.booleans(),
        mode=st.sampled_from(SyncMode),
        proves=st.tuples(st.booleans(), st.booleans()),
    )
    def kill_a_sync_and_take_it_up(
        self, dies_at: int, way: str, is_impatient: bool, mode: SyncMode, proves: tuple[bool, bool]
    ) -> None:
        """Nothing changes in between, and no older entry is there to be relied on."""
        self.runner.run(self.database["altegio-sync-ledger"].delete_many({}))
        killed = self.run_sync(
            Attack(dies_at=dies_at, way=way), mode=mode, proves=proves[0], page_size=3
        )
        if killed is None and is_impatient and self.runner.run(self._is_leased()):
            refused = self.run_sync(Attack(), mode=SyncMode.UPDATE, waits=False)
            assert refused is not None
            assert [each.code for each in refused.errors] == ["lease_held"]
        self.take_up(proves=proves[1])

    @rule(during=SOME | CHURN, page_size=st.sampled_from([3, 50]))
    def sync_beside_changes_and_a_webhook(self, during: During, page_size: int) -> None:
        """Another program brings each change at once: no run may put an older state over it."""
        self.runner.run(self._let_an_hour_pass())
        self.run_number += 1
        self.calendar.touched.clear()
        self.calendar.happened.clear()
        with MongoClient[Document](self.mongod.uri_of(self.name)) as client:
            webhook = Webhook(self.calendar, client[self.name][COLLECTION])
            self._set_traps(Attack(during), webhook.bring)
            try:
                reports = self.runner.run(self._run_side_by_side(page_size))
            finally:
                self.server.before_request = None
        told = {each.code for report in reports for each in report.errors}
        assert told <= {"incomplete", "not_settled"}
        self.runner.run(self._judge_webhook(webhook))

    async def _run_side_by_side(self, page_size: int) -> tuple[SyncReport, SyncReport]:
        sync = self._sync_request(SyncMode.UPDATE, page_size=page_size, period=self.whole)
        changes = ChangesRequest(
            [COMPANY], since=timedelta(days=30), timezone=ZONE.key, page_size=3, rules=RULES
        )
        run_id = f"{self.run_number:04}"
        return await asyncio.gather(
            self._run_alive("sync", sync, Attack(), Life(None), run_id),
            self._run_alive("changes", changes, Attack(), Life(None), f"{run_id}-changes"),
        )

    async def _judge_webhook(self, webhook: Webhook) -> None:
        stored = await self._stored()
        for lesson_id in webhook.brought:
            document = stored[str(lesson_id)]
            lesson = self.calendar.lessons.get(lesson_id)
            if lesson is None:
                assert document["isDeleted"], "an older state over the removal"
            else:
                wanted = lesson.readable()
                assert {name: document[name] for name in wanted} == wanted

    def kill(self, dies_at: int, way: str) -> bool:
        """Kill a sync into an empty database; False where it had come to its end before."""
        for name in (COLLECTION, "altegio-sync-ledger"):
            self.runner.run(self.database[name].delete_many({}))
        attack = Attack(dies_at=dies_at, way=way)
        return self.run_sync(attack, mode=SyncMode.UPDATE, proves=True, page_size=3) is None

    def take_up(self, *, proves: bool) -> None:
        """Resume: only what is not done yet is read, and then all is right."""
        done = self.runner.run(self._count_days_done(proves=proves))

        report = self.run_sync(
            Attack(),
            mode=SyncMode.UPDATE,
            proves=proves,
            max_age=timedelta(hours=24),
            page_size=3,
        )

        assert report is not None
        assert report.exit_code == 0
        assert report.days.resumed == done
        self.runner.run(self._judge_everything(self.period))

    async def _count_days_done(self, *, proves: bool) -> int:
        """Days that had ended and that a run under `--update` need not read again.

        An hour passes before that run: what was entered in the first hour of a day was entered
        before the day had begun then.
        """
        an_hour_ago = datetime.now(ZONE) - timedelta(hours=1)
        wanted: Document = {"mode": "update", "day": {"$lt": str(an_hour_ago.date())}}
        if proves:
            wanted["grade"] = Grade.PROVED.value
        return await self.database["altegio-sync-ledger"].count_documents(wanted)

    def run_sync(
        self,
        attack: Attack,
        *,
        mode: SyncMode,
        proves: bool = False,
        max_age: timedelta | None = None,
        page_size: int = 5,
        waits: bool = True,
        period: Period | None = None,
    ) -> SyncReport | None:
        request = self._sync_request(
            mode, proves=proves, max_age=max_age, page_size=page_size, period=period
        )
        return self.runner.run(self._run("sync", request, attack, waits=waits))

    def _sync_request(
        self,
        mode: SyncMode,
        *,
        proves: bool = False,
        max_age: timedelta | None = None,
        page_size: int = 5,
        period: Period | None = None,
    ) -> SyncRequest:
        return SyncRequest(
            [COMPANY],
            period or self.period,
            mode=mode,
            page_size=page_size,
            timezone=ZONE.key,
            rules=RULES,
            proves=proves,
            max_age=max_age,
            rules_fingerprint="of the test",
            allows_mass_delete=True,
        )

    def _changes(
        self, attack: Attack, *, overlap: timedelta = timedelta(), page_size: int = 50
    ) -> SyncReport | None:
        has_cursor = COMPANY in self.runner.run(MongoCursors(self.database, COLLECTION).find_all())
        request = ChangesRequest(
            [COMPANY],
            since=None if has_cursor else timedelta(days=30),
            overlap=overlap,
            page_size=page_size,
            timezone=ZONE.key,
            rules=RULES,
        )
        return self.runner.run(self._run("changes", request, attack))

    async def _run(
        self,
        command: str,
        request: SyncRequest | ChangesRequest,
        attack: Attack,
        *,
        waits: bool = True,
    ) -> SyncReport | None:
        """The run's report, None where it was killed; its words are held to what is so then."""
        if waits:
            await self._let_an_hour_pass()
        self.run_number += 1
        run_id = f"{self.run_number:04}"
        before = {lesson.id for lesson in self.calendar.lessons.values()}
        stored, rivals = await self._stored(), len(self.rivalled)
        self.calendar.touched.clear()
        self.calendar.happened.clear()
        life = Life(attack.dies_at, attack.way, self._rival if attack.has_rival else None)
        self._set_traps(attack)
        try:
            report = await self._run_alive(command, request, attack, life, run_id)
        except BaseException:
            if not life.is_over:
                raise
            report = None
        finally:
            await life.settle()
            self.server.before_request = None
            self.server.forget_faults()
        await self._judge_ledger(run_id, before)
        now = await self._stored()
        self._judge_deleted({key for key in now if _is_deleted(now, key, but_not=stored)})
        if report is not None:
            added = len(now) - len(stored)
            assert added == report.records.saved + len(self.rivalled) - rivals
            assert report.records.failed == 0
        assert self.server.refusals == 0, "a window was exceeded"
        return report

    async def _run_alive(
        self,
        command: str,
        request: SyncRequest | ChangesRequest,
        attack: Attack,
        life: Life,
        run_id: str,
    ) -> SyncReport:
        database = mortal(self.database, life, counts=True)

        def clock() -> datetime:
            return utc_now() + attack.clock_off

        store = MongoAppointments(database, COLLECTION, clock=clock)
        leases = MongoLeases(database, COLLECTION, command=command, run_id=run_id)
        async with self._api(life) as api:
            if isinstance(request, SyncRequest):
                return await sync_appointments(
                    api,
                    store,
                    request,
                    runs=MongoRuns(database),
                    ledger=MongoLedger(database, COLLECTION),
                    leases=leases,
                    run_id=run_id,
                    clock=clock,
                )
            return await sync_changes(
                api,
                store,
                MongoCursors(database, COLLECTION),
                request,
                runs=MongoRuns(database),
                leases=leases,
                run_id=run_id,
                clock=clock,
            )

    def _api(self, life: Life) -> AltegioApi:
        budget = SharedBudget(
            mortal(self.budgets, life, counts=False),
            "attack",
            process="attack",
            requests_per_second=PACE[0],
            requests_per_minute=PACE[1],
        )
        tokens = ("sandbox-partner-token", "sandbox-user-token")
        return AltegioApi(*tokens, url=self.server.url, pacer=budget, jitter=lambda: 0.0)

    def _set_traps(self, attack: Attack, then: Callable[[], None] = lambda: None) -> None:
        requests = 0

        def before_request(path: str, _query: Mapping[str, str]) -> None:
            nonlocal requests
            requests += "/records/" in path
            for at_request, event in attack.during:
                if at_request == requests and "/records/" in path:
                    self.calendar.apply(event)
            then()

        self.server.before_request = before_request
        if attack.fault is not None:
            self.server.fail(attack.fault, times=1, after=1)

    async def _rival(
        self, collection: AsyncCollection[Document], documents: list[Document]
    ) -> None:
        """Another program stores one of them in its own words, just before the run would."""
        theirs = documents[-1] | {"status": "0", "leadPurchasedCourse": 77}
        del theirs["_id"]
        await collection.insert_one(theirs)
        self.rivalled.add(theirs["appointmentId"])
        created = {"createdAt": _milliseconds(theirs["createdAt"])}
        self.foreign[theirs["appointmentId"]] = {"leadPurchasedCourse": 77} | created

    async def _let_an_hour_pass(self) -> None:
        """Sets back all that was noted of time: the lease of a run that was killed is void then."""
        self.calendar.let_an_hour_pass()
        await self.database["altegio-sync-leases"].update_many(
            {}, {"$set": {"leases.$[].expires_at": datetime(2000, 1, 1, tzinfo=UTC)}}
        )
        for name, fields in (("cursors", ("at",)), ("ledger", ("at", "latest.at"))):
            earlier = {each: {"$add": [f"${each}", -3_600_000]} for each in fields}
            await self.database[f"altegio-sync-{name}"].update_many({}, [{"$set": earlier}])
        ago = {"$add": ["$altegioUpdatedAt", -3_600_000]}
        stamped = {"altegioUpdatedAt": {"$exists": True}}
        await self.documents.update_many(stamped, [{"$set": {"altegioUpdatedAt": ago}}])

    async def _is_leased(self) -> bool:
        return bool(
            await self.database["altegio-sync-leases"].find_one({"leases.0": {"$exists": True}})
        )

    # What is held to be so.

    async def _judge_ledger(self, run_id: str, before: set[int]) -> None:
        """What the run entered is so: all that stood there throughout is stored."""
        entries = (
            await self.database["altegio-sync-ledger"].find({"latest.run_id": run_id}).to_list()
        )
        stored = await self._stored()
        for entry in entries:
            latest = entry["latest"]
            assert abs(utc_now() - latest["at"]) < timedelta(minutes=1)
            if latest["grade"] == Grade.CHECKED.value and self.calendar.may_fool_a_check:
                continue
            day = date.fromisoformat(entry["day"])
            still = [
                lesson
                for lesson in self.calendar.lessons.values()
                if lesson.id in before - self.calendar.touched and lesson.day == day
            ]
            for lesson in still:
                document = stored.get(str(lesson.id))
                assert document is not None or not lesson.is_kept, "entered, but not stored"
                if document is not None and latest["mode"] == SyncMode.UPDATE.value:
                    _assert_says(document, lesson)
            if latest["mode"] == SyncMode.UPDATE.value:
                self._judge_strangers(day, stored, {str(each.id) for each in still})

    def _judge_strangers(self, day: date, stored: Mapping[str, Document], known: set[str]) -> None:
        """On a day read under `--update`, nothing undeleted stands that Altegio has not there."""
        touched = {str(each) for each in self.calendar.touched}
        for key, document in stored.items():
            stands = document["startDateTime"].astimezone(ZONE).date() == day
            if stands and not document["isDeleted"]:
                assert key in known | touched, "entered, but one stands there that is elsewhere"

    def _judge_deleted(self, newly_deleted: set[str]) -> None:
        """Nothing that is there is marked deleted."""
        for lesson in self.calendar.lessons.values():
            is_there = not lesson.is_deleted and lesson.id not in self.calendar.touched
            assert not (is_there and str(lesson.id) in newly_deleted), "marked deleted"

    async def _judge_changes(self) -> None:
        """After `changes`, a full pass has nothing left to bring, but for what leaves no trace."""
        stored = await self._stored()
        for lesson in self.calendar.lessons.values():
            if str(lesson.id) not in self.rivalled:
                self._judge_lesson(lesson, stored)

    async def _judge_everything(self, period: Period) -> None:
        """The collection says of the period what Altegio says, and other programs' fields stand."""
        stored = await self._stored()
        for lesson in self.calendar.lessons.values():
            if lesson.day in period.each_day():
                self._judge_lesson(lesson, stored)
        for day in period.each_day():
            there = {str(e.id) for e in self.calendar.lessons.values() if e.day == day}
            self._judge_strangers(day, stored, there)
        for key, fields in self.foreign.items():
            assert {name: stored[key][name] for name in fields} == fields
        assert not await self._is_leased()

    def _judge_lesson(self, lesson: Lesson, stored: Mapping[str, Document]) -> None:
        document = stored.get(str(lesson.id))
        assert document is not None or not lesson.is_kept, "not stored"
        if document is not None:
            _assert_says(document, lesson)

    async def _stored(self) -> dict[str, Document]:
        documents = await self.documents.find().to_list()
        stored = {each["appointmentId"]: each for each in documents}
        assert len(stored) == len(documents), "stored twice"
        return stored

    def teardown(self) -> None:
        try:
            self._end_well()
        finally:
            self.runner.run(self.database.client.drop_database(self.name))
            self.runner.run(self.stack.aclose())
            self.runner.close()

    def _end_well(self) -> None:
        """One clean run of each, and all is right; one more, and nothing is written."""
        brought = self._changes(Attack())
        assert brought is not None
        assert brought.exit_code == 0
        self.runner.run(self._judge_changes())
        report = self.run_sync(Attack(), mode=SyncMode.UPDATE, period=self.whole)
        assert report is not None
        assert report.exit_code == 0
        self.runner.run(self._judge_everything(self.whole))
        again = self.run_sync(Attack(), mode=SyncMode.UPDATE, period=self.whole)
        assert again is not None
        assert again.records.saved + again.records.updated + again.vanished.gone == 0


def _assert_says(document: Document, lesson: Lesson) -> None:
    wanted = lesson.whole() if lesson.is_kept else lesson.readable()
    assert {name: document[name] for name in wanted} == wanted


def _is_deleted(now: Mapping[str, Document], key: str, *, but_not: Mapping[str, Document]) -> bool:
    was = key in but_not and but_not[key]["isDeleted"]
    return bool(now[key]["isDeleted"] and not was)


def _milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    per_second, per_minute = LIMITS
    with SandboxServer(
        School.empty(), requests_per_second=per_second, requests_per_minute=per_minute
    ) as running:
        yield running


# One that is killed ends nothing in order.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_any_sequence_of_events_and_runs_one_more_run_makes_all_right(
    server: SandboxServer, mongod: RunningMongod, attack_examples: int | None
) -> None:
    """As many examples as fit a minute, the same each time; with --attack=N other ones."""

    class Machine(AttackMachine):
        def __init__(self) -> None:
            super().__init__(server, mongod)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            derandomize=attack_examples is None,
            max_examples=attack_examples or EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=False,
        ),
    )
    mongod.drop(BUDGETS)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", ["after", "half"])
def test_a_sync_that_is_killed_at_any_of_its_writes_is_taken_up_where_it_stood(
    server: SandboxServer, mongod: RunningMongod, way: str
) -> None:
    """Before a write is after the one before it."""
    machine = AttackMachine(server, mongod)
    machine.fill_the_calendar(
        events=[("insert", number, number % DAYS, number) for number in range(20)]
    )

    deaths = 0
    while machine.kill(deaths, way):
        machine.take_up(proves=True)
        deaths += 1

    machine.teardown()
    assert deaths > DAYS  # each day has a batch; entries of several days may be written together


@pytest.mark.parametrize("seed", range(4))
def test_of_a_sync_beside_changes_beside_a_webhook_the_newest_state_wins(
    server: SandboxServer, mongod: RunningMongod, seed: int
) -> None:
    """Something happens ahead of every request, and the webhook brings it at once."""
    machine, chance = AttackMachine(server, mongod), random.Random(seed)
    machine.fill_the_calendar(
        events=[("insert", chance.randrange(100), n % DAYS, n % 24) for n in range(40)]
    )
    machine.run_sync(Attack(), mode=SyncMode.UPDATE, period=machine.whole)

    for kind in ("status", "status", "move", "delete"):
        churn = [(n, (kind, chance.randrange(100), n % DAYS, n % 24)) for n in range(1, 41)]
        machine.sync_beside_changes_and_a_webhook(during=churn, page_size=3)

    machine.teardown()
