"""JSON bodies with the keys, their order and the types of the API's answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Body = dict[str, Any]

_POSITION: Body = {"id": 90001, "title": "Викладач", "services_binding_type": 0}
_IMAGES = "https://assets.example.invalid/masters"


def local_text(moment: datetime) -> str:
    """A visit's `date`: local, without an offset."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def stamp_text(moment: datetime) -> str:
    """`create_date`, `last_change_date`: their offset has no colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")


def service_body(service_id: int, title: str, price: int, length_s: int, people: int = 1) -> Body:
    """A service in the location's list."""
    return {
        "id": service_id,
        "title": title,
        "booking_title": title,
        "category_id": 88000 + people,
        "price_min": price,
        "price_max": price,
        "discount": 0,
        "comment": "",
        "weight": 1,
        "active": 1,
        "api_id": "",
        "duration": length_s,
        "is_multi": people > 1,
        "capacity": people if people > 1 else 0,
        "staff": [],
        "is_online": False,
    }


def service_line(service: Body) -> Body:
    """A service in a record."""
    price = service["price_min"]
    return {
        "id": service["id"],
        "title": service["title"],
        "cost": price,
        "cost_to_pay": price,
        "manual_cost": price,
        "cost_per_unit": price,
        "discount": 0,
        "first_cost": price,
        "amount": 1,
    }


def staff_body(staff_id: int, name: str, *, fired: int = 0, status: int = 0) -> Body:
    """A team member in the location's list. `status` 1: a deleted team member."""
    return {
        "id": staff_id,
        "name": name,
        "company_id": None,
        "specialization": "Викладач",
        "position": dict(_POSITION),
        "avatar": f"{_IMAGES}/sm/{staff_id}.png",
        "avatar_big": f"{_IMAGES}/origin/{staff_id}.png",
        "rating": 5,
        "votes_count": 0,
        "fired": fired,
        "status": status,
        "hidden": fired,
        "bookable": not fired,
        "user": [],
        "user_id": 0,
        "weight": 10,
        "schedule_till": None,
        "api_id": None,
    }


def staff_line(staff: Body) -> Body:
    """A team member in a record."""
    return {
        "id": staff["id"],
        "api_id": None,
        "name": staff["name"],
        "specialization": staff["specialization"],
        "position": dict(_POSITION),
        "avatar": staff["avatar"],
        "avatar_big": staff["avatar_big"],
        "rating": staff["rating"],
        "votes_count": 0,
    }


def client_body(client_id: int, name: str, surname: str = "", patronymic: str = "") -> Body:
    return {
        "id": client_id,
        "name": name,
        "surname": surname,
        "patronymic": patronymic,
        "display_name": " ".join(part for part in (name, surname, patronymic) if part),
        "phone": f"+38000{client_id % 10**7:07d}",
        "card": "",
        "email": f"pupil{client_id % 10**7}@example.invalid",
        "success_visits_count": 3,
        "fail_visits_count": 0,
        "discount": 0,
        "is_new": False,
        "custom_fields": [],
        "client_tags": [],
    }


def company_body(
    company_id: str, timezone: str, title: str = "Школа мов «Приклад»", city: str = "Київ"
) -> Body:
    return {
        "id": int(company_id),
        "title": title,
        "country": "Україна",
        "city": city,
        "address": "вул. Вигадана, 1",
        "phone": "+380000000000",
        "timezone_name": timezone,
        "coordinate_lat": 50.45,
        "coordinate_lon": 30.52,
        "currency_short_title": "грн",
        "active": 1,
    }


def record_body(
    record_id: int,
    company_id: str,
    zone: ZoneInfo,
    start: datetime,
    *,
    staff: Body,
    services: list[Body],
    client: Body | None,
) -> Body:
    """A plain appointment of an hour at the local time ``start``, still pending."""
    aware = start.replace(tzinfo=zone)
    created = stamp_text(min(aware - timedelta(days=3, hours=2), datetime.now(zone)))
    visit_id = 600_000_000 + record_id % 100_000_000 if services or client else 0
    length_s = 3600
    return {
        "id": record_id,
        "company_id": int(company_id),
        "staff_id": staff["id"],
        "services": [service_line(each) for each in services],
        "goods_transactions": [],
        "staff": staff_line(staff),
        "client": client,
        "comer": None,
        "clients_count": 1,
        "date": local_text(start),
        "datetime": aware.isoformat(timespec="seconds"),
        "create_date": created,
        "comment": "",
        "online": False,
        "visit_attendance": 0,
        "attendance": 0,
        "confirmed": 1,
        "seance_length": length_s,
        "length": length_s,
        "technical_break_duration": 0,
        "sms_before": 4,
        "sms_now": 0,
        "sms_now_text": "",
        "email_now": 0,
        "notified": 0,
        "master_request": 0,
        "api_id": "",
        "from_url": "",
        "review_requested": 0,
        "visit_id": visit_id,
        "created_user_id": 300001,
        "deleted": False,
        "paid_full": 0 if visit_id else 1,
        "payment_status": 0 if visit_id else 1,
        "prepaid": False,
        "prepaid_confirmed": False,
        "last_change_date": created,
        "custom_color": "",
        "custom_font_color": "",
        "record_labels": [],
        "activity_id": 0,
        "custom_fields": [],
        "documents": [_document(record_id, company_id, visit_id, start)],
        "sms_remain_hours": None,
        "email_remain_hours": None,
        "bookform_id": 0,
        "record_from": "",
        "is_mobile": 0,
        "is_update_blocked": False,
        "is_sale_bill_printed": False,
        "resource_instance_ids": [],
        "short_link": f"https://example.invalid/c/{record_id:x}/",
        "acceptance_free": None,
        "finance_transactions": [],
    }


def _document(record_id: int, company_id: str, visit_id: int, start: datetime) -> Body:
    document_id = 500_000_000 + record_id
    return {
        "id": document_id,
        "type_id": 7,
        "storage_id": 0,
        "user_id": 300001,
        "company_id": int(company_id),
        "number": document_id,
        "comment": "",
        # Sometimes this differs by an hour from the record's own time, as in real answers.
        "date_created": local_text(start + timedelta(hours=record_id % 10 == 0)),
        "category_id": 0,
        "visit_id": visit_id,
        "record_id": record_id,
        "type_title": "Visit",
        "is_sale_bill_printed": False,
    }
