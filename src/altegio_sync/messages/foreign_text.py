r"""Makes plain the text of other people: names, titles, ids, time zones, answers of programs.

Such text must not move the cursor, colour a terminal, reverse the direction of a line, or add a
line that looks like a line of this program (`5\nERROR everything is lost`).
"""

from __future__ import annotations

import re

#: Shown instead of a character that cannot be shown.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
#: Tabs and every kind of line break, also those of Unicode and the separators of ASCII.
_BREAKS = r"\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029"
#: Control characters (C0, DEL, C1), halves of surrogate pairs, code points that are no characters.
_CONTROLS = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    r"\U0001fffe\U0001ffff"
)
#: Characters without a shape: Unicode's format characters (Cf), fillers, joiners and separators of
#: letters. Variation selectors are not among them, because emoji need them.
_INVISIBLE = (
    r"\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
#: A joiner is kept only between two pictures (a family, a profession).
_PICTURE = r"[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_NOT_PLAIN = re.compile(
    rf"(?P<joiner>(?<={_PICTURE})\u200d(?={_PICTURE})|(?<=\ufe0f)\u200d(?={_PICTURE}))"
    rf"|(?P<breaks>[{_BREAKS}]+)|(?P<control>[{_CONTROLS}])|(?P<invisible>[{_INVISIBLE}]+)"
)
#: A letter keeps four marks: more would reach into the lines above and below.
_MARKS = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_PILE = re.compile(rf"({_MARKS}{{4}}){_MARKS}+")


class OwnLines(str):
    """A text of this program with several lines: `plain` keeps its line breaks."""

    __slots__ = ()

    def __str__(self) -> str:
        return self  # so that str() of an error keeps the type


def plain(text: object, longest: int | None = None) -> str:
    """The text on one line, without characters that act on a terminal.

    A line break or a tab becomes a space, any other control character becomes the replacement
    character, and an invisible mark is removed. Ukrainian letters, apostrophes, emoji and accents
    stay. A text longer than ``longest`` is cut and ends with an ellipsis.
    """
    line = text if isinstance(text, str) else str(text)
    if isinstance(line, OwnLines):
        return OwnLines("\n".join(map(plain, line.split("\n"))))
    if longest is not None and len(line) > longest:
        line = line[: longest - 1] + "…"
    if line.isascii() and line.isprintable():
        return line
    return _PILE.sub(r"\1", _NOT_PLAIN.sub(_plain_part, line))


def has_invisible(text: str) -> bool:
    """Whether `plain` removes invisible marks from the text."""
    return any(each.lastgroup == "invisible" for each in _NOT_PLAIN.finditer(text))


def _plain_part(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "joiner":
            return match[0]
        case "breaks":
            return " "
        case "control":
            return REPLACEMENT
        case _:
            return ""


#: JSON allows these characters in a string, but they act on a terminal.
_NOT_PLAIN_IN_JSON = re.compile(rf"[\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")
_JSON_JOINER = re.compile(rf"(?<=[\ufe0f\u2190-\u2bff\U0001f000-\U0001faff])\u200d(?={_PICTURE})")


def json_safe(text: str, encoding: str | None) -> str:
    """The same JSON; characters that act on a terminal or cannot be encoded are escaped.

    Half of a surrogate pair is no character: it becomes the replacement character.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    escaped = _NOT_PLAIN_IN_JSON.sub(_escape, text)
    try:
        escaped.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "".join(each if each.isascii() else _escaped(each) for each in escaped)
    return escaped


def _escape(match: re.Match[str]) -> str:
    if match[0] == "\u200d" and _JSON_JOINER.match(match.string, match.start()):
        return match[0]
    return _escaped(match[0])


def _escaped(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
