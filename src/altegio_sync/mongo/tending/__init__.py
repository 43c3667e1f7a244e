"""Finds what is wrong in the collection and repairs it, so that it can be undone."""
