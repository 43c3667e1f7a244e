"""The warnings of a run, as lines of Dagster's log: few lines, and no secret in them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from altegio_sync.log import Redaction, message
from altegio_sync.messages import chain as texts
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain
from altegio_sync.ports import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterable

    import dagster as dg

    from altegio_sync.domain.report import CompanyReport
    from altegio_sync.ports import Progress

#: Dagster stores each line in its database, so a run writes at most this many of one kind.
_MOST_OF_A_KIND = 20


class ChainLog:
    """Writes lines to the log of a run, with the secrets masked."""

    def __init__(self, logger: dg.DagsterLogManager, secrets: Iterable[str] = ()) -> None:
        self._logger = logger
        self._redact = Redaction(secrets)
        self._counts: Counter[str] = Counter()

    def redact(self, text: str) -> str:
        return self._redact(text)

    def warn(self, event: str, /, **fields: object) -> None:
        self.write(event, message(event, fields))

    def write(self, kind: str, line: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _MOST_OF_A_KIND:
            self._logger.warning(self._redact(plain(line)))
        elif self._counts[kind] == _MOST_OF_A_KIND + 1:
            self._logger.warning(render(texts.MORE_LINES(kind=kind)))


class ChainProgress(SilentProgress):
    """Logs the warnings of one school's run, and the errors of its companies."""

    def __init__(self, log: ChainLog, school: str, company: str = "") -> None:
        self._log = log
        self._school = school
        self._company = company

    def of_company(self, company_id: str) -> Progress:
        return ChainProgress(self._log, self._school, company_id)

    def warn(self, event: str, /, **fields: object) -> None:
        self._log.write(event, f"{self._place(self._company)}{message(event, fields)}")

    def end(self, report: CompanyReport) -> None:
        for each in report.errors:
            self._log.write(each.code, f"{self._place(report.company)}{render(each.message)}")

    def _place(self, company: str) -> str:
        place = "/".join(each for each in (self._school, company) if each)
        return f"{place}: " if place else ""
