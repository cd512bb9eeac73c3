"""A session and the posterior that was inferred from it, on the same trials and bins."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Bool, Real

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.session import Session


@dataclass(frozen=True, eq=False)
class Aligned:
    """The session's trials and bins that the posterior has, in the posterior's order.

    `rates` are counts per bin; `within` marks bins inside their trial, `known` samples that were
    recorded, `forward` the bins that are not encoded.
    """

    session: Session
    found: xr.Dataset
    bin_width_s: float
    bins: slice
    rates: Real[np.ndarray, "trial time neuron"]
    within: Bool[np.ndarray, "trial time"]
    known: Bool[np.ndarray, "trial time neuron"]
    forward: Bool[np.ndarray, "trial time"]

    @property
    def spikes(self) -> np.ndarray:
        """Counts in the bins that the posterior has."""
        return self.session.spikes[:, self.bins]

    def of_split(self, split: str) -> "Aligned":
        """The trials of a split."""
        trials = self.session.of_split(split)
        return dataclasses.replace(
            self,
            session=self.session.take(trials),
            found=self.found.isel(trial=trials),
            rates=self.rates[trials],
            within=self.within[trials],
            known=self.known[trials],
            forward=self.forward[trials],
        )


def align_posterior(session: Session, posterior: xr.Dataset, dataset: Dataset) -> Aligned:
    """Bring a session and its posterior together, trial by trial and bin by bin.

    Raises
    ------
    UserError
        If the posterior does not belong to the session.
    """
    first_bin = int(posterior.attrs.get("first_bin", 0))
    rates = posterior["rates"].transpose("trial", "time", "neuron").values
    problems = Problems(f"the posterior does not belong to session `{session.name}`")
    problems.require(
        first_bin >= 0 and first_bin + rates.shape[1] == session.num_bins,
        f"from bin {first_bin} on, the session has {session.num_bins - first_bin} bins; "
        f"the posterior has {rates.shape[1]}",
    )
    problems.require(
        rates.shape[2] == session.num_neurons,
        f"the session has {session.num_neurons} neurons; the posterior has {rates.shape[2]}",
    )
    index = posterior["trial_index"].values
    position = {int(trial): place for place, trial in enumerate(session.trial_index)}
    unknown = [int(trial) for trial in index if int(trial) not in position]
    problems.require(
        not unknown,
        f"the session has no trials with `trial_index` {', '.join(map(str, unknown[:5]))}",
    )
    if problems.found:
        problems.add("infer it again from this session: `run.infer(dataset)`")
    problems.raise_if_any()
    part = session.take(np.array([position[int(trial)] for trial in index], np.int64))
    bins = slice(first_bin, None)
    encoded_bins = part.trial_length[:, None] - dataset.num_forward_bins
    return Aligned(
        session=part,
        found=posterior,
        bin_width_s=dataset.bin_width_s,
        bins=bins,
        rates=rates * dataset.bin_width_s,
        within=part.valid_bins()[:, bins],
        known=part.observed_bins()[:, bins],
        forward=(np.arange(part.num_bins)[None, :] >= encoded_bins)[:, bins],
    )
