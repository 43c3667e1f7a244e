"""The findings of `validate` as plain text for stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.validation import Severity
from altegio_sync.messages import findings as texts
from altegio_sync.messages import render
from altegio_sync.messages.figures import WITHOUT_COMPANY
from altegio_sync.messages.numbers import format_count
from altegio_sync.messages.tending import RUN_AGAIN
from altegio_sync.messages.validation import RULE_WORDS
from altegio_sync.messages.words import DOCUMENTS, LISTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from altegio_sync.domain.repair import SchoolZones, Unrepaired
    from altegio_sync.domain.validation import (
        RepairPlan,
        RuleFinding,
        ValidationReport,
        ValidationScope,
    )
    from altegio_sync.messages import Message

_SHOWN = 5


def render_validation(
    report: ValidationReport, details: Mapping[str, Sequence[str]] | None = None
) -> str:
    """A line for each rule that found something, then what was or would be done.

    ``details`` are lines about the documents of a rule, which follow the rule's own line.
    """
    details = details or {}
    lines = [render(each) for each in _head(report)]
    for finding in report.findings:
        if finding.count:
            about = details.get(finding.rule, ())
            lines += [_finding_line(finding, has_details=bool(about)), *about]
    if report.plan is not None:
        lines += ["", *map(render, _plan(report.plan))]
    if report.run_id is not None:
        lines += ["", *map(render, _fix(report, report.run_id))]
    if report.zones is not None:
        lines.append(render(_zones(report.zones)))
    lines += map(render, _unrepaired(report.unrepaired))
    if report.interrupted:
        lines.append(render(RUN_AGAIN()))
    return "\n".join(lines)


def _head(report: ValidationReport) -> Iterator[Message]:
    documents = texts.CHECKED(count=report.checked)
    if report.companies is not None:
        documents = texts.CHECKED_OF(count=report.checked, companies=report.companies.ids)
    if report.scope is not None:
        documents = _on_days(documents, report.scope)
    yield texts.HEADING(
        documents=documents,
        errors=texts.ERRORS(count=report.errors),
        warnings=texts.WARNINGS(count=report.warnings),
    )
    if report.without_company:
        yield WITHOUT_COMPANY(count=report.without_company)
    if report.scope is not None:
        yield texts.WITHOUT_DAY()


def _on_days(documents: Message, scope: ValidationScope) -> Message:
    period, zone = scope.period, scope.zone.key
    if period.days == 1:
        return texts.THAT_DAY(documents=documents, day=period.start, zone=zone)
    return texts.THOSE_DAYS(
        documents=documents, first=period.start, last=period.last_day, zone=zone
    )


def _finding_line(finding: RuleFinding, *, has_details: bool) -> str:
    level = "ERROR" if finding.severity is Severity.ERROR else "WARNING"
    fields = [
        texts.FIELD_COUNT(field=name, number=count)
        for name, count in finding.fields.items()
        if count
    ]
    by_field = f" ({render(LISTED(ids=fields))})" if fields else ""
    sample = "" if has_details else f"  {render(texts.SUCH_AS(ids=finding.sample))}"
    remedy = render(finding.remedy.message)
    count = format_count(finding.count)
    words = render(RULE_WORDS[finding.rule]())
    return f"{level:<7} {finding.rule:<22}{count:>8}  {words}{by_field}{sample}  [{remedy}]"


def _plan(plan: RepairPlan) -> Iterable[Message]:
    yield texts.WOULD_REPAIR(count=plan.local)
    if plan.asked:
        ask = texts.WOULD_ASK_BY_PAGE if plan.by_pages else texts.WOULD_ASK_BY_ID
        yield ask(
            documents=DOCUMENTS(count=plan.asked),
            requests=texts.REQUESTS(count=plan.requests),
            seconds=plan.seconds,
        )
    if plan.unaskable:
        yield texts.UNASKABLE(count=plan.unaskable)
    yield texts.NOTHING_WRITTEN()


def _fix(report: ValidationReport, run_id: str) -> Iterable[Message]:
    changed = texts.FIXED_DOCUMENTS(count=report.fixed)
    yield texts.FIXED(run_id=run_id, changed=changed, moved=report.trashed)
    yield texts.UNDO_FIX(run_id=run_id)


def _zones(zones: SchoolZones) -> Message:
    names = {zone.key for zone in zones.by_company.values()}
    if len(names) > 1:
        several = zones.by_company.items()
        each = [texts.ZONE_OF_COMPANY(zone=zone.key, company=name) for name, zone in several]
        return texts.ZONES_OF_COMPANIES(zones=each)
    if zones.first is None:
        return texts.NO_ZONE(source=zones.source)
    return texts.ZONE(zone=zones.first.key, source=zones.source)


def _unrepaired(unrepaired: Unrepaired) -> Iterable[Message]:
    for reason in sorted(unrepaired.counts, key=str):
        ids = unrepaired.samples[reason][:_SHOWN]
        yield texts.UNREPAIRED(number=unrepaired.counts[reason], reason=reason, ids=ids)
