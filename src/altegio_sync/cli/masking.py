"""Shows an address on a terminal without its password."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation

if TYPE_CHECKING:
    from prompt_toolkit.layout.processors import TransformationInput

#: Between the colon and the last @; before an @ is typed, what cannot be a port.
_PASSWORD = re.compile(r"(?<=://)[^/@:]*:(?P<whole>.*(?=@)|(?=[^/]*[^/0-9])[^/]+$)")


class PasswordMask(Processor):
    """Shows a star for each sign of a password in the address that is typed."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        text = fragment_list_to_text(transformation_input.fragments)
        return Transformation([("", mask_password(text))])


def mask_password(address: str) -> str:
    """The address, as long as before, with stars for the password."""
    found = _PASSWORD.search(address)
    if found is None:
        return address
    begin, end = found.span("whole")
    return address[:begin] + "*" * (end - begin) + address[end:]
