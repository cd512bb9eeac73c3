"""Rates of the same trials by several methods: smoothed spikes, this result's, and others handed in."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.checks import UserError
from lfads.data.companions import in_order
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of, values_of
from lfads.numerics.smoothing import smoothed
from lfads.plots.examples import method_of
from lfads.plots.psths import smoothed_averages


class Sides(NamedTuple):
    """Trials that the two sides of a comparison are averaged over, and what they are.

    No trial is in both, and both have trials of the same conditions.

    Parameters
    ----------
    truth
        Whose smoothed spikes a method is compared with.
    method
        That a method's rates are averaged over.
    unseen
        Whether no method was fitted to trials of the truth: only then noise is sure to give 0.
    words
        What the sides are.
    """

    truth: Bool[np.ndarray, " trial"]
    method: Bool[np.ndarray, " trial"]
    unseen: bool
    words: str

    @property
    def of_noise(self) -> str:
        """What noise gives between these sides."""
        if self.unseen:
            return "no method was fitted to trials of the first, so that noise gives 0"
        return (
            "both sides have trials that methods were fitted to, so that more than 0 need not mean "
            "anything: leave validation or test trials out of training"
        )


def check_smoothing(who: str, smoothing_s: float) -> None:
    """A UserError unless it is a finite time of 0 s or more."""
    if not 0 <= smoothing_s < np.inf:
        raise UserError(f"{who}: `smoothing_s` must be 0 or more seconds; got {smoothing_s!r}")


def groups_of(data: Session) -> tuple[list[str], Int[np.ndarray, " trial"]]:
    """Labels of conditions in order, and each trial's; one group without labels."""
    if data.condition is None:
        return ["all trials"], np.zeros(data.num_trials, np.int64)
    text = data.condition.astype(str)
    labels = in_order(np.unique(text).tolist())
    place = {label: k for k, label in enumerate(labels)}
    return labels, np.array([place[label] for label in text.tolist()], np.int64)


def sides_of(data: Session, group: Int[np.ndarray, " trial"]) -> Sides:
    """Trials left out of training as the truth, and training trials; halves where none can be compared.

    Conditions without a trial on one of the sides are on neither.

    Raises
    ------
    UserError
        If no condition has two trials.
    """
    train = data.of_split("train")
    if (both := _of_both(~train, train, group)).any():
        words = "trials that were left out of training, and training trials"
        return Sides(~train & both, train & both, True, words)
    truth = np.zeros(len(group), bool)
    for one in np.unique(group):
        truth[np.flatnonzero(group == one)[::2]] = True
    if not (both := _of_both(truth, ~truth, group)).any():
        raise UserError(
            f"correlations of averages need two trials of a condition; session `{data.name}` has "
            "one of each: "
            "average over all trials, without conditions"
        )
    words = "two halves of each condition's trials"
    return Sides(truth & both, ~truth & both, not train.any(), words)


def rates_by_method(
    posterior: xr.Dataset,
    data: Session,
    others: Mapping[str, xr.Dataset],
    smoothing_s: float,
) -> dict[str, Float[np.ndarray, "trial time neuron"]]:
    """Smoothed spikes (or signals), this result's rates and others', in this result's trials and bins.

    Raises
    ------
    UserError
        If another result is of other trials, bins or neurons.
    """
    width_s = bin_width_of(posterior)
    known = data.observed_bins()
    word, scale = ("spikes", 1 / width_s) if data.kind == "counts" else ("signals", 1.0)
    raw = np.where(known, scale * data.values.astype(np.float64), np.nan)
    found = {
        f"smoothed {word}": smoothed(raw, smoothing_s / width_s),
        method_of(posterior): values_of(posterior, "rates", "neuron").astype(np.float64),
    }
    for name, other in others.items():
        found[name] = _on_trials_of(posterior, other, name)
    return found


def averages(
    values: Float[np.ndarray, "trial time neuron"],
    data: Session,
    group: Int[np.ndarray, " trial"],
    num_groups: int,
    trials: Bool[np.ndarray, " trial"],
    smoothing_bins: float = 0.0,
) -> Float[np.ndarray, "group time neuron"]:
    """Averages over some of each group's trials; bins count by the trials observed in them."""
    return smoothed_averages(values, data, np.where(trials, group, -1), num_groups, smoothing_bins)


def _of_both(
    one: Bool[np.ndarray, " trial"], other: Bool[np.ndarray, " trial"], group: np.ndarray
) -> Bool[np.ndarray, " trial"]:
    """Trials of the conditions that have some on each side."""
    return np.isin(group, group[one]) & np.isin(group, group[other])


def _on_trials_of(posterior: xr.Dataset, other: xr.Dataset, name: str) -> np.ndarray:
    rates = values_of(other, "rates", "neuron").astype(np.float64)
    if other.sizes["neuron"] != posterior.sizes["neuron"]:
        raise UserError(
            f"the rates of `{name}` are of {other.sizes['neuron']} neurons; those of this result of "
            f"{posterior.sizes['neuron']}: hand in results of the same session"
        )
    wanted = posterior["trial_index"].to_numpy() if "trial_index" in posterior.coords else None
    if wanted is not None and "trial_index" in other.coords:
        place = {int(t): k for k, t in enumerate(other["trial_index"].to_numpy())}
        missing = [int(t) for t in wanted if int(t) not in place]
        if missing:
            raise UserError(
                f"the rates of `{name}` lack trial {missing[0]} of this result: infer both from the "
                "same data"
            )
        rates = rates[[place[int(t)] for t in wanted]]
    start = int(posterior.attrs.get("first_bin", 0)) - int(other.attrs.get("first_bin", 0))
    num_bins = posterior.sizes["time"]
    here = rates[:, max(start, 0) : start + num_bins]
    here = np.pad(here, ((0, 0), (max(-start, 0), 0), (0, 0)), constant_values=np.nan)
    if here.shape[:2] != (posterior.sizes["trial"], num_bins):
        raise UserError(
            f"the rates of `{name}` have {other.sizes['trial']} trials of {other.sizes['time']} bins; this "
            f"result has {posterior.sizes['trial']} of {num_bins}: infer both from the same data"
        )
    return here
