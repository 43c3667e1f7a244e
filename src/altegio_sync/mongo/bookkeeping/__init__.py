"""What the program keeps of its own: ledger, cursors, leases, runs, the shared budget."""
