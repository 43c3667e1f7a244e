"""Measures the program against peers and bounds; `python -m benchmarks --help`."""
