"""The commands. Importing this is cheap: what a command needs is imported when it runs."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point of `altegio-sync`."""
    try:
        from altegio_sync.cli.app import app

        app(prog_name="altegio-sync")
    except KeyboardInterrupt:
        sys.exit(130)
