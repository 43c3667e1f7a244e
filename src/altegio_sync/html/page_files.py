"""What a page loads: its style, its script and its picture."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version

from altegio_sync.html.environment import read_asset

#: The addresses that a page names. All are relative to the page.
STYLE, SCRIPT, ICON = "page.css", "page.js", "icon.svg"
_VERSION_LENGTH = 12


def page_style() -> str:
    """The style sheet at the address `STYLE`."""
    return read_asset("base.css") + read_asset("live.css")


def page_script() -> str:
    """The script at the address `SCRIPT`."""
    return read_asset("live.js")


def page_icon() -> str:
    """The picture at the address `ICON`."""
    return read_asset("icon.svg")


@cache
def assets_version() -> str:
    """Another text for each version of the program, and of what a page loads."""
    whole = "\n".join([version("altegio-sync"), page_style(), page_script(), page_icon()])
    return sha256(whole.encode()).hexdigest()[:_VERSION_LENGTH]
