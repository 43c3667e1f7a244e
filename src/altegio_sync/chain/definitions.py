"""What Dagster loads: `dagster dev -m altegio_sync.chain.definitions`."""

from __future__ import annotations

import warnings

import dagster as dg

from altegio_sync.chain.loading import build_definitions
from altegio_sync.chain.schools import SchoolResource
from altegio_sync.errors import ConfigError
from altegio_sync.messages import render


def _build() -> dg.Definitions:
    try:
        return build_definitions(SchoolResource())
    except ConfigError as error:
        # The page shows this text. The cause would add nothing but lines of our code.
        raise dg.DagsterInvalidDefinitionError(render(error.message)) from None


with warnings.catch_warnings():
    # Of `backfill_policy`. Each run would print it.
    warnings.simplefilter("ignore", dg.BetaWarning)
    warnings.simplefilter("ignore", dg.PreviewWarning)
    defs = _build()
