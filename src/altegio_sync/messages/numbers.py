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
    """A number of a sentence; the sentence says how it is formatted, as in `{share:.0%}`."""

    value: float

    def __format__(self, spec: str) -> str:
        return format_number(self.value, spec)

    def __str__(self) -> str:
        return format_number(self.value)


def format_number(value: float, spec: str = "") -> str:
    """The number with the signs of the language; `,` for thousands, `.1f` for one digit."""
    signs = {".": DECIMAL_SIGN, ",": THOUSANDS_SIGN, "%": PERCENT_SIGN}
    return "".join(_sign(signs[each]) if each in signs else each for each in format(value, spec))


def format_percent(share: float, digits: int = 0) -> str:
    """The share of 1 as a percentage, such as 12.3% or 12,3 %."""
    return format_number(share, f".{digits}%")


def _sign(template: Template) -> str:
    return catalog().pgettext(template.code, template.english)
