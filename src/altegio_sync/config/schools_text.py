"""Reads the text of `schools.toml`, and refuses unknown keys, wrong values and secrets.

A refusal names the line and never shows its text, which may be a token.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ValidationError

from altegio_sync.config.environment import find_wrong_settings
from altegio_sync.config.toml_lines import TomlLines
from altegio_sync.config.values import SchoolConfig
from altegio_sync.messages import schools as texts
from altegio_sync.messages import settings as settings_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from altegio_sync.config.toml_lines import KeyPath
    from altegio_sync.messages import Message

    #: The line, and what is wrong there.
    Problem: TypeAlias = "tuple[int, Message]"

LONGEST_NAME = 100
_BEYOND_ANY_NUMBER = 10**18
LANGUAGES = ("uk", "en")
_SECRETS = {
    "company_token": "ALTEGIO_COMPANY_TOKEN",
    "user_token": "ALTEGIO_USER_TOKEN",
    "db_uri": "DB_URI",
    **{
        str(each.validation_alias).removeprefix("ALTEGIO_").lower(): str(each.validation_alias)
        for name, each in SchoolConfig.model_fields.items()
        if name in ("notify", "hook_secret", "page_password") or name.startswith("ping_url")
    },
}
#: Keys whose value is the name of a variable, with the setting that the variable contains.
IN_VARIABLES = {f"{key}_env": alias for key, alias in _SECRETS.items()}
_BUDGET = {
    "key": "ALTEGIO_BUDGET_KEY",
    "requests_per_second": "ALTEGIO_REQUESTS_PER_SECOND",
    "requests_per_minute": "ALTEGIO_REQUESTS_PER_MINUTE",
}
_COMPANIES = "companies"
_ELSEWHERE = {*_SECRETS.values(), *_BUDGET.values()}
#: The other settings are named as in the environment, in small letters and without the prefix.
_SETTINGS = {
    _COMPANIES if alias == "ALTEGIO_COMPANY_ID" else alias.removeprefix("ALTEGIO_").lower(): alias
    for each in SchoolConfig.model_fields.values()
    if (alias := str(each.validation_alias)) not in _ELSEWHERE
}
_ALIASES = _SETTINGS | _BUDGET
#: The key in the file for each setting of the environment.
KEYS = {alias: key for key, alias in (_ALIASES | IN_VARIABLES).items()}
_LISTS = (_COMPANIES, "service_ids", "trial_service_ids")
_NUMBERS = ("page_size", "crm_id_digits", "requests_per_second", "requests_per_minute")

#: The end of a message of `tomllib`. The part before it may contain text of the file.
_AT_LINE = re.compile(r"\(at line ([0-9]+), column [0-9]+\)$")
#: Messages of `tomllib` about a table or a key that the file has twice.
_TWICE = re.compile(r" twice \(|overwrite a value|immutable namespace")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_LONG_WORD = re.compile(r"[A-Za-z0-9]{16,}")
_LETTER_BESIDE_DIGIT = re.compile(r"(?<=[0-9])(?=[A-Za-z])|(?<=[A-Za-z])(?=[0-9])")
#: A token changes between letters and digits at least this often. The name of a variable, such as
#: TOKEN_2, does so less often.
_CHANGES_IN_TOKEN = 3
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def key_of(alias: str) -> str:
    """The key in the file for a setting of the environment."""
    return KEYS[alias]


@dataclass(slots=True)
class Table:
    """A `[[school]]` or `[budget]`: its settings by their aliases, as text, and its variables."""

    path: KeyPath
    lines: TomlLines
    values: dict[str, str] = field(default_factory=dict)
    #: Names of variables, by the setting that the variable contains.
    variables: dict[str, str] = field(default_factory=dict)
    name: str = ""
    language: str | None = None

    def line(self, key: str = "") -> int:
        return self.lines.find((*self.path, key))


@dataclass(frozen=True, slots=True)
class SchoolTables:
    budget: Table
    schools: Sequence[Table]


def read_tables(text: str) -> tuple[SchoolTables, list[Problem]]:
    """The tables of the file, and everything that is wrong with them, by line."""
    problems = list(_find_tokens(text))
    lines = TomlLines(text)
    try:
        parsed = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        refused = {line for line, _ in problems}
        line = _line_of(error, text)
        reason = texts.TWICE() if _TWICE.search(str(error)) else texts.NO_TOML()
        problems += [] if line in refused else [(line, reason)]
        return SchoolTables(Table((), lines), []), sorted(problems, key=_by_line)
    reader = _Reader(lines)
    tables = reader.read_file(parsed)
    # For a line that looks like a token, no other problem is reported.
    refused = {line for line, _ in problems}
    problems += [each for each in reader.problems if each[0] not in refused]
    return tables, sorted(problems, key=_by_line)


def _by_line(problem: Problem) -> int:
    return problem[0]


def _find_tokens(text: str) -> Iterator[Problem]:
    """Lines that look as if they contained a secret, comments included."""
    for line, content in enumerate(text.split("\n"), 1):
        has_token = any(
            len(_LETTER_BESIDE_DIGIT.findall(word)) >= _CHANGES_IN_TOKEN
            for word in _LONG_WORD.findall(content)
        )
        if has_token or _PASSWORD_IN_ADDRESS.search(content):
            yield line, texts.TOKEN_IN_FILE()


def _line_of(error: ValueError | RecursionError, text: str) -> int:
    found = _AT_LINE.search(str(error))
    if found is not None:
        return int(found[1])
    return len(text.split("\n")) if str(error).endswith("(at end of document)") else 1


class _Reader:
    """Checks keys and values, and collects the problems."""

    def __init__(self, lines: TomlLines) -> None:
        self.problems: list[Problem] = []
        self._lines = lines

    def read_file(self, parsed: Mapping[str, Any]) -> SchoolTables:
        self._check_keys(parsed, (), ("budget", "school"))
        budget = Table(("budget",), self._lines)
        raw = parsed.get("budget", {})
        if isinstance(raw, dict):
            self._read_table(budget, raw, ("db_uri_env", *_BUDGET))
        else:
            self._refuse(("budget",), texts.BUDGET_EXPECTED())
        schools = list(self._read_schools(parsed.get("school", [])))
        self._check_names(schools)
        return SchoolTables(budget, schools)

    def _read_schools(self, raw: object) -> Iterator[Table]:
        if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
            self._refuse(("school",), texts.SCHOOL_EXPECTED())
            return
        if not raw:
            self._refuse((), texts.NO_SCHOOL())
        for number, each in enumerate(raw):
            table = Table(("school", number), self._lines)
            self._read_name(table, each.get("name"))
            self._read_language(table, each.get("language"))
            own = {key: value for key, value in each.items() if key not in ("name", "language")}
            self._read_table(table, own, (*_SETTINGS, *IN_VARIABLES))
            yield table

    def _read_name(self, table: Table, raw: object) -> None:
        match raw:
            case None:
                self.problems.append((table.line(), texts.NO_NAME()))
            case str() if 0 < len(name := _tidy(raw)) <= LONGEST_NAME and name.isprintable():
                table.name = name
            case _:
                self._refuse((*table.path, "name"), texts.NAME_EXPECTED(most=LONGEST_NAME))

    def _read_language(self, table: Table, raw: object) -> None:
        language = raw.strip().lower() if isinstance(raw, str) else raw
        if language in LANGUAGES:
            table.language = str(language)
        elif language not in (None, ""):
            self._refuse((*table.path, "language"), texts.LANGUAGE_EXPECTED(key="language"))

    def _check_names(self, schools: Sequence[Table]) -> None:
        first: dict[str, Table] = {}
        for table in schools:
            if table.name and first.setdefault(table.name, table) is not table:
                line = first[table.name].line("name")
                self._refuse((*table.path, "name"), texts.SAME_NAME(line=line))

    def _read_table(self, table: Table, raw: Mapping[str, Any], known: Sequence[str]) -> None:
        self._check_keys(raw, table.path, known)
        for key, value in raw.items():
            if key in known:
                self._read_value(table, key, value)
        for alias, reason in _find_wrong(table.values).items():
            key = key_of(alias)
            self._refuse((*table.path, key), settings_texts.INVALID(name=key, reason=reason))

    def _check_keys(self, raw: Mapping[str, Any], path: KeyPath, known: Sequence[str]) -> None:
        for key in raw:
            if key in known:
                continue
            if key in _SECRETS:
                self._refuse((*path, key), texts.SECRET_KEY(key=key))
            elif key in _BUDGET and path[:1] == ("school",):
                self._refuse((*path, key), texts.KEY_OF_BUDGET(key=key))
            else:
                near = get_close_matches(key.lower().removeprefix("altegio_"), known, 1, 0.75)
                unknown = texts.UNKNOWN_KEY_MEANT(meant=near[0]) if near else texts.UNKNOWN_KEY()
                self._refuse((*path, key), unknown)

    def _read_value(self, table: Table, key: str, raw: object) -> None:
        path = (*table.path, key)
        value = _to_text(key, raw)
        if value is None:
            self._refuse(path, _expected(key))
        elif key in IN_VARIABLES:
            if _VARIABLE.fullmatch(value):
                table.variables[IN_VARIABLES[key]] = value
            else:
                self._refuse(path, _expected(key))
        elif value:  # as in the environment, an empty value counts as not set
            table.values[_ALIASES[key]] = value

    def _refuse(self, path: KeyPath, reason: Message) -> None:
        self.problems.append((self._lines.find(path), reason))


def _tidy(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()


def _to_text(key: str, raw: object) -> str | None:
    """The value in the form of the environment; None if its type is wrong."""
    match raw:
        case bool():
            return None
        case str():
            return raw.strip()
        case int() if (key in _LISTS or key in _NUMBERS) and raw < _BEYOND_ANY_NUMBER:
            return str(raw)
        case float() if key == "requests_per_second":
            return str(raw)
        case list() if key in _LISTS:
            parts = [_to_text(key, each) for each in raw if not isinstance(each, list)]
            texts_only = [each for each in parts if each]
            return ",".join(texts_only) if len(texts_only) == len(raw) else None
        case _:
            return None


def _expected(key: str) -> Message:
    if key in IN_VARIABLES:
        return texts.VARIABLE_EXPECTED(key=key)
    if key == _COMPANIES:
        return texts.COMPANIES_EXPECTED(key=key)
    if key in _LISTS:
        return texts.LIST_EXPECTED(key=key)
    return (texts.NUMBER_EXPECTED if key in _NUMBERS else texts.TEXT_EXPECTED)(key=key)


def _find_wrong(values: Mapping[str, str]) -> Mapping[str, Message]:
    try:
        SchoolConfig.model_validate(values)
    except ValidationError as error:
        return find_wrong_settings(error)
    return {}
