"""Reads a list of Altegio to its end, and grades how surely nothing was missed.

- `period_reading`: cuts a period into windows of days, repeats and halves them, and grades them.
- `passes`: the passes over one window. `pages`: the requests. `window`: the result.
- `counted`: what a list that grows must have shown. `allowance`: the limits of all requests.
- `incomplete`: the errors about days that were not read completely. `other_days`: refuses the
  answer to another question.
"""
