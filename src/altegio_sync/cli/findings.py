"""The documents behind the counts of `validate`: examples, lists, a file."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from altegio_sync.app.rules import RULE_IDS
from altegio_sync.cli.finding_file import finding_file
from altegio_sync.cli.render_findings import group_lines
from altegio_sync.cli.tables import check_ending
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render
from altegio_sync.messages import validation as texts
from altegio_sync.messages.findings import ALL_OF_RULE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.finding_file import FindingFile
    from altegio_sync.domain.validation import RuleContext, ValidationReport
    from altegio_sync.messages import Message
    from altegio_sync.usecases.validate import FindingSource

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class FindingOptions:
    """Which documents to show: ``listed`` and ``ignored`` are names of rules.

    Raises:
        ConfigError: a rule is unknown, or the ending of the file names no format.
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
        if self.report_file is not None:
            check_ending(self.report_file)

    @contextmanager
    def opened_file(self) -> Iterator[FindingFile | None]:
        """The file for the report, already tested to be writable; None without ``--report``."""
        if self.report_file is None:
            yield None
            return
        with finding_file(self.report_file) as file:
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
    file: FindingFile | None,
    zone: ZoneInfo,
) -> None:
    """Put the documents of listed rules into the report, and of all rules into the file.

    Raises:
        StoreError: MongoDB failed.
        NotWrittenError: the file cannot be written.
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
                    file.add(finding, number, document, zone)
    if file is not None:
        file.put()


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
