"""Writes dumps of the collection in the layout of mongodump, and restores them."""
