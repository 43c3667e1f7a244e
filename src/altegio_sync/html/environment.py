"""The templates. All text in a template's place is escaped, and foreign text is made plain."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from altegio_sync.messages import Message, live, page, render
from altegio_sync.messages.foreign_text import plain
from altegio_sync.messages.language import current_language
from altegio_sync.messages.numbers import format_count, format_percent

if TYPE_CHECKING:
    from jinja2 import Environment

_SHARE_DIGITS = 4


def render_template(name: str, **values: Any) -> str:
    """The template in the current language. Its values are messages, texts, numbers and lists."""
    return _environment().get_template(name).render(language=current_language(), **values)


def read_asset(name: str) -> str:
    """A style sheet, or the script."""
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    # Jinja2 is imported here, since most commands make no page.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals |= {"page": page, "live": live}
    environment.filters["grouped"] = format_count
    environment.filters["percent"] = lambda share: format_percent(share, 1)
    environment.filters["rounded"] = lambda share: round(share, _SHARE_DIGITS)
    return environment


def _shown(value: object) -> object:
    """What is shown of a value, before it is escaped. Finished HTML stays as it is."""
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return value
    return render(value) if isinstance(value, Message) else plain(value)
