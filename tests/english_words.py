"""Finds English words in what the program shows to a Ukrainian reader."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import altegio_sync

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Programs of others look for these at the beginning of a message.
BEGINNINGS: Final = (
    "Missing required environment variables",
    "Invalid date format",
    "Teacher not found",
    "Error fetching appointments",
    "Rate limit exceeded",
)
#: What is written alike in every language, by its form.
_FORMS: Final = re.compile(
    r"""
    (?:https?|mongodb)://\S+            # addresses
    | (?<![\w/])[\w.…~-]*/[\w./-]+      # paths, time zones
    | -{1,2}[a-z][a-z-]*                # options
    | \b[A-Z][A-Z0-9_]+\b               # settings, placeholders of options, levels
    | \b(?:[a-z]+[A-Z]\w*|IsTrial|status)\b  # fields of documents
    | \((?:int|long|double|str)\)       # kinds of values in MongoDB
    | (?<!\w)'[^']*'                     # what the user typed
    | \b\w*(?:_\w*|[0-9]\w*)\b          # ids, numbers, codes
    | \b[a-z]+(?:-[a-z]+)+\b            # rules
    | \b\w+\.(?:csv|xlsx|json|bson|gz|toml|env|md|html)\b
    | \.(?:env|bson|gz|xlsx|csv|jsonl)\b
    | pip[ ]install[ ][\w -]+
    """,
    re.VERBOSE,
)
#: Names; what the made-up school contains; the words of a period, which are typed.
_WORDS: Final = """
    altegio trash verify mongodump
    Altegio MongoDB Atlas Unix Prometheus Mongo CRM UTC cron crontab node exporter id ids
    stdout stderr auto all embedded systemd uk en text json localhost loopback
    Emma Sampleton Individual lesson min Trial
    today yesterday tomorrow around
"""
_COMMANDS: Final = Path(altegio_sync.__file__).parent / "cli" / "commands"


@cache
def _known() -> frozenset[str]:
    """The words above, and the commands: functions that `app.command` decorates."""
    code = "".join(each.read_text() for each in _COMMANDS.glob("*.py"))
    commands = re.findall(r"^@\w+\.command\(.*?^def (\w+)", code, re.M | re.S)
    return frozenset([*_WORDS.split(), *commands])


def find_english_words(text: str, known: Iterable[str] = ()) -> list[str]:
    """The lines that contain a word in English, with these words in front."""
    allowed = _known() | set(known)
    found = []
    for line in text.splitlines():
        rest = _FORMS.sub(" ", _without_beginnings(line))
        words = [each for each in re.findall(r"[A-Za-z]+(?:'[a-z]+)?", rest) if each not in allowed]
        if words:
            found.append(f"{' '.join(words)}: {line.strip()}")
    return found


def _without_beginnings(line: str) -> str:
    for each in BEGINNINGS:
        line = line.replace(f"{each}:", "")
    return line
