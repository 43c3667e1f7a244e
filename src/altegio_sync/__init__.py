"""Brings a school's appointments from Altegio into MongoDB, completely and repeatably."""
