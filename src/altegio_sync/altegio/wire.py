"""The JSON of the API in Altegio's own words, read leniently.

Only what we need is looked at, and none of it can spoil the rest: ids come as numbers or strings,
empty objects as `[]`, booleans as 0 and 1, and keys appear over time. A part that cannot be read
becomes the marker `UNREADABLE` or None; whether that matters is decided in `translate`.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler

_TRUE: Final = {"1", "true"}
_FALSE: Final = {"0", "false", ""}


class Mark(Enum):
    """Stands for a value that was there and made no sense."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Mark.UNREADABLE


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _id(value: Any) -> str | None:
    """Digits as text; 0 is Altegio's word for none."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return text if text.isascii() and text.isdigit() and int(text) else None


def _flag(value: Any) -> bool | Mark | None:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    return False if text in _FALSE else UNREADABLE


def _number(value: Any) -> int | Mark | None:
    if value is None or value == "":
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return UNREADABLE
    return UNREADABLE if isinstance(value, bool | float) and number != value else number


def _object(value: Any) -> Any:
    """`[]` is how the API writes an object without fields."""
    return value if isinstance(value, dict) else None


def _list(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _row(value: Any, handler: Handler) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[str | None, BeforeValidator(_id)]
Flag = Annotated[bool | Mark | None, BeforeValidator(_flag)]
Number = Annotated[int | Mark | None, BeforeValidator(_number)]


class Wire(BaseModel):
    """Ignores keys we do not know, and never shows a value in an error: they may be private."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class WireService(Wire):
    """A service of a record, or of the location's list (which alone has a `duration`)."""

    id: Id = None
    title: Text = ""
    duration: Number = None


class WireStaff(Wire):
    """A team member of a record, or of the location's list."""

    id: Id = None
    name: Text = ""


class WireClient(Wire):
    """Whose lesson it is; nothing else of the client is read, let alone kept."""

    name: Text = ""
    surname: Text = ""
    patronymic: Text = ""


class WireRecord(Wire):
    """An appointment; `date` is local without an offset, lengths are seconds."""

    id: Id = None
    company_id: Id = None
    staff_id: Id = None
    staff: Annotated[WireStaff | None, BeforeValidator(_object)] = None
    services: Annotated[list[WireService], BeforeValidator(_list)] = Field(default_factory=list)
    client: Annotated[WireClient | None, BeforeValidator(_object)] = None
    date: Text = ""
    datetime: Text = ""
    seance_length: Number = None
    length: Number = None
    visit_attendance: Number = None
    attendance: Number = None
    deleted: Flag = None
    activity_id: Number = None
    last_change_date: Text = ""


class WireCompany(Wire):
    """A location; `timezone_name` is an IANA name."""

    id: Id = None
    title: Text = ""
    timezone_name: Text = ""


class WireMeta(Wire):
    """What an answer says of itself; `[]` where it says nothing."""

    total_count: Number = None
    message: Text = ""


Meta = Annotated[WireMeta | None, BeforeValidator(_object)]
Row = Annotated[WireRecord | None, WrapValidator(_row)]


class RecordsAnswer(Wire):
    """A page; a row that is not an object is None."""

    success: Flag = None
    data: list[Row]
    meta: Meta = None


class RecordAnswer(Wire):
    """One appointment."""

    success: Flag = None
    data: WireRecord
    meta: Meta = None


class StaffAnswer(Wire):
    """The location's staff, dismissed people too; not paginated."""

    success: Flag = None
    data: list[WireStaff]
    meta: Meta = None


class ServicesAnswer(Wire):
    """The location's services; not paginated."""

    success: Flag = None
    data: list[WireService]
    meta: Meta = None


class CompanyAnswer(Wire):
    """One location."""

    success: Flag = None
    data: WireCompany
    meta: Meta = None


class AnyAnswer(Wire):
    """The envelope alone, for refusals."""

    success: Flag = None
    meta: Meta = None
