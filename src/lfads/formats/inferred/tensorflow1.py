"""Posterior means of LFADS in TensorFlow 1: a file for each session and split, in 64 bits.

They are called `model_runs_SESSION.h5_train_posterior_sample_and_average`. Rates are counts per bin. Costs
and bounds, which are those of that program's objective, are not written.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from lfads.arrays import SPLITS
from lfads.checks import UserError
from lfads.formats.guarded import GuardedGroup
from lfads.formats.inferred.in_hdf5 import (
    clock_in,
    file_name,
    held_out_in,
    is_marked,
    numbers,
    only_session,
    session_in,
    write_arrays,
)
from lfads.formats.inferred.layout import (
    RATES,
    Field,
    Inferred,
    arrays_of,
    by_split,
    of_trial,
    over_time,
)

NAME = "lfads_tf1"
KIND = "posterior_sample_and_average"
FIELDS = (
    over_time(RATES, "output_dist_params", "neuron"),
    over_time("factors", "factors", "factor"),
    over_time("inferred_inputs", "controller_outputs", "input"),
    over_time("generator_states", "gen_states", "unit"),
    of_trial("generator_initial_state", "gen_ics", "unit"),
    of_trial("initial_condition_mean", "post_g0_mean", "latent"),
    of_trial("initial_condition_std", "post_g0_logvar", "latent", "log_variance"),
    Field("initial_condition_prior_mean", "prior_g0_mean", ("latent",), each_trial=True),
    Field(
        "initial_condition_prior_std", "prior_g0_logvar", ("latent",), "log_variance", each_trial=True
    ),
)  # fmt: skip
NOT_RESULTS = ("costs", "nll_bound_vaes", "nll_bound_iwaes", "train_steps")
_OF_FILE = re.compile(
    r"model_runs_(?P<session>.+?)(\.h5)?_(?P<split>train|valid|test)_(?P<kind>\w+)"
)


class LFADSTF1:
    """Posterior means of LFADS in TensorFlow 1: HDF5, a file for each session and split, counts per bin."""

    suffixes = (".h5", ".hdf5")
    by_name_alone = True

    def files(self, sessions: Mapping[str, xr.Dataset]) -> dict[str, dict[str, xr.Dataset]]:
        """One for each session and split that it has."""
        return {
            f"model_runs_{file_name(name)}.h5_{split}_{KIND}": {name: own}
            for name, session in sessions.items()
            for split, own in by_split(session).items()
        }

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file of one session and split."""
        name, session = only_session(sessions)
        splits = by_split(session)
        if len(splits) != 1:
            raise UserError(
                "posterior means of TensorFlow 1 keep each split in a file of its own: give a folder"
            )
        arrays = arrays_of(session, FIELDS, np.float64)
        arrays["trial_index"] = session["trial_index"].values
        arrays["held_out"] = session["held_out"].values.astype(np.uint8)
        arrays["split"] = np.array(next(iter(splits)), "S5")
        write_arrays(path, NAME, name, session, arrays)

    def is_own(self, path: Path) -> bool:
        """Whether the file says so."""
        return is_marked(path, NAME)


class Part(NamedTuple):
    """One split of a session, as a file has it."""

    found: Inferred
    split: str


def is_tensorflow1(names: list[str]) -> bool:
    """Whether arrays of these names are such results."""
    return "output_dist_params" in names


def read_part(root: GuardedGroup, path: Path) -> Part:
    """What a file holds.

    Raises
    ------
    UserError
        If neither the file nor its name says which split it is of.
    """
    named = _OF_FILE.fullmatch(path.name.removesuffix(".h5").removesuffix(".hdf5"))
    said = root.optional("split")
    split = str(np.ravel(said)[0]) if said is not None else named["split"] if named else ""
    if split not in SPLITS:
        raise UserError(
            f"{root.where}: posterior means of TensorFlow 1 say by their name which session and split "
            f"they are of: expected a name such as `model_runs_day1.h5_train_{KIND}`"
        )
    names = root.names()
    variables = {
        one.ours: one.read(numbers(root, one.theirs, len(one.axes) + one.each_trial))
        for one in FIELDS
        if one.theirs in names
    }
    index = root.optional("trial_index")
    known = {one.theirs for one in FIELDS} | {*NOT_RESULTS, "trial_index", "held_out", "split"}
    found = Inferred(
        name=session_in(root, named["session"] if named else path.stem),
        layout="LFADS in TensorFlow 1",
        variables=variables,
        split=np.full(len(variables[RATES]), split),
        trial_index=None if index is None else np.ravel(index).astype(np.int64),
        held_out=held_out_in(root),
        not_read=tuple(sorted(set(names) - known)),
        **clock_in(root, root.where),  # pyright: ignore[reportArgumentType]
    )
    return Part(found, split)


def together(parts: list[Part]) -> Inferred:
    """A session of the files of its splits, training trials first.

    Raises
    ------
    UserError
        If two are of the same split, or differ in shape.
    """
    ordered = sorted(parts, key=lambda part: SPLITS.index(part.split))
    first, splits = ordered[0].found, [part.split for part in ordered]
    if len(set(splits)) < len(splits):
        raise UserError(
            f"session `{first.name}`: two files are of the same split ({', '.join(splits)}): give one kind "
            "of posterior means"
        )
    shapes = [
        {name: (values.shape[1:] if _is_of_trials(name) else values.shape)
         for name, values in part.found.variables.items()}
        for part in ordered
    ]  # fmt: skip
    if any(one != shapes[0] for one in shapes):
        raise UserError(
            f"session `{first.name}`: files of {' and '.join(splits)} differ in what they hold"
        )
    variables = {
        name: np.concatenate([part.found.variables[name] for part in ordered])
        if _is_of_trials(name)
        else values
        for name, values in first.variables.items()
    }
    indices = [part.found.trial_index for part in ordered]
    known = [index for index in indices if index is not None]
    return Inferred(
        **{
            **vars(first),
            "variables": variables,
            "split": np.concatenate([part.found.split for part in ordered]),
            "trial_index": np.concatenate(known) if len(known) == len(indices) else None,
        }
    )


def _is_of_trials(name: str) -> bool:
    return next(one for one in FIELDS if one.ours == name).axes[0] == "trial"
