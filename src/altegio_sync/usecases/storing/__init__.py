"""Stores the bookings that were read.

- `intake`: judges, stores, counts and reports the bookings.
- `staff`: the staff list. `leads`: doubtful and changed leads. `again`: overtaken answers.
"""
