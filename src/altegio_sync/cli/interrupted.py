"""What `--json` says of an interrupt. It imports nothing, so that it is there from the start."""

INTERRUPTED = "Interrupted before there was a result"
