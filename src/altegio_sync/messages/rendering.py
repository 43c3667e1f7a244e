"""What a person is shown: sentences, numbers and dates in the current language."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from altegio_sync.messages.calendar import DAY, DAY_OF_YEAR, MONTHS_OF_DAYS
from altegio_sync.messages.language import catalog, current_language
from altegio_sync.messages.numbers import Number
from altegio_sync.messages.template import as_message, fill

if TYPE_CHECKING:
    from altegio_sync.messages.template import Message, Template

#: Chooses the form of "many" in English and in Ukrainian.
_MANY = 5


def render(message: Message | str) -> str:
    """The sentence as it is shown to a person, in that person's language."""
    return fill(as_message(message), _in_the_language, _show)


def render_for_log(message: Message | str) -> str:
    """The same sentence for a line of the log: programs read its counts."""
    return fill(as_message(message), _in_the_language, _show_in_log)


def _in_the_language(template: Template, count: int | None) -> str:
    """The code is the context: two sentences that are alike in English may differ elsewhere."""
    if template.many is None:
        return catalog().pgettext(template.code, template.english)
    forms = template.english, template.many
    return catalog().npgettext(template.code, *forms, _MANY if count is None else count)


def _show_in_log(value: float | date, until: date | None) -> object:
    return _show(value, until) if isinstance(value, date) else Number(value, is_grouped=False)


def _show(value: float | date, until: date | None) -> object:
    if not isinstance(value, date):
        return Number(value)
    # In English a day is written as in commands.
    if current_language() == "en" or isinstance(value, datetime):
        return value.isoformat()
    month = MONTHS_OF_DAYS[value.month - 1]()
    # Days from 1 to 31 October 2026: the last day names what both have in common.
    if until is not None and value < until and value.year == until.year:
        day = DAY(day=value.day, month=month)
        return render(day) if value.month != until.month else value.day
    return render(DAY_OF_YEAR(day=value.day, month=month, year=str(value.year)))
