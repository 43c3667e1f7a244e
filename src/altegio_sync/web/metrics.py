"""The metrics for Prometheus. No other module imports its client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, UntypedMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.routing import Route

from altegio_sync.domain.metrics import PREFIX
from altegio_sync.messages.foreign_text import plain
from altegio_sync.web.answers import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from starlette.requests import Request

    from altegio_sync.domain.metrics import Family
    from altegio_sync.web.guard import Guard

_AnyFamily = GaugeMetricFamily | CounterMetricFamily | UntypedMetricFamily
_KINDS: dict[str, type[_AnyFamily]] = {
    "gauge": GaugeMetricFamily,
    "counter": CounterMetricFamily,
    "untyped": UntypedMetricFamily,
}


class MetricsRoutes:
    """The address of the metrics, for those whom the guard lets pass."""

    def __init__(self, read: Callable[[], Awaitable[Sequence[Family]]], guard: Guard) -> None:
        self._read = read
        self._guard = guard

    @property
    def routes(self) -> list[Route]:
        return [Route("/metrics", self._guard.protect(self._show))]

    async def _show(self, _request: Request) -> Response:
        text = generate_latest(_Families(await self._read()))
        return Response(text, 200, PRIVATE, CONTENT_TYPE_PLAIN_0_0_4)


class _Families(Collector):
    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for each in self._families:
            if each.samples:
                yield _to_metric(each)


def _to_metric(family: Family) -> Metric:
    names = list(family.samples[0][0])
    kind = _KINDS[family.kind]
    metric = kind(f"{PREFIX}{family.name}", family.help_text, labels=names)
    for labels, value in family.samples:
        metric.add_metric([plain(labels[name]) for name in names], value)
    return metric
