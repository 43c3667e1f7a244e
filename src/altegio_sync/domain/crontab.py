"""The lines of a crontab that keep a school up to date, and a crontab with these lines."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: When, and which command; see README.
_WORK = (
    ("*/5 * * * *", "changes -q"),
    ("15 3 * * *", "sync around --update -q"),
)
_BEGIN, _END = "# begin altegio-sync", "# end altegio-sync"


def cron_lines(program: Sequence[str], env_file: Path) -> list[str]:
    """The lines for one settings file; ``program`` is the command with its full path."""
    folder = _word(str(env_file.parent))
    command = " ".join(_word(each) for each in program)
    is_default = env_file.name == ".env"
    option = "" if is_default else f" --env-file {_word(str(env_file))}"
    return [f"{when}  cd {folder} && {command} {work}{option}" for when, work in _WORK]


def with_lines(crontab: str, lines: Sequence[str], env_file: Path) -> str:
    """The crontab with the lines for this file, once; all its other lines stay as they are."""
    begin, end = (f"{each} {_on_one_line(env_file)}\n" for each in (_BEGIN, _END))
    block = "".join((begin, *(f"{each}\n" for each in lines), end))
    before = re.compile(rf"^{re.escape(begin)}(?:(?!# begin ).*\n)*?{re.escape(end)}", re.MULTILINE)
    if before.search(crontab) is not None:
        return before.sub(lambda _: block, crontab, count=1)
    missing_end = "" if not crontab or crontab.endswith("\n") else "\n"
    return f"{crontab}{missing_end}{block}"


def _word(text: str) -> str:
    """A word for the shell, in a crontab: there, % is the end of the command."""
    return shlex.quote(text).replace("%", r"\%")


def _on_one_line(path: Path) -> str:
    return " ".join(str(path).split())
