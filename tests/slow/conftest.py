"""What takes minutes, or needs much: `make test-slow`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.slow.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A fresh Debian; skips, with the reason, where none can be made."""
    folder: Path = tmp_path_factory.mktemp("machine")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    return Machine.make(folder)
