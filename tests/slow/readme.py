"""The commands of README that the slow tests type. Importing it fails if one is not in README."""

from __future__ import annotations

import re
from pathlib import Path

_README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
#: A sentence may be broken into lines anywhere.
_ONE_LINE = " ".join(_README.split())


def _written(pattern: str) -> str:
    """A command as it is written in README."""
    found = re.search(pattern, _ONE_LINE)
    assert found is not None, f"README has no sentence like {pattern}"
    return found[1]


MAKE_NEEDS = _written("`apt install ([^`]+ make [^`]+)`")
PIP_NEEDS = _written("`apt install ([^`]+)` comes first")
PIP_INSTALL = _written("Install: `([^`]+ pip install [.])` here")
#: What is installed in place of `.`.
ALL_PARTS = _written("; `('[.][^`]+')` instead of `[.]`")
INIT = _written(" 2[.] `([^`]+)` asks")
CHECK = _written(" 3[.] `([^`]+)` tests")
