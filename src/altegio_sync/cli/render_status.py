"""The status as a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.cli.attention_lines import attention_lines
from altegio_sync.cli.columns import name_lines
from altegio_sync.domain.durations import age_text
from altegio_sync.domain.exit_code import ExitCode
from altegio_sync.domain.versions import KEPT_FOR
from altegio_sync.messages import figures as texts
from altegio_sync.messages import render
from altegio_sync.messages import webhooks as webhook_texts
from altegio_sync.messages.numbers import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from altegio_sync.domain.ledger import CompanyCoverage
    from altegio_sync.domain.status import StatusReport
    from altegio_sync.domain.webhooks import WebhookFigures
    from altegio_sync.messages import Message, Template

#: With more companies, one line shows them all.
_MOST_LISTED = 20


def render_status(report: StatusReport) -> str:
    """One screen; the lines that need attention come last, plain for `grep`."""
    is_fine = report.exit_code is ExitCode.DONE
    lines = [render(texts.EVERYTHING_FINE() if is_fine else texts.NEEDS_ATTENTION()), ""]
    lines += name_lines([(render(name()), render(value)) for name, value in _rows(report)])
    if report.attention:
        lines += ["", *attention_lines(report.attention)]
    return "\n".join(lines)


def _rows(report: StatusReport) -> Iterator[tuple[Template, Message | str]]:
    if report.companies is not None:
        yield texts.COMPANIES_ROW, ", ".join(report.companies.ids)
    yield texts.LAST_RUN_ROW, _last_run(report)
    for complete in _coverage(report):
        yield texts.COMPLETE_ROW, complete
    for cursor in _cursors(report):
        yield texts.CURSOR_ROW, cursor
    for lease in report.leases:
        at_work = texts.AT_WORK_UNTIL_KILLED if lease.is_expired else texts.AT_WORK
        yield texts.AT_WORK_ROW, at_work(company=lease.company, holder=lease.holder)
    yield texts.BUDGET_ROW, _budget(report)
    yield texts.DOCUMENTS_ROW, format_count(report.documents)
    stale = texts.STALE_SOME if report.stale else texts.STALE_NONE
    yield texts.STALE_ROW, stale(number=report.stale)
    yield texts.ERRORS_ROW, texts.ERRORS_FOUND(number=report.validation_errors)
    if report.webhooks is not None:
        yield from _webhooks(report.webhooks, report.now)
    if report.without_company:
        yield texts.NO_COMPANY_ROW, texts.WITHOUT_COMPANY(count=report.without_company)


def _webhooks(figures: WebhookFigures, now: datetime) -> Iterator[tuple[Template, Message | str]]:
    yield webhook_texts.WEBHOOKS_ROW, _loss(figures, now)
    if (delay := figures.delay) is not None:
        took = webhook_texts.DELAY(p50=delay.p50_seconds, p95=delay.p95_seconds)
        yield webhook_texts.DELAY_ROW, took
    queue = figures.queue
    waiting = webhook_texts.QUEUE_EMPTY()
    if queue.oldest_age is not None:
        waiting = webhook_texts.QUEUE_OPEN(count=queue.open, span=age_text(queue.oldest_age))
    if queue.dead:
        waiting = webhook_texts.AND_DEAD(queue=waiting, count=queue.dead)
    yield webhook_texts.QUEUE_ROW, waiting


def _loss(figures: WebhookFigures, now: datetime) -> Message:
    if figures.since is None:
        return webhook_texts.NO_NOTICE_YET()
    day, total = figures.last_day, figures.total
    lost = webhook_texts.NO_CHANGE_OF_DAY()
    if day.unclassified:
        lost = webhook_texts.TOO_NEW(count=day.unclassified)
    if day.loss is not None:
        lost = webhook_texts.LOSS_OF_DAY(loss=day.loss, lost=day.lost, count=day.changes)
    if total.loss is None:
        return lost
    span = age_text(min(now - figures.since, KEPT_FOR))
    return webhook_texts.AND_LOSS_SINCE(loss_of_day=lost, loss=total.loss, span=span)


def _coverage(report: StatusReport) -> Iterator[Message]:
    several = len(report.coverage) > 1
    if len(report.coverage) <= _MOST_LISTED:
        for each in report.coverage:
            complete = _complete(each, report.now)
            yield texts.OF_COMPANY(company=each.company, what=complete) if several else complete
        return
    whole = sum(len(each.graded) == len(each.days) for each in report.coverage)
    days = max(len(each.days) for each in report.coverage)
    complete = texts.COMPLETE_COMPANIES(whole=whole, number=len(report.coverage), days=days)
    proofs = [each.oldest_proof_at for each in report.coverage if each.oldest_proof_at is not None]
    if proofs:
        span = age_text(report.now - min(proofs))
        complete = texts.AND_OLDEST_PROOF(complete=complete, span=span)
    yield complete


def _cursors(report: StatusReport) -> Iterator[Message]:
    ages = {company: report.now - at for company, at in sorted(report.cursors.items())}
    if len(ages) > _MOST_LISTED:
        yield texts.OLDEST_CURSOR(number=len(ages), span=age_text(max(ages.values())))
        return
    for company, age in ages.items():
        yield texts.CURSOR_AGE(company=company, span=age_text(age))


def _last_run(report: StatusReport) -> Message:
    run = report.last_run
    if run is None:
        return texts.NO_RUN_YET()
    ending = texts.INTERRUPTED if run.interrupted else texts.FAILED
    if run.ok:
        ending = texts.SUCCEEDED
    age = None if run.finished_at is None else age_text(report.now - run.finished_at)
    when = texts.AT_UNKNOWN_TIME() if age is None else texts.AGO(span=age)
    return ending(command=run.command, run_id=run.run_id, when=when)


def _complete(coverage: CompanyCoverage, now: datetime) -> Message:
    complete = texts.COMPLETE_DAYS(
        graded=len(coverage.graded), days=len(coverage.days), proved=coverage.proved
    )
    if coverage.outdated:
        complete = texts.AND_OUTDATED(complete=complete, number=len(coverage.outdated))
    if coverage.oldest_proof_at is not None:
        span = age_text(now - coverage.oldest_proof_at)
        complete = texts.AND_OLDEST_PROOF(complete=complete, span=span)
    return complete


def _budget(report: StatusReport) -> Message:
    spent, limit = report.budget_spent, report.budget_limit
    return (
        texts.REQUESTS_OF_LIMIT(spent=spent, limit=limit) if limit else texts.REQUESTS(spent=spent)
    )
