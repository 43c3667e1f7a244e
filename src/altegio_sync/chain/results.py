"""The results of a run as Dagster shows them: metadata, and a failure where companies failed."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from altegio_sync.chain.schools import company_key, name_of
from altegio_sync.log import Redaction
from altegio_sync.messages import Message, as_message, render
from altegio_sync.messages import chain as texts
from altegio_sync.messages.schools import SCHOOL_FAILED
from altegio_sync.messages.words import some_ids

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.chain.running import SchoolOutcome
    from altegio_sync.config import SchoolConfig
    from altegio_sync.domain.report import CompanyReport


class ChainResult:
    """What became of each company of each school."""

    def __init__(self, outcomes: Sequence[SchoolOutcome]) -> None:
        self._outcomes = outcomes
        secrets = [secret for each in outcomes for secret in each.config.secrets]
        self._redact = Redaction(secrets)

    @property
    def was_interrupted(self) -> bool:
        return any(report.interrupted for each in self._outcomes for report in each.reports) or any(
            _is_interruption(each.problem) for each in self._outcomes
        )

    @property
    def done(self) -> list[str]:
        """The keys of the companies that were read to their end, without an error."""
        return [
            company_key(config, company.company)
            for config, company in self._companies()
            if not (company.has_failed or company.was_interrupted or company.gave_way)
        ]

    def by_company(self) -> dict[str, Counter[str]]:
        """What the run did for each company, by its key."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for row in (self._row(*each) for each in self._companies()):
            found[str(row["company"])].update({name: int(row[name]) for name in _NUMBERS})
        return found

    def metadata(self) -> dict[str, Any]:
        """Sums, and a line for each company."""
        rows = [self._row(*each) for each in self._companies()]
        sums = {name: sum(int(row[name]) for row in rows) for name in _NUMBERS}
        table = dg.MetadataValue.table([dg.TableRecord(row) for row in rows])
        return {"companies": len(rows), **sums} | ({"by_company": table} if rows else {})

    def check(self) -> None:
        """Raise what the run ends with, unless everything was done.

        Raises:
            DagsterExecutionInterruptedError: the run was stopped.
            Failure: a company or a school failed. The others are stored.
        """
        if self.was_interrupted:
            raise dg.DagsterExecutionInterruptedError(render(texts.INTERRUPTED()))
        message = self._find_problem()
        if message is not None:
            description = self._redact(render(message))
            raise dg.Failure(description, metadata=self.metadata(), allow_retries=False)

    def _find_problem(self) -> Message | None:
        schools = [each for each in self._outcomes if each.problem is not None]
        if schools:
            return texts.SCHOOLS_FAILED(problems=[_problem_of(each) for each in schools])
        failed = [
            company_key(config, company.company)
            for config, company in self._companies()
            if company.has_failed
        ]
        return texts.SOME_FAILED(count=len(failed), failed=some_ids(failed)) if failed else None

    def _companies(self) -> Iterator[tuple[SchoolConfig, CompanyReport]]:
        for outcome in self._outcomes:
            for report in outcome.reports:
                for company in report.companies:
                    yield outcome.config, company

    def _row(self, config: SchoolConfig, company: CompanyReport) -> dict[str, str | int]:
        days, records = company.days, company.records
        return {
            "company": company_key(config, company.company),
            "requests": company.api.requests,
            "bookings": records.fetched,
            "saved": records.saved,
            "updated": records.updated,
            "days_read": days.checked + days.proved,
            "days_known": days.resumed,
            "error": self._redact("; ".join(render(each.message) for each in company.errors)),
        }


_NUMBERS = ("requests", "bookings", "saved", "updated", "days_read", "days_known")


def _problem_of(outcome: SchoolOutcome) -> Message:
    name, problem = name_of(outcome.config), as_message(outcome.problem or "")
    return SCHOOL_FAILED(school=name, reason=problem) if name else problem


def _is_interruption(problem: Message | None) -> bool:
    return problem is not None and problem.code == texts.INTERRUPTED.code
