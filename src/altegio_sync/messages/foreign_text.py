r"""Shows text that other people wrote: names, titles, ids, time zones, answers of other programs.

Such text must not move the cursor, colour a terminal, turn the direction of a line, or add a line
that looks like one of ours (`5\nERROR everything is lost`).
"""

from __future__ import annotations

import re

#: Shown in place of a character that cannot be shown.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
#: Tabs and every kind of line break, also those of Unicode and the separators of ASCII.
_BREAKS = r"\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029"
#: Control characters (C0, DEL, C1), halves of surrogate pairs, code points that are no characters.
_CONTROLS = (
    r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    r"\U0001fffe\U0001ffff"
)
#: What has no shape of its own: Unicode's format characters (Cf), fillers, and what joins or
#: separates letters. A variation selector stays: emoji need it.
_INVISIBLE = (
    r"\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    r"\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
#: Only pictures are joined (a family, a profession): a picture, its skin or variation, the joiner.
_PICTURE = r"[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_NOT_PLAIN = re.compile(
    rf"(?P<joiner>(?<={_PICTURE})\u200d(?={_PICTURE})|(?<=\ufe0f)\u200d(?={_PICTURE}))"
    rf"|(?P<breaks>[{_BREAKS}]+)|(?P<control>[{_CONTROLS}])|(?P<invisible>[{_INVISIBLE}]+)"
)
#: More marks over one letter reach into the lines above and below it.
_MARKS = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
_PILE = re.compile(rf"({_MARKS}{{4}}){_MARKS}+")


class OwnLines(str):
    """A text of ours whose line breaks are meant: `shown` keeps them."""

    __slots__ = ()

    def __str__(self) -> str:
        return self  # an error's text stays what it is when the error is shown


def shown(text: object, longest: int | None = None) -> str:
    """The text on one line: what it says stays, what it would do is gone.

    A line break or a tab is shown as a space, another control character as the replacement
    character, and an invisible mark not at all. Ukrainian letters, apostrophes, emoji and accents
    are unchanged. With ``longest`` a longer text is cut, with an ellipsis.
    """
    told = text if isinstance(text, str) else str(text)
    if isinstance(told, OwnLines):
        return OwnLines("\n".join(shown(line) for line in told.split("\n")))
    if longest is not None and len(told) > longest:
        told = told[: longest - 1] + "…"
    if told.isascii() and told.isprintable():
        return told
    return _PILE.sub(r"\1", _NOT_PLAIN.sub(_plain, told))


def has_invisible(text: str) -> bool:
    """Whether `shown` leaves out marks of the text that have no shape of their own."""
    return any(each.lastgroup == "invisible" for each in _NOT_PLAIN.finditer(text))


def _plain(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "joiner":
            return match[0]
        case "breaks":
            return " "
        case "control":
            return REPLACEMENT
        case _:
            return ""


#: Not plain in a JSON string: it may be part of one, and still act on a terminal.
_NOT_PLAIN_IN_JSON = re.compile(rf"[\x7f-\x9f\u2028\u2029\ud800-\udfff{_INVISIBLE}]")
_JSON_JOINER = re.compile(rf"(?<=[\ufe0f\u2190-\u2bff\U0001f000-\U0001faff])\u200d(?={_PICTURE})")


def json_safe(text: str, encoding: str | None) -> str:
    """JSON that says the same, with escapes for what acts on a terminal or cannot be encoded.

    Half a surrogate pair is no character: it becomes the replacement character.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    told = _NOT_PLAIN_IN_JSON.sub(_escape, text)
    try:
        told.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        told = "".join(each if each.isascii() else _escaped(each) for each in told)
    return told


def _escape(match: re.Match[str]) -> str:
    if match[0] == "\u200d" and _JSON_JOINER.match(match.string, match.start()):
        return match[0]
    return _escaped(match[0])


def _escaped(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
