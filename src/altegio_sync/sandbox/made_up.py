"""Makes up the school's months, and the result that the program must have for each record.

Every record is planted with this result: the document to store, or the reason to skip the record.
The result is written down while the record is made, and is never computed from the finished record.
So tests can compare it with the result of the program.
"""

from __future__ import annotations

import calendar
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from altegio_sync.sandbox import oddities
from altegio_sync.sandbox.bodies import Body, client_body, record_body, service_line, stamp_text
from altegio_sync.sandbox.oddities import Draft, PlantedRecord, set_length
from altegio_sync.sandbox.people import DISMISSED, INDIVIDUAL, TEACHERS, TRIAL, Pupil, make_pupil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

#: Each pupil has about four lessons a month.
_PUPILS = 110
#: The share of trial lessons after which the pupil books lessons.
_COME_AGAIN = 0.6
#: More than the records of a month, so that two months never share an id.
_MONTH_STRIDE = 1_000_000
_FIRST_ID = 100_000_000
_SHARES = {"service": 0.19, "no_crm_id": 0.11, "teacher_not_found": 0.013, "invalid": 0.004}


@dataclass(slots=True)
class MonthMaker:
    """Makes the records of one month, the same ones for the same seed."""

    company_id: str
    zone: ZoneInfo
    today: date
    month: date
    random: random.Random
    pupils: Sequence[Pupil]
    #: Added to every id, so that two locations never share an id.
    first_id: int = 0
    _number: int = 0
    #: Pupils who will have lessons after their trial, with the time of the trial.
    _newcomers: list[tuple[Pupil, datetime]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        company_id: str,
        zone: ZoneInfo,
        today: date,
        month: date,
        seed: int,
        *,
        first_id: int = 0,
    ) -> MonthMaker:
        distance = (month.year - today.year) * 12 + month.month - today.month
        # Not for secrets: the same seed makes the same month, counted from today.
        source = random.Random(f"{seed}/{distance}")  # noqa: S311
        # The same in every month.
        pupils = random.Random(f"{seed}/pupils")  # noqa: S311
        made = [make_pupil(pupils) for _ in range(_PUPILS)]
        return cls(company_id, zone, today, month, source, made, first_id)

    def make(self, count: int) -> Iterator[PlantedRecord]:
        """About ``count`` records; each outcome and each oddity occurs in any month."""
        shares = {reason: max(1, round(count * share)) for reason, share in _SHARES.items()}
        makers: dict[str, list[Callable[[Draft], None]]] = {
            "service": [
                oddities.as_time_block,
                oddities.as_group,
                oddities.as_extra,
                oddities.as_group,
                oddities.as_group,
            ],
            "no_crm_id": [self._without_crm_id],
            "teacher_not_found": [oddities.as_unknown_teacher],
            "invalid": [
                oddities.without_length,
                oddities.without_date,
                oddities.with_unknown_status,
            ],
        }
        for reason, share in shares.items():
            for number in range(share):
                draft = self._lesson()
                makers[reason][number % len(makers[reason])](draft)
                yield self._finished(draft).planted(reason)
        odd = self._oddities()
        for number in range(max(len(odd), count - sum(shares.values()))):
            draft = self._lesson()
            if number % 3 == 0:
                odd[number // 3 % len(odd)](draft)
            yield self._finished(draft).planted()

    def _oddities(self) -> list[Callable[[Draft], None]]:
        """The oddities of real answers that are nevertheless correct."""
        return [
            oddities.with_service_in_second_place,
            oddities.as_deleted,
            oddities.with_ids_as_strings,
            oddities.with_wrong_offset,
            self._taught_by_dismissed,
            self._taught_by_dismissed,
            oddities.with_flags_and_prices_wobbling,
            oddities.with_attendance_alone,
            oddities.with_length_alone,
            oddities.with_position_as_list,
            self._as_trial,
            self._as_trial,
            self._as_trial,
        ]

    def _next_id(self) -> int:
        self._number += 1
        months = self.month.year * 12 + self.month.month
        return self.first_id + _FIRST_ID + (months % 1200) * _MONTH_STRIDE + self._number

    def _start(self) -> datetime:
        """Mostly on weekdays, between eight and half past eight in the evening."""
        days = calendar.monthrange(self.month.year, self.month.month)[1]
        day = self.month.replace(day=self.random.randint(1, days))
        if day.weekday() == calendar.SUNDAY and self.random.random() < 0.8:
            day = day.replace(day=max(1, day.day - 1))
        return datetime.combine(day, time(8)) + timedelta(minutes=30 * self.random.randrange(26))

    def _lesson(self) -> Draft:
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
        draft = Draft(body, body["date"], document)
        set_length(draft, service["duration"])
        body["visit_attendance"] = body["attendance"] = int(document["status"])
        return draft

    def _status(self, day: date) -> str:
        if day < self.today:
            return self.random.choices(["1", "-1", "0", "2"], [82, 8, 5, 5])[0]
        return self.random.choices(["0", "2"], [7, 3])[0]

    def _pupil_and_start(self) -> tuple[Pupil, datetime]:
        """Mostly any pupil at any time, sometimes a pupil whose trial lesson was earlier."""
        start = self._start()
        if self._newcomers and self.random.random() < 0.5:
            pupil, trial_at = self._newcomers[-1]
            if start.date() > trial_at.date():
                self._newcomers.pop()
                return pupil, start
        return self.random.choice(self.pupils), start

    def _client(self, pupil: Pupil) -> Body:
        """The client as an administrator may type it, with the CRM id in the name."""
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

    def _finished(self, draft: Draft) -> Draft:
        """Add the parts that any record may have, in addition to its oddity."""
        body = draft.body
        if self.random.random() < 0.1:
            body["comment"] = "Просить передзвонити після обіду"
        if self.random.random() < 0.1:
            body["custom_fields"] = {"source": "сарафанне радіо"}
        if self.random.random() < 0.05:
            body["staff"] = body["staff"] and body["staff"] | {"rating": 4.7}
        # All bookings and changes were made before today.
        midnight = datetime.combine(self.today, time(), self.zone)
        created_at = datetime.fromisoformat(body["create_date"])
        if created_at > midnight:
            created_at = midnight - timedelta(hours=1 + int(body["id"]) % 48)
        changed_at = min(midnight, created_at + timedelta(hours=self.random.randrange(48)))
        body["create_date"] = stamp_text(created_at.astimezone(self.zone))
        body["last_change_date"] = stamp_text(changed_at.astimezone(self.zone))
        return draft

    def _as_trial(self, draft: Draft) -> None:
        pupil, service = make_pupil(self.random), self.random.choice(TRIAL)
        draft.body["client"] = self._client(pupil)
        draft.document |= {
            "leadId": pupil.lead_id,
            "leadName": f"{pupil.name} {pupil.surname}",
        }
        if self.random.random() < _COME_AGAIN:
            self._newcomers.append((pupil, datetime.fromisoformat(draft.body["date"])))
        # Sometimes a trial lesson has two services. Then the first one, an individual lesson, is
        # the service that is stored.
        lines = draft.body["services"] if self.random.random() < 0.2 else []
        draft.body["services"] = [*lines, service_line(service)]
        draft.document["IsTrial"] = True
        if not lines:
            draft.document |= {"serviceId": str(service["id"]), "serviceName": service["title"]}
            set_length(draft, service["duration"])

    def _taught_by_dismissed(self, draft: Draft) -> None:
        staff = self.random.choice(DISMISSED)
        draft.body |= {"staff_id": staff["id"], "staff": self.random.choice([[], None])}
        draft.document |= {"teacherId": str(staff["id"]), "teacherName": staff["name"]}

    def _without_crm_id(self, draft: Draft) -> None:
        lead_id, name = draft.document["leadId"], draft.document["leadName"]
        client = draft.body["client"]
        names = [name, f"{name} 12", f"+380000000123 {name}", f"0000000123 {name}", lead_id]
        names += [f"{name} 2014", f"{name}, 8 років", f"{name} (050) 123-45-67", ""]
        choice = self.random.randrange(len(names) + 2)
        if choice < len(names):
            client |= {"name": names[choice], "display_name": names[choice], "surname": ""}
        else:
            draft.body["client"] = None if choice == len(names) else []
