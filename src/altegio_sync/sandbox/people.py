"""The services, the teachers and the pupils of the made-up school."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from altegio_sync.sandbox.bodies import service_body, staff_body

if TYPE_CHECKING:
    import random

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
#: They left the school. Their lessons are still booked under their names.
DISMISSED = [
    staff_body(2100090, "Клементина Колишня", fired=1),
    staff_body(2100091, "Лук'ян Давнішній", fired=1, status=1),
]
UNKNOWN_STAFF_ID = 9999

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


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil; ``lead_id`` is the number that the school itself gave the pupil."""

    client_id: int
    name: str
    surname: str
    lead_id: str


def make_pupil(source: random.Random) -> Pupil:
    lead_id = f"{source.randrange(10**5, 10**8)}"
    return Pupil(
        170_000_000 + source.randrange(10_000_000),
        source.choice(_FIRST_NAMES),
        source.choice(_LAST_NAMES),
        f"00{lead_id[:6]}" if source.random() < 0.03 else lead_id,
    )
