"""What `clean`, `undo`, `backup` and `restore` say of a run as a whole."""

from altegio_sync.messages.template import Template

NO_RUN_IN_TRASH = Template(
    "no_run_in_trash",
    "No run {run_id} in the trash: altegio-sync undo lists the runs",
)
BACKUP_INTERRUPTED = Template("backup_interrupted", "Backup interrupted: no file was kept")
RUN_BROKE_OFF = Template("run_broke_off", "the run failed")

# What `clean` did.
CLEAN_NONE = Template("clean_none", "Clean: no appointment is stored twice")
CLEAN_PLAN = Template(
    "clean_plan",
    "Clean (dry run, nothing was written): {count} appointment is stored more than once, {removed}",
    "Clean (dry run, nothing was written): {count} appointments are stored more than once, "
    "{removed}",
)
CLEAN_DONE = Template(
    "clean_done",
    "Clean {run_id}: {count} appointment was stored more than once, {removed}, {changed}",
    "Clean {run_id}: {count} appointments were stored more than once, {removed}, {changed}",
)
WOULD_GO_TO_TRASH = Template(
    "clean_would_go",
    "{count} document would go to the trash",
    "{count} documents would go to the trash",
)
GONE_TO_TRASH = Template(
    "clean_gone", "{count} document moved to the trash", "{count} documents moved to the trash"
)
COMPLETED = Template(
    "clean_completed",
    "{count} document completed from the removed ones",
    "{count} documents completed from the removed ones",
)
INDEX_IN_PLACE = Template("clean_index", "The unique index on appointmentId is in place")
UNDO_CLEAN = Template("clean_undo", "altegio-sync undo {run_id} restores them")
NOT_CHANGED = Template(
    "clean_not_changed", "{count} appointment not changed", "{count} appointments not changed"
)
RUN_AGAIN = Template("run_again_for_the_rest", "Interrupted: run it again for the rest")

# What `undo` and `trash purge` did.
TRASH_EMPTY = Template("trash_empty", "The trash is empty: there is nothing to undo")
IN_TRASH = Template("run_in_trash", "{changed} changed, {removed} removed")
IN_TRASH_UNDONE = Template(
    "run_in_trash_undone", "{changed} changed, {removed} removed, {undone} of them undone"
)
UNDONE = Template("undone", "Undo {run_id}: {restored} documents restored")
UNDONE_BESIDE_OTHERS = Template(
    "undone_beside_others",
    "Undo {run_id}: {restored} documents restored, {already} did not need it",
)
PURGED = Template(
    "purged",
    "Trash: {count} entry older than {span} was deleted permanently",
    "Trash: {count} entries older than {span} were deleted permanently",
)
WOULD_PURGE = Template(
    "would_purge",
    "Trash: {count} entry older than {span} would be deleted permanently",
    "Trash: {count} entries older than {span} would be deleted permanently",
)

# What `backup` and `restore` did.
BACKED_UP = Template(
    "backed_up",
    "Backup: {documents} documents, {size} bytes before compression, checked by reading them back\n"
    "  folder  {path}\n"
    "  sha256  {sha256}\n"
    "It contains personal data, and only you can read it.\n"
    "altegio-sync restore {path} --dry-run shows what it would restore",
)
OLD_BACKUP_REMOVED = Template("old_backup_removed", "Removed the old backup {path}")
VERIFY_INTERRUPTED = Template("verify_interrupted", "The check of the backup was interrupted")
VERIFIED = Template("backup_verified", "{path}: {documents} documents, as they were backed up")
READABLE = Template("backup_readable", "{path}: {documents} documents, all readable")
NOT_COMPARED = Template("backup_file_not_compared", "{path} cannot be compared: no stored checksum")
BACKUP_IS_GOOD = Template("backup_is_good", "The backup is good.")
BACKUP_IS_READABLE = Template(
    "backup_is_readable",
    "No damage was found. But whether everything is as it was backed up is not known: there is "
    "no stored checksum.",
)
BACKUP_IS_DAMAGED = Template(
    "backup_is_damaged", "The backup is damaged: keep an older one, and make a new one."
)
RESTORED = Template("restored", "Restore: {ending}")
WOULD_RESTORE = Template("would_restore", "Restore: {ending} (dry run: nothing was written)")
RESTORE_DONE = Template("restore_done", "done")
RESTORE_WITH_ERRORS = Template("restore_with_errors", "finished with errors")
RESTORE_INTERRUPTED = Template("restore_interrupted", "interrupted")
FROM_FILE = Template("restore_from_file", "  from {path}")
IN_DUMP = Template("restore_in_dump", "in the dump")
INSERTED = Template("restore_inserted", "inserted")
WERE_MISSING = Template("restore_were_missing", "they were missing")
REPLACED = Template("restore_replaced", "replaced")
WERE_OTHERWISE = Template("restore_were_otherwise", "they were different")
UNCHANGED = Template("restore_unchanged", "unchanged")
AS_IN_DUMP = Template("restore_as_in_dump", "the same as in the dump")
EXTRA = Template("restore_extra", "extra")
NOT_IN_DUMP = Template("restore_not_in_dump", "not in the dump, not changed")
INDEX_WOULD_GO = Template(
    "restore_index_would_go",
    "The unique index on appointmentId would be dropped, because there would be duplicates again",
)
BROUGHT_BACK_STAYS = Template(
    "restore_brought_back_stays", "The restored documents stay; run it again for the rest"
)
PURGE_NOW = Template(
    "trash_purge_now",
    "Delete the entries of the trash that are older than {span}? undo cannot restore their "
    "changes afterwards.",
)
