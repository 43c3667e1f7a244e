"""Which companies' documents a report is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompanyScope:
    """Only documents of these companies, and with them perhaps those without a `companyId`.

    The old scripts wrote documents without it. They can only be of the one company where a single
    company is configured.
    """

    ids: tuple[str, ...]
    includes_documents_without_company: bool


WITHOUT_COMPANY = CompanyScope((), includes_documents_without_company=True)
