"""Describes the documents that a rule found, for people who correct them in Altegio."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.domain.day_words import moment_and_zone_in_table, moment_in_table
from altegio_sync.domain.stats import label_of
from altegio_sync.messages import findings as texts
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import has_invisible, plain
from altegio_sync.messages.words import LISTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.findings import FoundDocument, Group, WrongValue
    from altegio_sync.messages import Message

_LONGEST = 60


def group_lines(rule: str, groups: Iterable[Group], zone: ZoneInfo) -> Iterator[str]:
    """A line for each document; documents that belong together follow each other."""
    for group in groups:
        if len(group) == 1:
            yield f"        {_document_line(group[0], rule, zone)}"
            continue
        for number, document in enumerate(group):
            mark = "-" if number == 0 else "|"
            yield f"      {mark} {_document_line(document, rule, zone)}"


def _document_line(found: FoundDocument, rule: str, zone: ZoneInfo) -> str:
    lead, known_as = found.lead_id, _short(found.known_as)
    problem = wrong_value(found, rule, zone)
    parts = (
        _teacher(found),
        local_moment(found.starts_at, zone) or texts.NO_START(),
        texts.NO_LEAD() if lead is None else texts.LEAD(lead=_short(lead)),
        texts.BOOKING(booking=known_as)
        if problem is None
        else texts.BOOKING_BECAUSE(booking=known_as, problem=problem),
    )
    return "  ".join(map(render, parts))


def _teacher(found: FoundDocument) -> Message | str:
    if found.teacher_name is not None:
        return _short(found.teacher_name)
    if found.teacher_id is None:
        return texts.NO_TEACHER()
    return texts.TEACHER_BY_ID(teacher=_short(found.teacher_id))


def local_moment(moment: datetime | None, zone: ZoneInfo) -> Message | None:
    """The moment in the school's zone, as tables show it."""
    local = in_zone(moment, zone)
    if local is None:
        return None
    return moment_and_zone_in_table(local) if local.tzinfo is UTC else moment_in_table(local)


def in_zone(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The moment in the school's zone; a moment at the edge of the calendar in UTC."""
    try:
        return moment and moment.astimezone(zone)
    except (OverflowError, ValueError):
        return moment and moment.astimezone(UTC)


def wrong_value(found: FoundDocument, rule: str, zone: ZoneInfo) -> Message | None:
    """What is wrong with the document; None if the rule says it all."""
    match rule:
        case "duplicate-appointment":
            dates = [_storing_date(each, zone) for each in found.wrong]
            return texts.COPY(document=_short(found.document_id), dates=dates)
        case "duplicate-lesson":
            return texts.SAME_LESSON()
        case "teacher-overlap":
            return texts.UNTIL(moment=local_moment(found.ends_at, zone))
        case "date-order":
            return texts.ENDS_AT(moment=local_moment(found.ends_at, zone))
        case "forgotten-pending":
            moment = local_moment(found.ends_at, zone)
            return texts.STILL_PENDING(status=label_of("0"), moment=moment)
        case _:
            parts = [_part(each, rule, zone) for each in found.wrong]
            return LISTED(ids=parts) if parts else None


def _part(wrong: WrongValue, rule: str, zone: ZoneInfo) -> Message:
    match rule:
        case "odd-length":
            return _length(wrong)
        case "future-completed":
            return texts.IN_FUTURE(status=label_of(str(wrong.value)))
        case _:
            return _value(wrong, zone)


def _length(wrong: WrongValue) -> Message:
    template = texts.SHORT if wrong.kind == "short" else texts.LONG
    return template(count=wrong.value if isinstance(wrong.value, int) else 0)


def _storing_date(wrong: WrongValue, zone: ZoneInfo) -> Message:
    is_creation = wrong.field == "createdAt"
    if not isinstance(wrong.value, datetime):
        return texts.CREATED_AT_NO_TIME() if is_creation else texts.UPDATED_AT_NO_TIME()
    template = texts.CREATED if is_creation else texts.UPDATED
    return template(moment=local_moment(wrong.value, zone))


def _value(wrong: WrongValue, zone: ZoneInfo) -> Message:
    match wrong.kind, wrong.value:
        case "missing", _:
            return texts.FIELD_MISSING(field=wrong.field)
        case "empty", _:
            return texts.FIELD_EMPTY(field=wrong.field)
        case "", None:
            return texts.FIELD(field=wrong.field)
        case _, None:
            return texts.FIELD_OF_KIND(field=wrong.field, kind=_kind(wrong.kind))
        case _, datetime() as moment:
            return _with_kind(wrong, local_moment(moment, zone))
        case _, value:
            what = _with_kind(wrong, texts.QUOTED(value=_short(value)))
            return texts.INVISIBLE(what=what) if has_invisible(str(value)) else what


def _with_kind(wrong: WrongValue, value: Message | None) -> Message:
    if wrong.kind in ("", "string"):
        return texts.FIELD_VALUE(field=wrong.field, value=value)
    return texts.FIELD_VALUE_OF_KIND(field=wrong.field, value=value, kind=_kind(wrong.kind))


def _kind(kind: str) -> Message | str:
    """A type of MongoDB has the same name in every language."""
    return texts.EXTRA_SPACES() if kind == "extra spaces" else kind


def _short(text: object) -> str:
    return plain(text, _LONGEST)
