"""A session and the posterior that was inferred from it, on the same trials and bins."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Real

from lfads.checks import Problems, UserError
from lfads.data.session import FIELDS, Session
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.observation import USUAL, Observation


@dataclass(frozen=True, eq=False)
class Matched:
    """A session's trials and bins that the posterior has, in the posterior's order (`matched`)."""

    session: Session
    found: xr.Dataset
    bin_width_s: float
    num_forward_bins: int

    @cached_property
    def rates(self) -> Real[np.ndarray, "trial time neuron"]:
        """Predicted means, of counts in counts per bin."""
        rates = values_of(self.found, "rates", "neuron")
        return rates * self.bin_width_s if self.session.kind == "counts" else rates

    @property
    def observation(self) -> Observation:
        """How the posterior says that what was recorded is distributed; as usual if it says nothing."""
        name = self.found.attrs.get("observation", USUAL[self.session.kind])
        return observation_of(name).of_channels(self.session.modalities)

    @cached_property
    def parameters(self) -> dict[str, np.ndarray]:
        """Parameters of that distribution for each sample."""
        shape = self.rates.shape
        found = {
            name: np.broadcast_to(self.found[f"observation_{name}"].to_numpy(), shape)
            for name in (*self.observation.of_neurons, *self.observation.over_time)
        }
        return {"mean": self.rates, **found}

    @cached_property
    def forward(self) -> Bool[np.ndarray, "trial time 1"]:
        """True for bins that are not encoded."""
        encoded_bins = self.session.trial_length[:, None] - self.num_forward_bins
        return (np.arange(self.session.num_bins) >= encoded_bins)[:, :, None]

    @property
    def areas(self) -> np.ndarray:
        """The modality of each channel, else its brain area as text; empty where neither is known."""
        if (modalities := self.session.modalities) is not None:
            return modalities
        areas = self.session.neuron_table.get("area", np.full(self.session.num_neurons, ""))
        return areas.astype(str)

    def of_area(self, area: str) -> "Matched":
        """The neurons of an area."""
        here = self.areas == area
        return dataclasses.replace(
            self, session=self.session.along("neuron", here), found=self.found.isel(neuron=here)
        )

    def of_split(self, split: str) -> "Matched":
        """The trials of a split."""
        trials = self.session.of_split(split)
        return dataclasses.replace(
            self, session=self.session.take(trials), found=self.found.isel(trial=trials)
        )


def matched(session: Session, posterior: xr.Dataset) -> Session:
    """The session with exactly the posterior's trials and bins, in its order.

    Trials are told by `trial_index`, or stand in the session's order without; a posterior that starts
    after the session says so in its attribute `first_bin`. The truth is NaN behind a trial's end.

    Raises
    ------
    UserError
        If the posterior does not belong to the session.
    """
    _require_xarray(posterior)
    if not isinstance(session, Session):
        raise UserError(
            f"expected a session, such as `dataset.session`; got {type(session).__name__}"
        )
    start, sizes = int(posterior.attrs.get("first_bin", 0)), posterior.sizes
    problems = Problems(f"the posterior does not belong to session `{session.name}`")
    problems.require(
        start >= 0 and start + sizes["time"] == session.num_bins,
        f"from bin {start} on, the session has {session.num_bins - start} bins; "
        f"the posterior has {sizes['time']}",
    )
    problems.require(
        sizes.get("neuron", session.num_neurons) == session.num_neurons,
        f"the session has {session.num_neurons} neurons; the posterior has {sizes.get('neuron')}",
    )
    index = session.trial_index[: sizes["trial"]]
    if "trial_index" in posterior.coords:
        index = posterior["trial_index"].to_numpy()
    position = {int(trial): place for place, trial in enumerate(session.trial_index)}
    unknown = [int(trial) for trial in index if int(trial) not in position]
    problems.require(
        not unknown,
        f"the session has no trials with `trial_index` {', '.join(map(str, unknown[:5]))}",
    )
    if problems.found:
        problems.add("infer it again from this session: `run.infer(dataset)`")
    problems.raise_if_any()
    order = np.array([position[int(trial)] for trial in index], np.int64)
    part = session.take(order).along("time", slice(start, None))
    part = dataclasses.replace(part, trial_length=np.maximum(part.trial_length - start, 0))
    within = part.valid_bins()[:, :, None]
    truth = {
        f.name: f.each(getattr(part, f.name), lambda array: np.where(within, array, np.nan))
        for f in FIELDS
        if f.known_truth
    }
    return dataclasses.replace(part, **truth)


def values_of(posterior: xr.Dataset, name: str, feature: str) -> np.ndarray:
    """A variable as an array `trial time feature`, or a UserError that says what there is."""
    _require_xarray(posterior)
    if not holds(posterior, name):
        raise UserError(f"no `{name}` in this posterior; it holds {', '.join(map(str, posterior))}")
    dims = [d for d in ("trial", "time", feature) if d in posterior[name].dims]
    return posterior[name].transpose(*dims).to_numpy()


def _require_xarray(posterior: Any) -> None:
    if not isinstance(posterior, xr.Dataset):
        raise UserError(
            "expected the results of one session, such as `posterior.dataset` or "
            f"`posterior.sessions[name]`; got {type(posterior).__name__}"
        )


def holds(posterior: xr.Dataset | None, name: str) -> bool:
    """Whether there is a posterior, and anything of that name in it."""
    return posterior is not None and name in posterior and posterior[name].size > 0


def bin_width_of(posterior: xr.Dataset) -> float:
    """Width of a bin in seconds."""
    if "bin_width_s" in posterior.attrs:
        return float(posterior.attrs["bin_width_s"])
    time_s = posterior["time"].to_numpy()
    if len(time_s) < 2:
        raise UserError("the posterior does not say how wide a bin is: `attrs['bin_width_s']`")
    return float(time_s[1] - time_s[0])
