"""Builds a school's objects from its settings."""
