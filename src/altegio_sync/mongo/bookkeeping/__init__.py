"""The program's own collections: ledger, cursors, leases, runs, conditions, shared budget."""
