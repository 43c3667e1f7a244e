"""The documents behind the counts of `validate`: examples, lists, a file."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from altegio_sync.app.rules import RULE_IDS
from altegio_sync.cli.list_file import list_file
from altegio_sync.cli.render_findings import group_lines, local_text, wrong_value
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render
from altegio_sync.messages import validation as texts
from altegio_sync.messages.files import LIST_OF_FINDINGS, WRITES_CSV
from altegio_sync.messages.findings import ALL_OF_RULE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.list_file import ListFile
    from altegio_sync.domain.findings import FoundDocument
    from altegio_sync.domain.validation import RuleContext, RuleFinding, ValidationReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.validate import FindingSource

HEADER = (
    *("rule", "severity", "group", "id", "start", "end", "teacher_id", "teacher", "lead"),
    *("company", "problem", "document"),
)
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class FindingOptions:
    """Which documents to show: ``listed`` and ``ignored`` are names of rules.

    Raises:
        ConfigError: a rule is unknown, or the file's name does not end in .csv.
    """

    listed: Sequence[str] = ()
    ignored: frozenset[str] = frozenset()
    report_file: Path | None = None

    def check(self) -> None:
        for rule in (*self.listed, *sorted(self.ignored)):
            if rule not in RULE_IDS:
                raise ConfigError(_unknown_rule(rule))
        if both := sorted(self.ignored & set(self.listed)):
            raise ConfigError(texts.LISTED_AND_IGNORED(rule=both[0]))
        if self.report_file is not None and self.report_file.suffix.lower() != ".csv":
            raise ConfigError(WRITES_CSV(option="--report", file=self.report_file.name))

    @contextmanager
    def opened_file(self) -> Iterator[ListFile | None]:
        """The file for the report, already tested to be writable; None without ``--report``."""
        if self.report_file is None:
            yield None
            return
        with list_file(self.report_file, HEADER, LIST_OF_FINDINGS()) as file:
            yield file


def _unknown_rule(rule: str) -> Message:
    near = get_close_matches(rule, RULE_IDS, 1)
    hint = texts.RULE_MEANT(rule=near[0]) if near else texts.RULES_ARE(rules=RULE_IDS)
    return texts.UNKNOWN_RULE(rule=repr(rule), hint=hint)


async def load_details(
    source: FindingSource,
    context: RuleContext,
    report: ValidationReport,
    options: FindingOptions,
    file: ListFile | None,
    zone: ZoneInfo,
) -> None:
    """Put the documents of listed rules into the report, and of all rules into the file.

    Raises:
        StoreError: MongoDB failed.
        ConfigError: the file cannot be written.
    """
    for finding in report.findings:
        is_listed = finding.rule in options.listed
        if is_listed:
            report.listed[finding.rule] = []
        if not finding.count or not (is_listed or file is not None):
            continue
        number = 0
        async for group in source.find_groups(finding.rule, context):
            number += 1
            if is_listed:
                report.listed[finding.rule].append(group)
            if file is not None:
                for document in group:
                    file.add(_cells(finding, number, document, zone))
    if file is not None:
        file.put()


def _cells(
    finding: RuleFinding, number: int, found: FoundDocument, zone: ZoneInfo
) -> Sequence[str]:
    problem = wrong_value(found, finding.rule, zone)
    return (
        *(finding.rule, finding.severity.value, str(number)),
        found.appointment_id or "",
        local_text(found.starts_at, zone),
        local_text(found.ends_at, zone),
        *(found.teacher_id or "", found.teacher_name or "", found.lead_id or ""),
        found.company_id or "",
        # Programs read this file, so it is in English.
        "" if problem is None else str(problem),
        found.document_id,
    )


async def detail_lines(
    source: FindingSource, report: ValidationReport, zone: ZoneInfo
) -> dict[str, list[str]]:
    """Lines about documents, by rule: all documents of listed rules, else five examples."""
    if report.listed:
        listed = report.listed.items()
        return {rule: list(group_lines(rule, groups, zone)) for rule, groups in listed}
    lines: dict[str, list[str]] = {}
    for finding in report.findings:
        if finding.count:
            groups = (await source.find_examples(finding))[:_EXAMPLES]
            lines[finding.rule] = list(group_lines(finding.rule, groups, zone))
            if finding.count > sum(map(len, groups)):
                all_of_rule = ALL_OF_RULE(rule=finding.rule)
                lines[finding.rule].append(f"        {render(all_of_rule)}")
    return lines
