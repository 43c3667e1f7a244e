"""The tests of the chain are skipped where Dagster is not installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parent


class NeedsDagster(pytest.Module):
    """A module that is skipped, and not imported."""

    def collect(self) -> NoReturn:
        pytest.skip("needs the extra altegio-sync[dagster]", allow_module_level=True)


if find_spec("dagster") is None:

    def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module:
        module: pytest.Module = NeedsDagster.from_parent(parent, path=module_path)
        return module

else:
    from tests.chain.rig import chain, locations, server, stored

    __all__ = ["chain", "locations", "server", "stored"]


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Warnings of Dagster, and of what it imports, are none of ours."""
    for each in items:
        if FOLDER in each.path.parents:
            each.add_marker(pytest.mark.filterwarnings("ignore"))
