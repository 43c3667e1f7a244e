"""What `clean`, `undo`, `backup` and `restore` say of a run as a whole."""

from altegio_sync.messages.template import Template

NO_RUN_IN_TRASH = Template(
    "no_run_in_trash",
    "No run {run_id} in the trash: altegio-sync undo lists those that are",
)
BACKUP_INTERRUPTED = Template("backup_interrupted", "Backup interrupted: nothing of it was kept")
RUN_BROKE_OFF = Template("run_broke_off", "the run broke off")

# What `clean` did.
CLEAN_NONE = Template("clean_none", "Clean: no appointment is stored twice")
CLEAN_PLAN = Template(
    "clean_plan",
    "Clean (dry run, nothing was written): {count} appointment is stored more than once, {removed} "
    "would go to the trash",
    "Clean (dry run, nothing was written): {count} appointments are stored more than once, "
    "{removed} would go to the trash",
)
CLEAN_DONE = Template(
    "clean_done",
    "Clean {run_id}: {count} appointment was stored more than once, {removed} moved to the trash, "
    "{changed} completed from the removed ones",
    "Clean {run_id}: {count} appointments were stored more than once, {removed} moved to the "
    "trash, {changed} completed from the removed ones",
)
INDEX_IN_PLACE = Template("clean_index", "The unique index on appointmentId is in place")
UNDO_CLEAN = Template("clean_undo", "altegio-sync undo {run_id} brings them back")
NOT_CHANGED = Template(
    "clean_not_changed", "{count} appointment not changed", "{count} appointments not changed"
)
RUN_AGAIN = Template("run_again_for_the_rest", "Interrupted: run it again for the rest")
