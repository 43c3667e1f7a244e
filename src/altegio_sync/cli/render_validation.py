"""The findings of `validate` as plain text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.validation import Severity
from altegio_sync.messages import render
from altegio_sync.messages.figures import WITHOUT_COMPANY
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from altegio_sync.domain.repair import SchoolZones
    from altegio_sync.domain.validation import (
        RepairPlan,
        RuleFinding,
        ValidationReport,
        ValidationScope,
    )

_WITHOUT_DAY = (
    "Documents without a readable start belong to no day: they are checked without a period"
)


def render_validation(
    report: ValidationReport, details: Mapping[str, Sequence[str]] | None = None
) -> str:
    """A line for each rule that found something, then what was or would be done.

    ``details`` are lines about the documents of a rule, which follow the rule's own line.
    """
    details = details or {}
    found = f"{report.errors} errors, {report.warnings} warnings"
    of = "" if report.companies is None else f" of company {', '.join(report.companies.ids)}"
    lines = [f"Validate: {report.checked} documents{of}{_days(report.scope)}, {found}"]
    if report.without_company:
        lines.append(render(WITHOUT_COMPANY(count=report.without_company)))
    if report.scope is not None:
        lines.append(_WITHOUT_DAY)
    for finding in report.findings:
        if finding.count:
            about = details.get(finding.rule, ())
            lines += [_finding_line(finding, has_details=bool(about)), *about]
    if report.plan is not None:
        lines += ["", *_plan_lines(report.plan)]
    if report.run_id is not None:
        lines += [
            "",
            f"Fix {report.run_id}: {report.fixed} documents changed, {report.trashed} moved to "
            "the trash",
            f"altegio-sync undo {report.run_id} brings all of it back",
        ]
    if report.zones is not None:
        lines.append(_zones_line(report.zones))
    for each in report.unrepaired.by_reason:
        sample = ", ".join(map(plain, each["sample"][:5]))
        lines.append(f"{each['count']} unchanged: {plain(each['reason'])} ({sample})")
    if report.interrupted:
        lines.append("Interrupted: run it again for the rest")
    return "\n".join(lines)


def _days(scope: ValidationScope | None) -> str:
    if scope is None:
        return ""
    period = scope.period
    days = f"on {period.start}" if period.days == 1 else f"{period.start} to {period.last_day}"
    return f" that start {days} ({scope.zone.key})"


def _zones_line(zones: SchoolZones) -> str:
    names = {zone.key for zone in zones.by_company.values()}
    if len(names) > 1:
        each = ", ".join(f"{zone.key} ({plain(name)})" for name, zone in zones.by_company.items())
        return f"Dates without a zone are read in the zones of the companies: {each}"
    if zones.first is None:
        return f"For dates without a zone none is known: {zones.source}"
    return f"Dates without a zone are read in {zones.first.key} ({zones.source})"


def _finding_line(finding: RuleFinding, *, has_details: bool) -> str:
    level = "ERROR" if finding.severity is Severity.ERROR else "WARNING"
    fields = ", ".join(f"{plain(name)} {count}" for name, count in finding.fields.items() if count)
    by_field = f" ({fields})" if fields else ""
    sample = "" if has_details else f"  e.g. {', '.join(map(plain, finding.sample))}"
    remedy = render(finding.remedy.message)
    return f"{level:<7} {finding.rule:<22}{finding.count:>8}{by_field}{sample}  [{remedy}]"


def _plan_lines(plan: RepairPlan) -> list[str]:
    lines = [f"--fix would repair {plan.local} documents by itself"]
    if plan.asked:
        way = "by pages of the days they stand on" if plan.by_pages else "by id"
        lines.append(
            f"and ask Altegio about {plan.asked}, {way}: about {plan.requests} requests, "
            f"{plan.seconds:.0f} s"
        )
    if plan.unaskable:
        lines.append(
            f"{plan.unaskable} cannot be asked for: no id, or a company that is not configured"
        )
    lines.append("Nothing was written")
    return lines
