"""Chooses the language before typer is imported, and gives typer its words in it."""

from __future__ import annotations

import gettext
from typing import TYPE_CHECKING

from altegio_sync.messages.language import DOMAIN, LOCALE_DIR, choose_language

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence


def speak(arguments: Sequence[str], environment: MutableMapping[str, str]) -> None:
    """Choose the language; typer looks its own words up in our catalog."""
    # gettext itself knows no other way to name the language of a process.
    environment["LANGUAGE"] = choose_language(arguments, environment)
    gettext.bindtextdomain(DOMAIN, LOCALE_DIR)
    gettext.textdomain(DOMAIN)
