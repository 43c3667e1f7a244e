"""What `undo`, `backup` and `restore` say of a run as a whole."""

from altegio_sync.messages.template import Template

NO_RUN_IN_TRASH = Template(
    "no_run_in_trash",
    "No run {run_id} in the trash: altegio-sync undo lists those that are",
)
BACKUP_INTERRUPTED = Template("backup_interrupted", "Backup interrupted: nothing of it was kept")
RUN_BROKE_OFF = Template("run_broke_off", "the run broke off")
