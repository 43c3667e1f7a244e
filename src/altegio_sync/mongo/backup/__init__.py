"""Dumps of the collection in the layout of mongodump, and what restores them."""
