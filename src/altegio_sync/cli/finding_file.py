"""The file of `validate --report`: each document that a rule found."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from altegio_sync.cli.render_findings import in_zone, local_moment, wrong_value
from altegio_sync.cli.tables import Column, Kind, TableKind, open_table
from altegio_sync.messages import tables as titles
from altegio_sync.messages.files import LIST_OF_FINDINGS
from altegio_sync.messages.validation import RULE_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from altegio_sync.cli.tables import TableFile
    from altegio_sync.domain.findings import FoundDocument
    from altegio_sync.domain.validation import RuleFinding

_RULE = Column("rule", titles.RULE_COLUMN())
_SEVERITY = Column("severity", titles.SEVERITY_COLUMN())
_GROUP = Column("group", titles.GROUP_COLUMN(), Kind.NUMBER)
_ID = Column("id", titles.BOOKING_COLUMN())
_START = Column("start", titles.START_COLUMN(), Kind.MOMENT)
_END = Column("end", titles.END_COLUMN(), Kind.MOMENT)
_TEACHER_ID = Column("teacher_id", titles.TEACHER_ID_COLUMN())
_TEACHER = Column("teacher", titles.TEACHER_COLUMN())
_LEAD = Column("lead", titles.LEAD_COLUMN())
_COMPANY = Column("company", titles.COMPANY_COLUMN())
_PROBLEM = Column("problem", titles.PROBLEM_COLUMN())
_DETAIL = Column("detail", titles.DETAIL_COLUMN())
_TODO = Column("todo", titles.TODO_COLUMN())
_DOCUMENT = Column("document", titles.DOCUMENT_COLUMN())
_FOR_PROGRAMS = (
    *(_RULE, _SEVERITY, _GROUP, _ID, _START, _END, _TEACHER_ID, _TEACHER, _LEAD),
    *(_COMPANY, _PROBLEM, _DOCUMENT),
)
_FOR_PEOPLE = (*(_TEACHER, _START, _LEAD, _PROBLEM, _DETAIL, _TODO, _GROUP, _ID, _COMPANY, _RULE),)
_KIND = TableKind("findings", LIST_OF_FINDINGS(), _FOR_PROGRAMS)


class FindingFile:
    """Rows in words for people, or in codes for programs."""

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self._is_for_people = file.is_for_people
        self._table = file.new_table(_FOR_PEOPLE if self._is_for_people else _FOR_PROGRAMS)

    def add(self, finding: RuleFinding, group: int, found: FoundDocument, zone: ZoneInfo) -> None:
        """Add a document; documents of one ``group`` belong together."""
        detail = wrong_value(found, finding.rule, zone)
        if self._is_for_people:
            self._table.add(
                (
                    found.teacher_name or found.teacher_id,
                    in_zone(found.starts_at, zone),
                    found.lead_id,
                    RULE_WORDS[finding.rule](),
                    detail,
                    finding.remedy.message,
                    group,
                    found.appointment_id,
                    found.company_id,
                    finding.rule,
                )
            )
            return
        self._table.add(
            (
                *(finding.rule, finding.severity.value, group, found.appointment_id),
                *(local_moment(found.starts_at, zone), local_moment(found.ends_at, zone)),
                *(found.teacher_id, found.teacher_name, found.lead_id, found.company_id),
                *(detail, found.document_id),
            )
        )

    def put(self) -> None:
        """Write the file; raises NotWrittenError if it cannot be written."""
        self._file.put()


@contextmanager
def finding_file(path: Path) -> Iterator[FindingFile]:
    """A new file.

    Raises:
        ConfigError: the file cannot be written, or its ending names no format.
    """
    with open_table(path, _KIND) as file:
        yield FindingFile(file)
