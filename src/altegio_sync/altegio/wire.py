"""The JSON of the API, with Altegio's own names, read leniently.

The models read only the fields that are needed, and one bad field does not damage the others. Ids
arrive as numbers or strings, empty objects as `[]`, booleans as 0 and 1, and new keys appear over
time. A part that cannot be read becomes the marker `UNREADABLE` or None; `translate` decides
whether the booking can do without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict, StringConstraints
from pydantic_core import core_schema

from altegio_sync.altegio.lenient import DAMAGED, DamagedRow

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

_TRUE: Final = {"1", "true"}
_FALSE: Final = {"0", "false", ""}
#: A whole number, in the form of programs that treat every number as a float.
_WHOLE: Final = re.compile(r"\s*([+-]?[0-9]{1,20})\.0{1,20}\s*")
#: Up to this number, every whole number has its own float.
_MOST_EXACT: Final = 2**53


class Mark(Enum):
    """The mark of a value that exists and cannot be read."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Mark.UNREADABLE


@dataclass(frozen=True, slots=True)
class Usual:
    """The type that a value usually has; a value of another type is passed to ``rescue``.

    So pydantic's core reads the usual value without calling Python. With validators that run before
    the type, reading a page would take twice the time.
    """

    type: Any
    rescue: Callable[[Any], object]

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        rescue = core_schema.no_info_plain_validator_function(self.rescue)
        usual = handler.generate_schema(self.type)
        return core_schema.union_schema([usual, rescue], mode="left_to_right")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of ``item``. PHP writes a list with gaps as an object whose names are numbers."""

    item: Any

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        usual = handler.generate_schema(Annotated[list[self.item], Strict()])  # type: ignore[name-defined]
        numbered = core_schema.no_info_after_validator_function(
            _to_list,
            handler.generate_schema(Annotated[dict[str, self.item], Strict()]),  # type: ignore[name-defined]
        )
        return core_schema.union_schema([usual, numbered], mode="left_to_right")


def _to_list(numbered: dict[str, Any]) -> list[Any]:
    if not numbered or not all(name.isascii() and name.isdigit() for name in numbered):
        raise ValueError("an object, and not a list")
    return list(numbered.values())


class DamagedText(str):
    """The mark of a text that was damaged on its way; `DAMAGED_TEXT` is its only value."""

    __slots__ = ()


DAMAGED_TEXT: Final = DamagedText()


def _text(value: Any) -> str:
    """The text of a number, since a text of digits sometimes arrives as a number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_EXACT:
        return str(value)
    return DAMAGED_TEXT if value is DAMAGED else ""


def _name(value: Any) -> str:
    """Like `_text`, but a value that is not a text is damaged: a name must not be lost silently."""
    return _text(value) or (DAMAGED_TEXT if value else "")


def to_flag(value: Any) -> bool | Mark | None:
    """The flag; None if it is missing."""
    if value is None:
        return None
    try:
        text = str(_without_fraction(value)).strip().lower()
    except (
        ValueError,
        RecursionError,
    ):  # a number with too many digits, or a list that is nested too deep
        return UNREADABLE
    if text in _TRUE:
        return True
    return False if text in _FALSE else UNREADABLE


def _number(value: Any) -> int | Mark | None:
    if value is None or value == "":
        return None
    try:
        number = int(_without_fraction(value))
    except (TypeError, ValueError, OverflowError):
        return UNREADABLE
    return UNREADABLE if isinstance(value, bool | float) and number != value else number


def _without_fraction(value: Any) -> Any:
    """A whole number without its ``.0``; any other value stays the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST_EXACT:
        return int(value)
    whole = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    return whole[1] if whole else value


def _none(_value: Any) -> None:
    return None


def _id(value: Any) -> str | None:
    """The id if it arrived as a float; None if the value is not a number above 0."""
    whole = _without_fraction(value)
    return str(int(whole)) if whole is not value and int(whole) > 0 else None


_Digits = Annotated[
    Annotated[int, Strict(), Field(gt=0), AfterValidator(str)]
    | Annotated[
        str, Strict(), StringConstraints(strip_whitespace=True, pattern=r"^0*[1-9][0-9]*$")
    ],
    Field(union_mode="left_to_right"),
]

Text = Annotated[str, Usual(Annotated[str, Strict()], _text)]
Name = Annotated[str, Usual(Annotated[str, Strict()], _name)]
#: An id as a text of digits. Altegio writes 0 if there is no id.
Id = Annotated[str | None, Usual(_Digits, _id)]
Flag = Annotated[bool | Mark | None, Usual(Annotated[bool, Strict()], to_flag)]
Number = Annotated[int | Mark | None, Usual(Annotated[int, Strict()], _number)]


class Wire(BaseModel):
    """Ignores unknown keys, and never shows a value in an error: values may be private."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class WireService(Wire):
    """A service of a record or of the location's list. Only the list has a `duration`."""

    id: Id = None
    title: Text = ""
    duration: Number = None


def _service(value: Any) -> Mark | None:
    return UNREADABLE if value else None


_Service = Annotated[WireService | Mark | None, Usual(WireService, _service)]


def _services(value: Any) -> Sequence[WireService | Mark | None]:
    """A single service that arrived without a list, or the mark for anything else."""
    if isinstance(value, dict) and "id" in value:
        return [WireService.model_validate(value)]
    return [UNREADABLE] if value else []


class WireStaff(Wire):
    """A team member of a record, or of the location's list."""

    id: Id = None
    name: Text = ""


class WireClient(Wire):
    """The client of a record: only what identifies the lead is read."""

    id: Id = None
    name: Name = ""
    surname: Name = ""
    patronymic: Name = ""


def _client(value: Any) -> WireClient | Mark | None:
    """The client from a list of one. Any other value that is not empty is unreadable."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return WireClient.model_validate(value[0])
    return UNREADABLE if value else None


class WireRecord(Wire):
    """An appointment; `date` is local without an offset, lengths are seconds."""

    id: Id = None
    company_id: Id = None
    staff_id: Id = None
    staff: Annotated[WireStaff | None, Usual(WireStaff, _none)] = None
    services: Annotated[
        Sequence[WireService | Mark | None], Usual(Annotated[Any, Listed(_Service)], _services)
    ] = ()
    client: Annotated[WireClient | Mark | None, Usual(WireClient, _client)] = None
    date: Text = ""
    datetime: Text = ""
    seance_length: Number = None
    length: Number = None
    visit_attendance: Number = None
    attendance: Number = None
    deleted: Flag = None
    activity_id: Number = None
    last_change_date: Text = ""


class DamagedRecord(WireRecord):
    """A record that cannot be read, except perhaps its id."""


def _row(value: Any) -> WireRecord | None:
    if isinstance(value, DamagedRow):
        return DamagedRecord(id=value.id, deleted=UNREADABLE)
    return None


class WireCompany(Wire):
    """A location; `timezone_name` is an IANA name."""

    id: Id = None
    title: Text = ""
    city: Text = ""
    timezone_name: Text = ""


class WireMeta(Wire):
    """The `meta` part of an answer; Altegio writes `[]` if it is empty."""

    total_count: Number = None
    message: Text = ""


#: `[]` is how the API writes an object without fields.
Meta = Annotated[WireMeta | None, Usual(WireMeta, _none)]
Row = Annotated[WireRecord | None, Usual(WireRecord, _row)]
_Company = Annotated[WireCompany | None, Usual(WireCompany, _none)]
_Staff = Annotated[WireStaff | None, Usual(WireStaff, _none)]


class AnyAnswer(Wire):
    """The envelope alone, for refusals."""

    success: Flag = None
    meta: Meta = None


class RecordsAnswer(AnyAnswer):
    """A page; a row that is not an object is None."""

    data: Annotated[list[WireRecord | None], Listed(Row)]


class RecordAnswer(AnyAnswer):
    """One appointment."""

    data: WireRecord


class StaffAnswer(AnyAnswer):
    """The location's staff, dismissed people too; not paginated."""

    data: Annotated[list[WireStaff | None], Listed(_Staff)]


class ServicesAnswer(AnyAnswer):
    """The location's services; not paginated."""

    data: Annotated[list[WireService | Mark | None], Listed(_Service)]


class WireHookSwitches(Wire):
    """The switches of webhooks: for all addresses, or for the address ``url``."""

    url: Text = ""
    active: Flag = None
    record: Flag = None


_Url = Annotated[str, Usual(Annotated[str, Strict()], _text)]
_HookSwitches = Annotated[WireHookSwitches | None, Usual(WireHookSwitches, _none)]


class WireHookSettings(WireHookSwitches):
    """The settings of webhooks. Only newer servers have ``url_settings``."""

    urls: Annotated[list[str], Listed(_Url)] = []
    url_settings: Annotated[list[WireHookSwitches | None], Listed(_HookSwitches)] = []


class HookSettingsAnswer(AnyAnswer):
    """The settings of a location's webhooks."""

    data: WireHookSettings


class CompaniesAnswer(AnyAnswer):
    """A page of the user's locations; a row that is not an object is None."""

    data: Annotated[list[WireCompany | None], Listed(_Company)]


class WireUser(Wire):
    """The user who logged in; without a token, Altegio asks for a second factor."""

    user_token: Text = ""


class LoginAnswer(AnyAnswer):
    """The answer to a login."""

    data: WireUser


class CompanyAnswer(AnyAnswer):
    """One location."""

    data: WireCompany
