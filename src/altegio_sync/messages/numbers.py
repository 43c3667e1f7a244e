"""Numbers and percentages, as the current language writes them."""

from __future__ import annotations

from dataclasses import dataclass

from altegio_sync.messages.language import catalog
from altegio_sync.messages.template import Template

# The signs of a number such as 1,234.5 or 12%. A space in them is one that does not break a line.
DECIMAL_SIGN = Template("decimal_sign", ".")
THOUSANDS_SIGN = Template("thousands_sign", ",")
PERCENT_SIGN = Template("percent_sign", "%")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a sentence; the sentence may say how it is formatted, as in `{share:.0%}`.

    By default, the thousands of a count are separated, except in the log.
    """

    value: float
    is_grouped: bool = True

    def __format__(self, spec: str) -> str:
        return format_number(self.value, spec or self._default)

    def __str__(self) -> str:
        return format(self)

    @property
    def _default(self) -> str:
        return "," if self.is_grouped and isinstance(self.value, int) else ""


def format_number(value: float, spec: str = "") -> str:
    """The number with the signs of the language; `,` for thousands, `.1f` for one digit."""
    signs = {".": DECIMAL_SIGN, ",": THOUSANDS_SIGN, "%": PERCENT_SIGN}
    return "".join(_sign(signs[each]) if each in signs else each for each in format(value, spec))


def format_count(count: int) -> str:
    """The count with separated thousands, such as 1,234."""
    return format_number(count, ",")


def format_percent(share: float, digits: int = 0) -> str:
    """The share of 1 as a percentage, such as 12.3% or 12,3 %."""
    return format_number(share, f".{digits}%")


def _sign(template: Template) -> str:
    return catalog().pgettext(template.code, template.english)
