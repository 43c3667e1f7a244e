"""Reads a list of Altegio to its end, and grades how certain it is that nothing was missed.

- `period_reading`: cuts a period into windows of days, repeats and halves them, and grades them.
- `passes`: the passes over one window. `pages`: the requests. `window`: the result.
- `counted`: checks that all counted bookings of a growing list were seen.
- `allowance`: limits the number of requests.
- `incomplete`: the errors about days that were not read completely.
- `other_days`: refuses an answer about other days.
"""
