"""The status as metrics in Prometheus's text format, of one school or of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from altegio_sync.domain.metrics import PREFIX, Family
from altegio_sync.messages.foreign_text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HELP = f"# HELP {PREFIX}"


def is_metrics(beginning: bytes) -> bool:
    """Whether a file that begins so has metrics of this program, or nothing."""
    return not beginning or beginning.startswith(_HELP.encode())


def render_metrics(families: Iterable[Family]) -> str:
    """Metrics for the textfile collector of the node exporter.

    Prometheus wants the samples of one name together, so families of the same name are joined.
    """
    joined: dict[str, Family] = {}
    for each in families:
        known = joined.get(each.name)
        samples = [*(known.samples if known else ()), *each.samples]
        joined[each.name] = Family(each.name, each.help_text, samples, each.kind)
    return "\n".join(line for each in joined.values() if each.samples for line in _lines(each))


def _lines(family: Family) -> Iterator[str]:
    yield f"{_HELP}{family.name} {family.help_text}"
    yield f"# TYPE {PREFIX}{family.name} {family.kind}"
    for labels, value in family.samples:
        inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        number = int(value) if float(value).is_integer() else value
        yield f"{PREFIX}{family.name}{f'{{{inner}}}' if inner else ''} {number}"


def _escaped(text: str) -> str:
    return plain(text).replace("\\", r"\\").replace('"', r"\"")
