"""Finds errors in the collection and repairs them. Every repair can be undone."""
