"""Tells services on the network how a run ended."""
