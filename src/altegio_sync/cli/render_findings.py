"""Describes the documents that a rule found, for people who correct them in Altegio."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from altegio_sync.domain.stats import label_of
from altegio_sync.messages.foreign_text import has_invisible, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from altegio_sync.domain.findings import FoundDocument, Group, WrongValue

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
    start = local_text(found.starts_at, zone) or "no start"
    parts = [teacher_text(found), start, f"lead {_short(found.lead_id or 'unknown')}"]
    wrong = wrong_text(found, rule, zone)
    known = f"booking {_short(found.known_as)}"
    return "  ".join([*parts, f"{known}: {wrong}" if wrong else known])


def teacher_text(found: FoundDocument) -> str:
    if found.teacher_name is not None:
        return _short(found.teacher_name)
    return "no teacher" if found.teacher_id is None else f"teacher {_short(found.teacher_id)}"


def local_text(moment: datetime | None, zone: ZoneInfo) -> str:
    """The moment in the school's zone; a moment at the edge of the calendar in UTC."""
    if moment is None:
        return ""
    try:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError):
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def wrong_text(found: FoundDocument, rule: str, zone: ZoneInfo) -> str:
    """What is wrong with the document."""
    match rule:
        case "duplicate-appointment":
            return f"copy {_short(found.document_id)}, {_dates_text(found, zone)}"
        case "duplicate-lesson":
            return "the same lead, teacher and start"
        case "teacher-overlap":
            return f"until {local_text(found.ends_at, zone)}"
        case "odd-length":
            return ", ".join(f"{each.value} minutes ({each.kind})" for each in found.wrong)
        case "date-order":
            return f"ends at {local_text(found.ends_at, zone)}"
        case "forgotten-pending":
            return f"Pending, ended at {local_text(found.ends_at, zone)}"
        case "future-completed":
            return ", ".join(f"{label_of(str(each.value))} in the future" for each in found.wrong)
        case _:
            return ", ".join(_value_text(each, zone) for each in found.wrong)


def _dates_text(found: FoundDocument, zone: ZoneInfo) -> str:
    return ", ".join(
        f"{'created' if each.field == 'createdAt' else 'updated'} "
        f"{local_text(each.value, zone) if isinstance(each.value, datetime) else 'at no time'}"
        for each in found.wrong
    )


def _value_text(wrong: WrongValue, zone: ZoneInfo) -> str:
    if wrong.kind in ("missing", "empty"):
        return f"{wrong.field} is {wrong.kind}"
    if wrong.value is None:
        return f"{wrong.field} ({wrong.kind})" if wrong.kind else wrong.field
    value = wrong.value
    text = local_text(value, zone) if isinstance(value, datetime) else f'"{_short(value)}"'
    kind = "" if wrong.kind in ("", "string") else f" ({wrong.kind})"
    # Without these words, the value would look correct.
    marks = " with invisible characters" if has_invisible(str(value)) else ""
    return f"{wrong.field} {text}{kind}{marks}"


def _short(text: object) -> str:
    return plain(text, _LONGEST)
