"""The one JSON object that a command prints with `--json`."""

from __future__ import annotations

import json
import sys
from typing import Any

from altegio_sync.messages.foreign_text import json_safe


def print_json(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(json_safe(text, sys.stdout.encoding))
