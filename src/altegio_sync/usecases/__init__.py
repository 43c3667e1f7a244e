"""The things that the program can do, one module for each. Use cases know ports, not adapters.

- For the user: `init`, `sync`, `changes`, `validate`, `repair`, `clean`, `undo`, `purge`, `backup`,
  `restore`, `services`, `stats`, `check`, `status`, `coverage`, `announce`.
- A run of `sync` or `changes`: `run_context` (what its companies have in common), `company_run`
  (its course), `reading` (the pages of a period), `storing` (into the collection), `vanished`,
  `window_outcome` and `ledger_days` (which days are complete), `run_book` (its report).
- A run of repairs: `asking` (Altegio, about documents with something wrong).
- For both: `by_id` (requests for single appointments), `zones`, `stopping`, `warning`.
"""
