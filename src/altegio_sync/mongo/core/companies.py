"""Finds the documents of companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from altegio_sync.domain.company_scope import CompanyScope

#: MongoDB has no larger whole numbers.
_MOST = 2**63 - 1


def of_companies(scope: CompanyScope | None) -> dict[str, Any]:
    """A query for the documents of the scope; an empty one without a scope.

    A `companyId` that was stored as a number counts too.
    """
    if scope is None:
        return {}
    owners: list[Any] = [*scope.ids, *(int(each) for each in scope.ids if int(each) <= _MOST)]
    if scope.includes_documents_without_company:
        owners += [None, ""]
    return {"companyId": {"$in": owners}}
