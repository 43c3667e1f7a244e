"""The language of what people read: chosen for the process, or for a part of its work."""

from __future__ import annotations

import gettext
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Language: TypeAlias = Literal["en", "uk"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
#: Names the catalog; typer finds its own words in it too.
DOMAIN = "altegio_sync"
LOCALE_DIR = Path(__file__).parents[1] / "locale"

#: The setting; the locale decides only where nothing else does.
SETTING = "ALTEGIO_LANG"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_OPTION = "--lang"


class _Process:
    """The choice for the process. Threads see it: they start without context variables."""

    language: Language = "en"
    #: Whether the user chose it, so that it holds for every school.
    is_chosen = False


_of_this_work: ContextVar[Language | None] = ContextVar("language", default=None)


def current_language() -> Language:
    return _of_this_work.get() or _Process.language


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Choose the language of the process: from the option, else from the environment."""
    chosen = _named(arguments) or _first_set(environment, [SETTING])
    _Process.is_chosen = chosen is not None
    _Process.language = chosen or _first_set(environment, _LOCALE) or "en"
    return _Process.language


def follow_settings(variables: Mapping[str, str]) -> None:
    """Follow a settings file that names the language, unless the user chose another."""
    named = _first_set(variables, [SETTING])
    if named is not None and not _Process.is_chosen:
        _Process.language, _Process.is_chosen = named, True


def follow_school(language: Language | None) -> None:
    """Use the language of the only school of this process, unless the user chose another."""
    if language is not None and not _Process.is_chosen:
        _Process.language = language


def chosen_language() -> Language | None:
    """The language that the user chose for the process; None if only the locale names one."""
    return _Process.language if _Process.is_chosen else None


@contextmanager
def in_language_of(language: Language | None) -> Iterator[None]:
    """Use this language for the task, as one of several schools, unless the user chose another."""
    with in_language(None if _Process.is_chosen else language):
        yield


@contextmanager
def in_language(language: Language | None) -> Iterator[None]:
    """Use this language for the task, whatever the user chose for the process."""
    token = _of_this_work.set(language)
    try:
        yield
    finally:
        _of_this_work.reset(token)


def _first_set(environment: Mapping[str, str], names: Sequence[str]) -> Language | None:
    """The language of the first variable that is set, English if unknown; None if none is set."""
    value = next((value for name in names if (value := environment.get(name, "").strip())), "")
    return (to_language(value) or "en") if value else None


def to_language(value: str) -> Language | None:
    """The language of `uk`, `UK` or `uk_UA.UTF-8`; None of a language that we do not have."""
    name = value.strip().lower().partition(".")[0].partition("@")[0].replace("-", "_")
    return next((each for each in LANGUAGES if name.partition("_")[0] == each), None)


def _named(arguments: Sequence[str]) -> Language | None:
    """The language of the option, which is read before typer can read it; the last one counts."""
    words = list(arguments)
    words = words[: words.index("--")] if "--" in words else words
    found = None
    for word, following in pairwise([*words, ""]):
        if word == _OPTION:
            found = following
        elif word.startswith(f"{_OPTION}="):
            found = word.removeprefix(f"{_OPTION}=")
    return None if found is None else to_language(found)


def catalog() -> gettext.NullTranslations:
    """The translations of the current language; those of English are the sentences themselves."""
    return _catalog(current_language())


@cache
def _catalog(language: Language) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE_DIR, languages=[language], fallback=True)


def translated(english: str) -> str:
    """The text of a help page in the current language; `_` where it is imported.

    Help pages are written when their module is imported: the language is chosen before.
    """
    return catalog().gettext(english)
