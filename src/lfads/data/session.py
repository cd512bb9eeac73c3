"""Trials of spike counts of one recording, with what belongs to each trial.

Arrays are rectangular: trials of their own length are padded with zeros behind `trial_length`. What
is missing is marked in `observed`. `Dataset.from_arrays` makes sessions that are checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from lfads.arrays import Counts, NeuronMask, Observed, PerTrial, Rates, TrialMask
from lfads.checks import many


@dataclass(frozen=True, eq=False, kw_only=True)
class Session:
    """Trials of one recording.

    Parameters
    ----------
    name
        Name of the session.
    spikes
        Counts per bin, `trial time neuron`, as u8 or u16; 0 where padded or not observed.
    split
        `train`, `valid` or `test` for each trial.
    trial_length
        Bins of each trial, forward bins included.
    trial_index
        Position of each trial in the source.
    observed
        False where a sample is missing; None if none is.
    held_out_neurons
        True for neurons that are reconstructed but never encoded.
    condition
        Label of each trial, whole numbers or text.
    external_inputs
        Measured inputs, `trial time channel`, in their own units.
    behavior
        Named series, `trial time channel`, in their own units; NaN where missing.
    true_rates_hz, true_latents, true_inputs
        What a simulation knows: rates in spikes/s, latents, inputs; NaN where not known.
    trial_table
        Further columns, one value a trial.
    """

    name: str
    spikes: Counts
    split: np.ndarray
    trial_length: PerTrial
    trial_index: PerTrial
    held_out_neurons: NeuronMask
    observed: Observed | None = None
    condition: np.ndarray | None = None
    external_inputs: Float[np.ndarray, "trial time external_input"] | None = None
    behavior: Mapping[str, Float[np.ndarray, "trial time ..."]] = field(default_factory=dict)
    true_rates_hz: Rates | None = None
    true_latents: Float[np.ndarray, "trial time latent"] | None = None
    true_inputs: Float[np.ndarray, "trial time input"] | None = None
    trial_table: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __repr__(self) -> str:
        sizes = {"trial": self.num_trials, "bin": self.num_bins, "neuron": self.num_neurons}
        shape = ", ".join(many(size, axis) for axis, size in sizes.items())
        return f"Session({self.name!r}: {shape})"

    @property
    def num_trials(self) -> int:
        """Number of trials."""
        return self.spikes.shape[0]

    @property
    def num_bins(self) -> int:
        """Bins of the longest trial."""
        return self.spikes.shape[1]

    @property
    def num_neurons(self) -> int:
        """Number of neurons, held-out ones included."""
        return self.spikes.shape[2]

    @property
    def num_external_inputs(self) -> int:
        """Number of measured inputs."""
        return 0 if self.external_inputs is None else self.external_inputs.shape[2]

    def of_split(self, *names: str) -> TrialMask:
        """True for trials of the named splits."""
        return np.isin(self.split, names)

    def valid_bins(self) -> np.ndarray:
        """True for bins within each trial, `trial time`."""
        return np.arange(self.num_bins)[None, :] < self.trial_length[:, None]

    def observed_bins(self) -> np.ndarray:
        """True for samples that were recorded and lie within their trial, `trial time neuron`."""
        return np.broadcast_to(self.observed_of_any(), self.spikes.shape)

    def observed_of_any(self) -> np.ndarray:
        """The same, with one column that stands for all neurons if no sample is missing."""
        within = self.valid_bins()[:, :, None]
        return within if self.observed is None else within & self.observed

    def take(self, trials: np.ndarray) -> "Session":
        """The session with the chosen trials (indices or a mask), in that order."""

        def cut(array: Any) -> Any:
            return None if array is None else array[trials]

        per_trial = (
            "spikes", "split", "trial_length", "trial_index", "observed", "condition",
            "external_inputs", "true_rates_hz", "true_latents", "true_inputs",
        )  # fmt: skip
        return replace(
            self,
            **{name: cut(getattr(self, name)) for name in per_trial},
            behavior={k: v[trials] for k, v in self.behavior.items()},
            trial_table={k: v[trials] for k, v in self.trial_table.items()},
        )
