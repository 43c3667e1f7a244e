"""Lists the services of locations, and which of them the settings keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from altegio_sync.domain.report import RunError
from altegio_sync.errors import AltegioError
from altegio_sync.messages.commands import COMPANY_FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from altegio_sync.domain.appointment import Service
    from altegio_sync.domain.lessons import LessonRules
    from altegio_sync.ports import ServiceSource


@dataclass(slots=True)
class ServicesReport:
    """The services by company, and the errors of companies whose services are missing."""

    rules: LessonRules
    found: dict[str, Sequence[Service]] = field(default_factory=dict)
    errors: list[RunError] = field(default_factory=list)

    def kept_as(self, service: Service) -> str | None:
        """The kind of lesson under which a booking is stored; None if it is not kept.

        A group event is never kept, whatever its service is.
        """
        if not self.rules.keeps(service, is_group_event=False):
            return None
        return "trial" if self.rules.is_trial(service) else "individual"

    def ids_kept_as(self, kind: str) -> list[str]:
        return [
            each.id
            for listed in self.found.values()
            for each in listed
            if self.kept_as(each) == kind
        ]

    def to_json(self) -> dict[str, Any]:
        return {
            "command": "services",
            "ok": not self.errors,
            "services": list(self._services_json()),
            "errors": [each.to_json() for each in self.errors],
        }

    def _services_json(self) -> Iterator[dict[str, Any]]:
        for company, listed in self.found.items():
            for service in listed:
                yield {
                    "company": company,
                    "id": service.id,
                    "title": service.title,
                    "length_s": service.length_s,
                    "kept_as": self.kept_as(service),
                }


async def list_services(
    source: ServiceSource, companies: Sequence[str], rules: LessonRules
) -> ServicesReport:
    """The services of each company. If one of several companies fails, the others are listed.

    Raises:
        AltegioError: the only company failed.
    """
    report = ServicesReport(rules)
    for company in companies:
        try:
            report.found[company] = await source.fetch_services(company)
        except AltegioError as error:
            if len(companies) == 1:
                raise
            message = COMPANY_FAILED(company=company, reason=error.message)
            report.errors.append(RunError("fetch_failed", message, company))
    return report
