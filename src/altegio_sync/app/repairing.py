"""Repairs the documents of a school by its settings, and by asking Altegio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.app.companies import ask_repair_companies
from altegio_sync.usecases.asking.plan import RepairRequest
from altegio_sync.usecases.repair import RepairRun, plan_repairs, repair_appointments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from altegio_sync.app.school import School
    from altegio_sync.domain.validation import ValidationReport
    from altegio_sync.usecases.stopping import StopSignal
    from altegio_sync.usecases.validate import ValidationRequest


async def repair_school(
    school: School,
    asked: ValidationRequest,
    *,
    asks_altegio: bool,
    dry_run: bool,
    wait: str,
    stop: StopSignal,
) -> ValidationReport:
    """Repair what the rules find; see `repair_appointments`, and `plan_repairs` for a dry run.

    ``wait`` is how long to wait for another run, such as `10m`.
    """
    config = school.config
    wanted = () if asked.companies is None else asked.companies.ids
    companies: Sequence[str] = config.pick_companies(wanted)
    if asks_altegio:
        companies = await ask_repair_companies(school, companies, stop, dry_run=dry_run)
    run = school.rearrangement("validate", wait=wait, stop=stop)
    request = RepairRequest(
        companies=companies,
        local=asked.local,
        timezone=config.timezone,
        page_size=config.first_page_size,
        rules=config.rules,
    )
    repair = RepairRun(
        school.held_by(run.lease).repairs(run.run_id),
        school.altegio if asks_altegio else None,
        request,
        asked.context,
        stop,
    )
    if dry_run:
        return await plan_repairs(repair, school.validator, asked.scope)
    return await repair_appointments(repair, school.validator, run, asked.scope)
