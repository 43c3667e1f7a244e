"""A sentence with placeholders, and the sentence filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING, Any, TypeAlias

from altegio_sync.messages.foreign_text import OwnLines, plain
from altegio_sync.messages.setting_names import setting_name, with_setting_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    #: Lists are shown with commas between their parts.
    Field: TypeAlias = "str | int | float | date | Message | Sequence[Field] | None"
    Choose = Callable[["Template", int | None], str]
    #: Shows a number or a date; the second date is the last of days that begin with the first.
    Show = Callable[[float | date, date | None], object]


#: Fields with a number that counts nothing, so every language writes its digits alone.
_NO_COUNTS = frozenset({"code", "status", "port", "pid", "line", "year", "byte"})


@dataclass(frozen=True)
class Template:
    """A sentence; called with its fields it gives a `Message`.

    ``code`` names the sentence for programs and in stored documents, so it never changes. With
    ``many`` there are two forms, and the field ``count`` chooses between them.
    """

    code: str
    english: str
    many: str | None = None

    @cached_property
    def placeholders(self) -> frozenset[str]:
        parts = [part for text in (self.english, self.many or "") for part in _parse(text)]
        return frozenset(parts) | ({"count"} if self.many is not None else frozenset())

    def __call__(self, **fields: Field) -> Message:
        if fields.keys() != self.placeholders:
            raise TypeError(f"{self.code} takes the fields {sorted(self.placeholders)}")
        return Message(self, fields)


def _parse(text: str) -> list[str]:
    return [name for _text, name, _spec, _conversion in Formatter().parse(text) if name]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence with the values of its fields; ``str()`` gives the English text."""

    template: Template
    fields: Mapping[str, Field]

    @property
    def code(self) -> str:
        return self.template.code

    def __str__(self) -> str:
        return fill(self, _english, _as_in_programs)

    def __hash__(self) -> int:
        return hash((self.template, str(self)))

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """In a report a message is its English text; the text of a stored report is read back."""
        from pydantic_core import core_schema  # here, since only reports need pydantic

        return core_schema.no_info_after_validator_function(
            as_message,
            core_schema.union_schema(
                [core_schema.str_schema(), core_schema.is_instance_schema(cls)]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                str, return_schema=core_schema.str_schema()
            ),
        )


#: Text that has no template: of another program, or of a stored document without a code.
TEXT = Template("text", "{text}")


def as_message(text: Message | str) -> Message:
    return text if isinstance(text, Message) else TEXT(text=text)


def _english(template: Template, count: int | None) -> str:
    return template.english if template.many is None or count == 1 else template.many


def fill(message: Message, choose: Choose, show: Show) -> str:
    """The sentence: ``choose`` chooses its text, ``show`` how numbers and dates are shown."""
    count = message.fields.get("count")
    text = with_setting_names(choose(message.template, count if isinstance(count, int) else None))
    last = message.fields.get("last")
    until = last if isinstance(last, date) else None
    fields = {
        name: value
        if name in _NO_COUNTS and isinstance(value, int)
        else _show(value, choose, show, until if name == "first" else None)
        for name, value in message.fields.items()
    }
    filled = text.format_map(fields)
    # A line break in a field was made a space, so this one is of a sentence of ours.
    return OwnLines(filled) if "\n" in filled else filled


def _show(value: Field, choose: Choose, show: Show, until: date | None = None) -> object:
    match value:
        case Message():
            return fill(value, choose, show)
        case str():
            return plain(setting_name(value))
        case int() | float() | date():
            return show(value, until)
        case None:
            return ""
        case _:
            return ", ".join(str(_show(each, choose, show)) for each in value)


def _as_in_programs(value: float | date, _until: date | None) -> object:
    """Numbers stay numbers, since sentences say how many digits they are shown with."""
    return value.isoformat() if isinstance(value, date) else value
