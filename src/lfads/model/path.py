"""The way through time of a network: that of all its gated recurrent units."""

from dataclasses import replace

import jax

from lfads.model.generators.gru import GRUGenerator
from lfads.model.gru import GRU
from lfads.model.lfads import LFADS
from lfads.model.recurrence.paths import Path


def on_path(model: LFADS, path: Path) -> LFADS:
    """The same network, run by compiled kernels or by scans."""

    def units(part: object) -> bool:
        return isinstance(part, GRU | GRUGenerator)

    return jax.tree.map(
        lambda part: replace(part, path=path) if units(part) else part, model, is_leaf=units
    )
