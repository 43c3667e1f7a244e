"""The output of `--json` after an interrupt. It imports nothing, so it is available at once."""

INTERRUPTED = "Interrupted before there was a result"
