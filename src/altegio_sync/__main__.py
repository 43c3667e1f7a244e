"""`python -m altegio_sync`."""

from altegio_sync.cli import main

main()
