"""What `runs` shows."""

from altegio_sync.messages.template import Template

NO_RUNS = Template("runs_none", "No run is stored yet.")
UNKNOWN_RUN = Template(
    "runs_unknown", "No run {run_id} is stored. altegio-sync runs lists the stored runs"
)
QUIET_CHANGES = Template(
    "runs_quiet_changes", "Runs of changes in which nothing happened are not listed."
)
MORE = Template("runs_more", "Older runs: altegio-sync runs --limit {limit}")
SUCCEEDED = Template("runs_succeeded", "succeeded")
FAILED = Template("runs_failed", "failed")
INTERRUPTED = Template("runs_interrupted", "interrupted")
FINDINGS_LEFT = Template("runs_findings_left", "some findings are left")
DRY_RUN = Template("runs_dry_run", "dry run")
NOTHING = Template("runs_nothing", "nothing to do")
NOTHING_DONE = Template("runs_nothing_done", "nothing was done")
SECONDS = Template("runs_seconds", "{seconds} s")

# The rows about one run.
RUN_ROW = Template("runs_row_run", "run")
COMMAND_ROW = Template("runs_row_command", "command")
STARTED_ROW = Template("runs_row_started", "started")
TOOK_ROW = Template("runs_row_took", "took")
ENDED_ROW = Template("runs_row_ended", "ended")
PERIOD_ROW = Template("runs_row_period", "period")
PERIOD = Template("runs_period", "{first} to {last} ({zone})")
DONE_ROW = Template("runs_row_done", "did")
CONTINUE_ROW = Template("runs_row_continue", "to continue")
UNDO_ROW = Template("runs_row_undo", "to undo")

# What runs did.
FETCHED = Template("runs_fetched", "read {number}")
SAVED = Template("runs_saved", "saved {number}")
UPDATED = Template("runs_updated", "updated {number}")
NOT_STORED = Template("runs_not_stored", "failed {number}")
FIXED = Template("runs_fixed", "repaired {number}")
TRASHED = Template("runs_trashed", "moved to the trash {number}")
REMOVED = Template("runs_removed", "removed copies {number}")
CHANGED = Template("runs_changed", "changed {number}")
RESTORED = Template("runs_restored", "restored {number}")
INSERTED = Template("runs_inserted", "inserted {number}")
REPLACED = Template("runs_replaced", "replaced {number}")
PURGED = Template("runs_purged", "deleted permanently {number}")
