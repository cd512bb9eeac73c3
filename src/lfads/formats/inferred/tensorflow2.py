"""`posterior_samples.h5` of AutoLFADS-TF2: arrays of training and validation trials, counts per bin.

`gen_inputs` are the inferred inputs; measured inputs, which that tool puts behind them, are no results.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from lfads.formats.guarded import GuardedGroup
from lfads.formats.inferred.in_hdf5 import (
    file_name,
    is_marked,
    mark_of,
    only_session,
    write_arrays,
)
from lfads.formats.inferred.layout import RATES, Field, Inferred, of_trial, over_time
from lfads.formats.inferred.splits import joined, parted

NAME = "autolfads_tf2"
FIELDS = (
    over_time(RATES, "rates", "neuron"),
    over_time("factors", "factors", "factor"),
    over_time("generator_states", "gen_states", "unit"),
    over_time("inferred_inputs", "gen_inputs", "input"),
    of_trial("generator_initial_state", "gen_init", "unit"),
    of_trial("initial_condition_mean", "ic_post_mean", "latent"),
    of_trial("initial_condition_std", "ic_post_logvar", "latent", "log_variance"),
    Field("initial_condition_prior_mean", "ic_prior_mean", ("latent",)),
    Field("initial_condition_prior_std", "ic_prior_logvar", ("latent",), "log_variance"),
)
_FILE = "posterior_samples.h5"


class AutoLFADSTF2:
    """`posterior_samples.h5` of AutoLFADS-TF2: HDF5, by split, rates in counts per bin."""

    suffixes = (".h5", ".hdf5")
    by_name_alone = True

    def files(self, sessions: Mapping[str, xr.Dataset]) -> dict[str, dict[str, xr.Dataset]]:
        """One for each session, in a folder of its name where there are several."""
        if len(sessions) == 1:
            return {_FILE: dict(sessions)}
        return {f"{file_name(name)}/{_FILE}": {name: of} for name, of in sessions.items()}

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file of one session."""
        name, session = only_session(sessions)
        arrays = parted(session, FIELDS, np.float32)
        arrays["held_out"] = session["held_out"].values.astype(np.uint8)
        write_arrays(path, NAME, name, session, arrays)

    def is_own(self, path: Path) -> bool:
        """Whether the file says so."""
        return is_marked(path, NAME)


def is_tensorflow2(names: list[str]) -> bool:
    """Whether arrays of these names are such results."""
    return not {"train_rates", "valid_rates"}.isdisjoint(names)


def read_samples(root: GuardedGroup, path: Path) -> Inferred:
    """What a file holds."""
    name = path.parent.name if path.name == _FILE and path.parent.name else path.stem
    found = joined(root, "AutoLFADS-TF2", FIELDS, name)
    return replace(found, joined_inputs=root.attribute("format") != mark_of(NAME))
