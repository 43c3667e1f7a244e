"""Dagster itself for these tests: its page and its daemon, a sandbox and a real MongoDB."""

from __future__ import annotations

import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # a library's own warnings, at its import
    pytest.importorskip("dagster", reason="needs the extra altegio-sync[dagster]")
