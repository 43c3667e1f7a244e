"""The check `no_gaps`: the ledger has every day of the last weeks, for every company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from altegio_sync.chain.assets import COVERAGE
from altegio_sync.chain.ledger import DAYS, read_last_days
from altegio_sync.chain.schools import SchoolResource
from altegio_sync.domain.clock import utc_now
from altegio_sync.messages import render
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from altegio_sync.chain.ledger import ChainLedger

NO_GAPS = "no_gaps"
#: The page shows this many lines.
_MOST_ROWS = 200


@dg.asset_check(
    asset=COVERAGE,
    name=NO_GAPS,
    description=f"The ledger has each of the last {DAYS} days for each company. "
    "The sensor `ledger` evaluates it too.",
)
def no_gaps(school: SchoolResource) -> dg.AssetCheckResult:
    ledger = read_last_days(school.load(), utc_now())
    return dg.AssetCheckResult(passed=has_passed(ledger), metadata=check_metadata(ledger))


def has_passed(ledger: ChainLedger) -> bool:
    return not ledger.gaps and not ledger.problems


def check_metadata(ledger: ChainLedger) -> dict[str, Any]:
    """The counts, the gaps, and the schools whose ledger cannot be read."""
    gaps = ledger.gaps
    rows = [
        dg.TableRecord(
            {
                "company": each.company,
                "first": each.period.start.isoformat(),
                "last": each.period.last_day.isoformat(),
                "days": each.days,
            }
        )
        for each in gaps[:_MOST_ROWS]
    ]
    problems = [plain(render(each.full_problem)) for each in ledger.problems]
    found: dict[str, Any] = {
        "companies": len(ledger.companies),
        "companies_with_gaps": len(gaps),
        "missing_days": sum(each.days for each in gaps),
    }
    if rows:
        found["gaps"] = dg.MetadataValue.table(rows)
    if problems:
        found["unread_schools"] = problems
    return found
