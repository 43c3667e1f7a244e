"""Messages in JSON and BSON: the code and the fields, beside the English text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

import altegio_sync.messages as area
from altegio_sync.messages.template import Message, Template, as_message

if TYPE_CHECKING:
    from altegio_sync.messages.template import Field


#: The key of a stored document under which a message lies beside its English text.
STORED_MESSAGE = "text"


def to_data(message: Message) -> dict[str, Any]:
    """What `from_data` reads back, also in another version of the program."""
    fields = {name: _value_to_data(value) for name, value in message.fields.items()}
    return {"code": message.code, "fields": fields, "message": str(message)}


def from_data(data: object) -> Message:
    """The message; where its code or its fields are unknown, its English text. Never an error."""
    if not isinstance(data, Mapping):
        return as_message(data if isinstance(data, str) else "")
    template = find_templates().get(str(data.get("code")))
    fields = data.get("fields")
    if template is not None and isinstance(fields, Mapping):
        known = {str(name): _value_from_data(value) for name, value in fields.items()}
        if known.keys() == template.placeholders and _can_be_shown(
            read := Message(template, known)
        ):
            return read
    return as_message(str(data.get("message", "")))


@cache
def find_templates() -> Mapping[str, Template]:
    """Every sentence of the program, by its code."""
    modules = [
        import_module(f"{area.__name__}.{each.name}") for each in iter_modules(area.__path__)
    ]
    found = [value for module in modules for value in vars(module).values()]
    lists = [each for value in found if isinstance(value, tuple) for each in value]
    return {each.code: each for each in [*found, *lists] if isinstance(each, Template)}


def _can_be_shown(message: Message) -> bool:
    try:
        str(message)
    except (ValueError, TypeError, AttributeError, LookupError):
        return False
    return True


def _value_to_data(value: Field) -> object:
    match value:
        case Message():
            return to_data(value)
        case date():
            return value.isoformat()
        case None | str() | int() | float():
            return value
        case _:
            return [_value_to_data(each) for each in value]


def _value_from_data(value: object) -> Field:
    match value:
        case None | str() | int() | float():
            return value
        case Mapping():
            return from_data(value)
        case Sequence():
            return [_value_from_data(each) for each in value]
        case _:
            return str(value)
