"""Tables in files: `.xlsx` for people, `.csv` and `.jsonl` for programs."""

from altegio_sync.cli.tables.columns import Cell, Column, Kind, Row
from altegio_sync.cli.tables.opening import TableFile, TableKind, check_ending, open_table

__all__ = ["Cell", "Column", "Kind", "Row", "TableFile", "TableKind", "check_ending", "open_table"]
