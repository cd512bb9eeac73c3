"""Rates in the layout that the benchmark's evaluation reads: counts per bin, held-in and held-out apart.

A group for each data set has `train_rates_heldin`, `train_rates_heldout`, `eval_rates_heldin` and
`eval_rates_heldout` (trial × time × neuron), and `…_forward` for bins after the encoded ones. Training
trials are those that train or validate, evaluation trials those that test, both in the order of the file;
where no trial tests, or validation is scored, those that train, and those that validate.
"""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.guarded.sound import opened
from lfads.nlb.datasets import dataset_in, group_of
from lfads.streams import raised_at_end

MARK = "lfads nlb"


class NLBSubmission:
    """A submission to the Neural Latents Benchmark: rates in counts per bin, by part and neurons."""

    suffixes = (".nlb",)

    def write(self, sessions: Mapping[str, xr.Dataset], path: Path) -> None:
        """Write a file of a group for each session, named after its data set where it names one."""
        with raised_at_end(path, "w+b") as stream, h5py.File(stream, "w") as file:
            file.attrs["format"] = MARK
            for name, posterior in sessions.items():
                found = dataset_in(name)
                width = float(posterior.attrs["bin_width_s"])
                group = file.create_group(name if found is None else group_of(found, width))
                tests = bool((posterior["split"].values == "test").any())
                for key, values in submitted(posterior, "test" if tests else "valid").items():
                    group.create_dataset(key, data=values, compression="gzip")

    def is_own(self, path: Path) -> bool:
        """Whether a file is a submission that this wrote."""
        try:
            with opened(path) as file:
                return str(file.attrs.get("format", "")) == MARK
        except OSError:
            return False


def submitted(posterior: xr.Dataset, evaluated: str = "test") -> dict[str, np.ndarray]:
    """Arrays of one session's results, by their names in a submission.

    Parameters
    ----------
    posterior
        Of counts. Bins at the start that are not modelled become NaN, which the evaluation refuses.
    evaluated
        `test`: all others are training trials; or `valid`: only those that train are.

    Raises
    ------
    UserError
        If these are no rates of counts.
    """
    if posterior["rates"].attrs.get("units") != "spikes/s":
        raise UserError("the Neural Latents Benchmark scores rates of spike counts; these are not")
    rates = posterior["rates"].transpose("trial", "time", "neuron").values.astype(np.float64)
    first = int(posterior.attrs.get("first_bin", 0))
    counts = np.pad(rates, ((0, 0), (first, 0), (0, 0)), constant_values=np.nan)
    counts *= float(posterior.attrs["bin_width_s"])
    order = np.argsort(posterior["trial_index"].values, kind="stable")
    split = posterior["split"].values[order]
    tests = split == evaluated
    training = ~tests if evaluated == "test" else split == "train"
    held_out = posterior["held_out"].values.astype(bool)
    last = counts.shape[1] - int(posterior.attrs.get("num_forward_bins", 0))
    found: dict[str, np.ndarray] = {}
    for part, trials in (("train", order[training]), ("eval", order[tests])):
        for kind, neurons in (("heldin", ~held_out), ("heldout", held_out)):
            own = counts[trials][:, :, neurons].astype(np.float32)
            found[f"{part}_rates_{kind}"] = own[:, :last]
            if last < counts.shape[1]:
                found[f"{part}_rates_{kind}_forward"] = own[:, last:]
    return found
