"""Makes up the school's people, services and months, and knows what should become of each record.

Every record is planted with an intent: the document it must be stored as, or the reason to skip
it. That is written down here from what was planted, never read back out of the record, so that
it can be held against what the program makes of it.
"""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from altegio_sync.sandbox.bodies import (
    Body,
    client_body,
    record_body,
    service_body,
    service_line,
    staff_body,
    stamp_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

INDIVIDUAL = [
    service_body(12000001, "Індивідуальний урок 60 хв", 450, 3600),
    service_body(12000002, "Індивідуальний урок 45 хв", 360, 2700),
    service_body(12000003, "Індивідуальний урок 90 хв", 640, 5400),
    service_body(12000004, "Individual lesson 60 min", 600, 3600),
]
TRIAL = [
    service_body(12000011, "Пробний урок", 0, 1800),
    service_body(12000012, "Trial lesson", 0, 2700),
]
GROUP = [
    service_body(12000021, "Розмовний клуб", 200, 5400, people=8),
    service_body(12000022, "Група A2", 250, 5400, people=6),
]
EXTRA = service_body(12000031, "Перевірка домашніх завдань", 0, 900)

TEACHERS = [
    staff_body(2100001 + number, name)
    for number, name in enumerate(
        (
            "Агата Взірцева",
            "Богдана Прикладна",
            "Варфоломій Зразковий",
            "Гордій Вигаданко",
            "Домініка Уявна",
            "Emma Sampleton",
            "Жадан Небувалий",
            "Зореслава Казкова",
            "Ігнат Примарний",
        )
    )
]
#: Gone, but their lessons stand.
DISMISSED = [
    staff_body(2100090, "Клементина Колишня", fired=1),
    staff_body(2100091, "Лук'ян Давнішній", fired=1, status=1),
]
UNKNOWN_STAFF_ID = 9999
#: About four lessons a month for each.
_PUPILS = 110
#: The share of trial lessons after which the pupil books lessons.
_COME_AGAIN = 0.6

_FIRST_NAMES = [
    "Марічка",
    "Соломія",
    "Остап",
    "Юстина",
    "Назар",
    "Орися",
    "Тимофій",
    "Уляна",
    "Ярема",
    "Христина",
    "Северин",
    "Мальва",
    "Устим",
    "Ждана",
    "Левко",
    "Роксоляна",
    "Захар",
    "Пелагея",
    "Данило",
    "Ніка",
    "Oliver",
    "Zoë",
]
_LAST_NAMES = [
    "Барвінок",
    "Вербицька",
    "Гайова",
    "Дзвіночок",
    "Житник",
    "Калинюк",
    "Льонова",
    "Мальований",
    "Невідомська",
    "Очеретяний",
    "Польовий",
    "Ромашкіна",
    "Сосновий",
    "Терен",
    "Фіалковська",
    "Хмаринка",
    "Цвіркун",
    "Шипшина",
    "Явір",
    "O'Testy",
]
#: More than a month's records, so that ids of months never meet.
_MONTH_STRIDE = 1_000_000
_FIRST_ID = 100_000_000
_SHARES = {"service": 0.19, "no_crm_id": 0.11, "teacher_not_found": 0.013, "invalid": 0.004}


@dataclass(frozen=True, slots=True)
class PlantedRecord:
    """A record and what must become of it, with the school's lists of services and without.

    ``starts`` is where the record stands in the calendar, also when its body tells it unreadably.
    ``outcome`` is "kept" or the reason to skip it. The documents hold the fields to be stored,
    the dates of storing aside.
    """

    body: Body
    starts: str
    outcome: str = "kept"
    document: dict[str, Any] | None = None
    document_without_lists: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Pupil:
    """Whose lessons they are; ``lead_id`` is the school's own number for the pupil."""

    client_id: int
    name: str
    surname: str
    lead_id: str


@dataclass(slots=True)
class _Draft:
    """A record on its way, with the document that it was made for."""

    body: Body
    starts: str
    document: dict[str, Any]
    document_without_lists: dict[str, Any] = field(default_factory=dict)

    def planted(self, outcome: str = "kept") -> PlantedRecord:
        if outcome == "kept":
            other = self.document | self.document_without_lists
            return PlantedRecord(self.body, self.starts, outcome, self.document, other)
        return PlantedRecord(self.body, self.starts, outcome)


@dataclass(slots=True)
class MonthMaker:
    """Makes the records of one month, the same ones for the same seed."""

    company_id: str
    zone: ZoneInfo
    today: date
    month: date
    random: random.Random
    pupils: Sequence[_Pupil]
    _number: int = 0
    #: Pupils who will have lessons after their trial, with the time of the trial.
    _newcomers: list[tuple[_Pupil, datetime]] = field(default_factory=list)

    @classmethod
    def of(cls, company_id: str, zone: ZoneInfo, today: date, month: date, seed: int) -> MonthMaker:
        distance = (month.year - today.year) * 12 + month.month - today.month
        # Not for secrets: the same seed makes the same month, counted from today.
        source = random.Random(f"{seed}/{distance}")  # noqa: S311
        # The same in every month.
        pupils = random.Random(f"{seed}/pupils")  # noqa: S311
        return cls(
            *(company_id, zone, today, month, source), [_a_pupil(pupils) for _ in range(_PUPILS)]
        )

    def make(self, count: int) -> Iterator[PlantedRecord]:
        """About ``count`` records; each outcome and each oddity occurs in any month."""
        shares = {reason: max(1, round(count * share)) for reason, share in _SHARES.items()}
        makers: dict[str, list[Callable[[_Draft], None]]] = {
            "service": [_as_time_block, _as_group, _as_extra, _as_group, _as_group],
            "no_crm_id": [self._without_crm_id],
            "teacher_not_found": [_as_unknown_teacher],
            "invalid": [_without_length, _without_date, _with_unknown_status],
        }
        for reason, share in shares.items():
            for number in range(share):
                draft = self._lesson()
                makers[reason][number % len(makers[reason])](draft)
                yield self._finished(draft).planted(reason)
        oddities = self._oddities()
        for number in range(max(len(oddities), count - sum(shares.values()))):
            draft = self._lesson()
            if number % 3 == 0:
                oddities[number // 3 % len(oddities)](draft)
            yield self._finished(draft).planted()

    def _oddities(self) -> list[Callable[[_Draft], None]]:
        """What has been seen in answers that are right all the same."""
        return [
            _with_service_in_second_place,
            _as_deleted,
            _with_ids_as_strings,
            _with_wrong_offset,
            self._taught_by_dismissed,
            self._taught_by_dismissed,
            _with_flags_and_prices_wobbling,
            _with_attendance_alone,
            _with_length_alone,
            _with_position_as_list,
            self._as_trial,
            self._as_trial,
            self._as_trial,
        ]

    def _next_id(self) -> int:
        self._number += 1
        months = self.month.year * 12 + self.month.month
        return _FIRST_ID + (months % 1200) * _MONTH_STRIDE + self._number

    def _start(self) -> datetime:
        """Mostly on weekdays, between eight and half past eight in the evening."""
        days = calendar.monthrange(self.month.year, self.month.month)[1]
        day = self.month.replace(day=self.random.randint(1, days))
        if day.weekday() == calendar.SUNDAY and self.random.random() < 0.8:
            day = day.replace(day=max(1, day.day - 1))
        return datetime.combine(day, time(8)) + timedelta(minutes=30 * self.random.randrange(26))

    def _lesson(self) -> _Draft:
        record_id = self._next_id()
        pupil, start = self._pupil_and_start()
        staff = self.random.choice(TEACHERS)
        service = self.random.choice(INDIVIDUAL)
        client = self._client(pupil)
        body = record_body(
            record_id,
            self.company_id,
            self.zone,
            start,
            staff=staff,
            services=[service],
            client=client,
        )
        starts_at = start.replace(tzinfo=self.zone).astimezone(UTC)
        document = {
            "appointmentId": str(record_id),
            "companyId": self.company_id,
            "leadId": pupil.lead_id,
            "leadName": f"{pupil.name} {pupil.surname}",
            "teacherId": str(staff["id"]),
            "teacherName": staff["name"],
            "serviceId": str(service["id"]),
            "serviceName": service["title"],
            "startDateTime": starts_at,
            "status": self._status(start.date()),
            "IsTrial": False,
            "isDeleted": False,
        }
        draft = _Draft(body, body["date"], document)
        _set_length(draft, service["duration"])
        body["visit_attendance"] = body["attendance"] = int(document["status"])
        return draft

    def _status(self, day: date) -> str:
        if day < self.today:
            return self.random.choices(["1", "-1", "0", "2"], [82, 8, 5, 5])[0]
        return self.random.choices(["0", "2"], [7, 3])[0]

    def _pupil_and_start(self) -> tuple[_Pupil, datetime]:
        """Mostly any pupil at any time; at times one whose trial lesson was earlier."""
        start = self._start()
        if self._newcomers and self.random.random() < 0.5:
            pupil, trial_at = self._newcomers[-1]
            if start.date() > trial_at.date():
                self._newcomers.pop()
                return pupil, start
        return self.random.choice(self.pupils), start

    def _client(self, pupil: _Pupil) -> Body:
        """The client as an administrator may have typed it, the CRM id in the name."""
        first, last, lead_id = pupil.name, pupil.surname, pupil.lead_id
        forms: list[tuple[str, str, str]] = [
            (f"{first} {last} {lead_id}", "", ""),
            (f"{lead_id} {first} {last}", "", ""),
            (f"{first} {lead_id} {last}", "", ""),
            (f"{first} {last} #{lead_id}", "", ""),
            (f"№{lead_id} {first} {last}", "", ""),
            (f"{first} {last} ({lead_id})", "", ""),
            (f"[{lead_id}], {first} {last}", "", ""),
            (f"id:{lead_id} {first} {last}", "", ""),
            (f"  {lead_id}\u00a0{first}   {last} ", "", ""),
            (f"{lead_id} {first}", last, ""),
            (first, f"{last} {lead_id}", ""),
            (f"{first} {last} {lead_id}", last, ""),
        ]
        body = client_body(pupil.client_id, *self.random.choice(forms))
        if self.random.random() < 0.05:
            body["phone"] = int(body["phone"].lstrip("+"))
        return body

    def _finished(self, draft: _Draft) -> _Draft:
        """What any record may have beside its oddity."""
        body = draft.body
        if self.random.random() < 0.1:
            body["comment"] = "Просить передзвонити після обіду"
        if self.random.random() < 0.1:
            body["custom_fields"] = {"source": "сарафанне радіо"}
        if self.random.random() < 0.05:
            body["staff"] = body["staff"] and body["staff"] | {"rating": 4.7}
        # Nothing was booked or changed later than the midnight before today.
        midnight = datetime.combine(self.today, time(), self.zone)
        created_at = datetime.fromisoformat(body["create_date"])
        if created_at > midnight:
            created_at = midnight - timedelta(hours=1 + int(body["id"]) % 48)
        changed_at = min(midnight, created_at + timedelta(hours=self.random.randrange(48)))
        body["create_date"] = stamp_text(created_at.astimezone(self.zone))
        body["last_change_date"] = stamp_text(changed_at.astimezone(self.zone))
        return draft

    def _as_trial(self, draft: _Draft) -> None:
        pupil, service = _a_pupil(self.random), self.random.choice(TRIAL)
        draft.body["client"] = self._client(pupil)
        draft.document |= {
            "leadId": pupil.lead_id,
            "leadName": f"{pupil.name} {pupil.surname}",
        }
        if self.random.random() < _COME_AGAIN:
            self._newcomers.append((pupil, datetime.fromisoformat(draft.body["date"])))
        # Once in a while the trial stands beside a lesson that is kept before it.
        lines = draft.body["services"] if self.random.random() < 0.2 else []
        draft.body["services"] = [*lines, service_line(service)]
        draft.document["IsTrial"] = True
        if not lines:
            draft.document |= {"serviceId": str(service["id"]), "serviceName": service["title"]}
            _set_length(draft, service["duration"])

    def _taught_by_dismissed(self, draft: _Draft) -> None:
        staff = self.random.choice(DISMISSED)
        draft.body |= {"staff_id": staff["id"], "staff": self.random.choice([[], None])}
        draft.document |= {"teacherId": str(staff["id"]), "teacherName": staff["name"]}

    def _without_crm_id(self, draft: _Draft) -> None:
        lead_id, name = draft.document["leadId"], draft.document["leadName"]
        client = draft.body["client"]
        names = [name, f"{name} 12", f"+380000000123 {name}", f"0000000123 {name}", lead_id]
        names += [f"{name} 2014", f"{name}, 8 років", f"{name} (050) 123-45-67", ""]
        choice = self.random.randrange(len(names) + 2)
        if choice < len(names):
            client |= {"name": names[choice], "display_name": names[choice], "surname": ""}
        else:
            draft.body["client"] = None if choice == len(names) else []


def _a_pupil(source: random.Random) -> _Pupil:
    lead_id = f"{source.randrange(10**5, 10**8)}"
    return _Pupil(
        170_000_000 + source.randrange(10_000_000),
        source.choice(_FIRST_NAMES),
        source.choice(_LAST_NAMES),
        f"00{lead_id[:6]}" if source.random() < 0.03 else lead_id,
    )


def _set_length(draft: _Draft, length_s: int) -> None:
    draft.body |= {"seance_length": length_s, "length": length_s}
    draft.document["endDateTime"] = draft.document["startDateTime"] + timedelta(seconds=length_s)


def _as_time_block(draft: _Draft) -> None:
    draft.body |= {"client": None, "services": [], "visit_id": 0, "paid_full": 1}
    draft.body |= {"payment_status": 1, "visit_attendance": 0, "attendance": 0}
    draft.body["documents"][0]["visit_id"] = 0


def _as_group(draft: _Draft) -> None:
    group = GROUP[draft.body["id"] % len(GROUP)]
    # Pupils of one event share its id.
    activity_id = 5_000_000 + draft.body["id"] // 6
    draft.body |= {"services": [service_line(group)], "activity_id": activity_id}


def _as_extra(draft: _Draft) -> None:
    draft.body |= {"services": [service_line(EXTRA)], "activity_id": 4_000_000 + draft.body["id"]}


def _as_unknown_teacher(draft: _Draft) -> None:
    draft.body |= {"staff_id": UNKNOWN_STAFF_ID, "staff": []}


def _without_length(draft: _Draft) -> None:
    draft.body |= {"seance_length": 0, "length": 0}


def _without_date(draft: _Draft) -> None:
    draft.body |= {"date": "0000-00-00 00:00:00", "datetime": "0000-00-00T00:00:00+00:00"}


def _with_unknown_status(draft: _Draft) -> None:
    draft.body |= {"visit_attendance": 5, "attendance": 5}


def _with_service_in_second_place(draft: _Draft) -> None:
    draft.body["services"].insert(0, service_line(EXTRA))
    draft.document_without_lists = {"serviceId": str(EXTRA["id"]), "serviceName": EXTRA["title"]}


def _as_deleted(draft: _Draft) -> None:
    draft.body["deleted"] = True
    draft.document["isDeleted"] = True


def _with_ids_as_strings(draft: _Draft) -> None:
    for key in ("id", "company_id", "staff_id", "visit_id"):
        draft.body[key] = str(draft.body[key])


def _with_wrong_offset(draft: _Draft) -> None:
    """As it was found in summer: an hour short, where `date` is right."""
    told = datetime.fromisoformat(draft.body["datetime"])
    draft.body["datetime"] = f"{told.replace(tzinfo=None).isoformat()}+01:00"


def _with_flags_and_prices_wobbling(draft: _Draft) -> None:
    draft.body |= {"deleted": 0, "online": 1, "paid_full": True, "confirmed": True}
    for line in draft.body["services"]:
        line["cost"] = f"{line['cost']}.00"


def _with_attendance_alone(draft: _Draft) -> None:
    draft.body["visit_attendance"] = None


def _with_length_alone(draft: _Draft) -> None:
    del draft.body["seance_length"]


def _with_position_as_list(draft: _Draft) -> None:
    draft.body["staff"]["position"] = []
