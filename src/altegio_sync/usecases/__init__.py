"""What the program can do. Use cases know ports, not adapters.

- For the user: `sync`, `changes`, `validate`, `repair`, `clean`, `undo`, `purge`, `backup`,
  `restore`, `services`, `stats`, `check`, `status`, `coverage`, `announce`.
- A run of `sync` or `changes`: `run_context` (what its companies have in common), `company_run`
  (its course), `storing` (the way of bookings into the collection), `vanished`, `window_outcome`
  and `ledger_days` (which days are complete), `run_book` (its report).
- Reading a list: `reading` (windows and grades), `passes` (over one window), `pages`, `window`,
  `counted`, `allowance`.
- Requests by id: `by_id`, used by `again` (an answer that was overtaken), `vanished` and
  `company_asking` (documents to repair; `asking`, `asking_plan`, `removing`).
"""
