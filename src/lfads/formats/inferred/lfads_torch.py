"""The output of lfads-torch: a file for each session, `lfads_output_SESSION.h5`, beside what was its input.

Encoded neurons stand first and held-out ones last. What it has and we do not infer, `gen_inputs` where
measured inputs are not at hand and `con_states`, is left out.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from lfads.arrays import SPLITS
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.formats.guarded import GuardedGroup
from lfads.formats.inferred.in_hdf5 import file_name, is_marked, only_session, write_arrays
from lfads.formats.inferred.layout import RATES, Inferred, by_split, of_trial, over_time
from lfads.formats.inferred.splits import joined, parted

NAME = "lfads_torch"
FIELDS = (
    over_time(RATES, "output_params", "neuron"),
    over_time("factors", "factors", "factor"),
    of_trial("initial_condition_mean", "ic_mean", "latent"),
    of_trial("initial_condition_std", "ic_std", "latent"),
    over_time("inferred_inputs", "co_means", "input"),
    over_time("inferred_inputs_std", "co_stds", "input"),
    over_time("generator_states", "gen_states", "unit"),
    of_trial("generator_initial_state", "gen_init", "unit"),
)
_BESIDE = ("encod_data", "recon_data", "ext_input", "truth", "behavior", "gen_inputs")
"""The data, and inferred inputs joined with measured ones, both of which are there by themselves."""
_PREFIX = "lfads_output_"


class LFADSTorch:
    """Output of lfads-torch: HDF5, a file a session, by split, with the data; rates in counts per bin."""

    suffixes = (".h5", ".hdf5")
    by_name_alone = True

    def __init__(self, dataset: Dataset | None = None) -> None:
        self.dataset = dataset

    def files(self, sessions: Mapping[str, xr.Dataset]) -> dict[str, dict[str, xr.Dataset]]:
        """One for each session."""
        return {f"{_PREFIX}{file_name(name)}.h5": {name: of} for name, of in sessions.items()}

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write the file of one session."""
        name, session = only_session(sessions)
        arrays = {} if self.dataset is None else _data(session, _session_of(self.dataset, name))
        order = np.argsort(session["held_out"].values.astype(bool), kind="stable")
        if not np.array_equal(order, np.arange(len(order))):
            arrays["neuron_index"] = order
        arrays["held_out"] = session["held_out"].values[order].astype(np.uint8)
        arrays |= parted(session.isel(neuron=order), FIELDS, np.float32)
        write_arrays(path, NAME, name, session, arrays)

    def is_own(self, path: Path) -> bool:
        """Whether the file says so."""
        return is_marked(path, NAME)


def _session_of(dataset: Dataset, name: str) -> Session:
    several = {session.name: session for session in dataset.sessions}
    found = dataset.session if len(several) == 1 else several.get(name)
    if found is None:
        raise UserError(f"the data have no session `{name}`, of which there are results")
    return found


def _data(posterior: xr.Dataset, session: Session) -> dict[str, np.ndarray]:
    """What was the input: counts that are encoded, counts to reconstruct, and measured inputs."""
    held_out, number = session.held_out_neurons, session.num_bins
    order = np.argsort(held_out, kind="stable")
    values = np.where(session.observed_bins(), session.values, np.nan).astype(np.float32)
    encoded = number - int(posterior.attrs.get("num_forward_bins", 0))
    place = {int(index): row for row, index in enumerate(session.trial_index)}
    found: dict[str, np.ndarray] = {}
    for split, own in by_split(posterior).items():
        rows = [place[int(index)] for index in own["trial_index"].values]
        found[f"{split}_encod_data"] = values[rows, :encoded][:, :, ~held_out]
        found[f"{split}_recon_data"] = values[rows][:, :, order]
        if session.external_inputs is not None:
            found[f"{split}_ext_input"] = session.external_inputs[rows].astype(np.float32)
    return found


def is_of_output(name: str) -> bool:
    """Whether an array beside the data is one of results, which the reader of data need not name."""
    split, _, rest = name.partition("_")
    results = {*(field.theirs for field in FIELDS), "gen_inputs", "con_states"}
    return name in ("held_out", "neuron_index") or (split in SPLITS and rest in results)


def is_lfads_torch(names: list[str]) -> bool:
    """Whether arrays of these names are such an output."""
    return any(name.endswith("_output_params") for name in names)


def read_output(root: GuardedGroup, path: Path) -> Inferred:
    """What a file holds; held-out neurons are told where its input is in it."""
    found = joined(root, "lfads-torch", FIELDS, path.stem.removeprefix(_PREFIX), _BESIDE)
    encoded = root.shape("train_encod_data") if "train_encod_data" in root else None
    held_out = found.held_out
    if held_out is None and encoded is not None and len(encoded) == 3:
        held_out = np.arange(found.variables[RATES].shape[2]) >= encoded[2]
    order = root.optional("neuron_index")
    return Inferred(
        **{
            **vars(found),
            "held_out": held_out,
            "neuron_index": None if order is None else np.ravel(order).astype(np.int64),
        }
    )
