"""Scores of a posterior against the session that it was inferred from, split by split.

Padded and unobserved samples are left out. What a simulation knows (rates, latents, inputs) is
scored where the session has it.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real

from lfads.arrays import SPLITS, TrialMask
from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.metrics import (
    bits_per_spike,
    fit_linear_map,
    poisson_nll,
    r_squared,
)


@dataclass(frozen=True, kw_only=True)
class SplitScores:
    """Scores of the trials of one split; None where a score does not apply.

    Parameters
    ----------
    num_trials
        Trials of the split in the posterior.
    nll_per_sample
        Negative log-likelihood in nats, mean over samples (bin and neuron), held-out neurons and
        forward bins included.
    bits_per_spike
        All neurons in the encoded bins.
    held_out_bits_per_spike
        Co-smoothing: held-out neurons in the encoded bins.
    forward_bits_per_spike
        Forward prediction: all neurons in the forward bins.
    rate_r2_median, rate_r2_mean
        R² of each neuron's rates against the true ones: median and mean over neurons.
    latent_r2, input_r2
        R² of each true latent and input, after a linear map from factors and inferred inputs that
        is fitted on the training trials.
    """

    num_trials: int
    nll_per_sample: float
    bits_per_spike: float
    held_out_bits_per_spike: float | None = None
    forward_bits_per_spike: float | None = None
    rate_r2_median: float | None = None
    rate_r2_mean: float | None = None
    latent_r2: tuple[float, ...] | None = None
    input_r2: tuple[float, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """What applies, for JSON: numbers that are not finite become None."""
        given = {k: v for k, v in dataclasses.asdict(self).items() if v is not None}
        return {name: _for_json(value) for name, value in given.items()}


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of one session by split, and notes on what could not be scored."""

    session: str
    splits: Mapping[str, SplitScores]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionary for JSON."""
        return {
            "session": self.session,
            "splits": {name: scores.to_dict() for name, scores in self.splits.items()},
            "notes": list(self.notes),
        }


def score_session(session: Session, posterior: xr.Dataset, dataset: Dataset) -> Scores:
    """Score the posterior of a session.

    Parameters
    ----------
    session
        What was recorded, and what a simulation knows.
    posterior
        Posterior averages of any of its trials, which are matched by `trial_index`. Its attribute
        `first_bin` names the bin of the session that it starts at, by default 0.
    dataset
        That the session belongs to: bin width and forward bins.

    Raises
    ------
    UserError
        If the posterior does not belong to the session.

    Examples
    --------
    >>> dataset = Dataset.from_arrays(np.ones((5, 4, 2), int), bin_width_s=0.01)
    >>> rates = xr.Dataset(
    ...     {"rates": (("trial", "time", "neuron"), np.full((5, 4, 2), 100.0))},
    ...     coords={"trial_index": ("trial", np.arange(5))},
    ... )
    >>> scores = score_session(dataset.session, rates, dataset)
    >>> scores.splits["valid"].to_dict()
    {'num_trials': 1, 'nll_per_sample': 1.0, 'bits_per_spike': 0.0}
    """
    aligned = _align(session, posterior, dataset)
    linear, notes = _linear_scores(aligned, posterior)
    splits = {}
    for name in SPLITS:
        trials = aligned.session.of_split(name)
        if trials.any():
            splits[name] = SplitScores(
                num_trials=int(trials.sum()),
                **_spike_scores(aligned, trials),
                **_rate_scores(aligned, trials),
                latent_r2=linear["latent_r2"].get(name),
                input_r2=linear["input_r2"].get(name),
            )
    return Scores(session=session.name, splits=splits, notes=tuple(notes))


@dataclass(frozen=True, eq=False)
class _Aligned:
    """The session's trials and bins that the posterior has, in the posterior's order.

    `rates` are counts per bin; `within` marks bins inside their trial, `known` samples that were
    recorded, `forward` the bins that are not encoded.
    """

    session: Session
    bin_width_s: float
    bins: slice
    rates: Real[np.ndarray, "trial time neuron"]
    within: Bool[np.ndarray, "trial time"]
    known: Bool[np.ndarray, "trial time neuron"]
    forward: Bool[np.ndarray, "trial time"]


def _align(session: Session, posterior: xr.Dataset, dataset: Dataset) -> _Aligned:
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
        problems.add("infer it again from this session: `lfads infer RUN DATA --out posterior.nc`")
    problems.raise_if_any()
    part = session.take(np.array([position[int(trial)] for trial in index], np.int64))
    bins = slice(first_bin, None)
    encoded_bins = part.trial_length[:, None] - dataset.num_forward_bins
    return _Aligned(
        session=part,
        bin_width_s=dataset.bin_width_s,
        bins=bins,
        rates=rates * dataset.bin_width_s,
        within=part.valid_bins()[:, bins],
        known=part.observed_bins()[:, bins],
        forward=(np.arange(part.num_bins)[None, :] >= encoded_bins)[:, bins],
    )


def _spike_scores(aligned: _Aligned, trials: TrialMask) -> dict[str, float]:
    rates = aligned.rates[trials]
    spikes = aligned.session.spikes[trials][:, aligned.bins]
    known, forward = aligned.known[trials], aligned.forward[trials][:, :, None]
    encoded = known & ~forward
    scores = {
        "nll_per_sample": _mean(poisson_nll(rates[known], spikes[known])),
        "bits_per_spike": bits_per_spike(rates, spikes, mask=encoded),
    }
    held_out = aligned.session.held_out_neurons
    if held_out.any():
        scores["held_out_bits_per_spike"] = bits_per_spike(
            rates[:, :, held_out], spikes[:, :, held_out], mask=encoded[:, :, held_out]
        )
    if (known & forward).any():
        scores["forward_bits_per_spike"] = bits_per_spike(rates, spikes, mask=known & forward)
    return scores


def _rate_scores(aligned: _Aligned, trials: TrialMask) -> dict[str, float]:
    if aligned.session.true_rates_hz is None:
        return {}
    true = aligned.session.true_rates_hz[trials][:, aligned.bins] * aligned.bin_width_s
    r2 = r_squared(np.where(aligned.known[trials], true, np.nan), aligned.rates[trials])
    varies = r2[~np.isnan(r2)]
    return {
        "rate_r2_median": float(np.median(varies)) if varies.size else math.nan,
        "rate_r2_mean": _mean(varies),
    }


def _linear_scores(
    aligned: _Aligned, posterior: xr.Dataset
) -> tuple[dict[str, dict[str, tuple[float, ...]]], list[str]]:
    """R² of latents and inputs, each by split, and notes on why there is none."""
    session = aligned.session
    scores: dict[str, dict[str, tuple[float, ...]]] = {"latent_r2": {}, "input_r2": {}}
    notes = []
    for score, true, name, dimension in (
        ("latent_r2", session.true_latents, "factors", "factor"),
        ("input_r2", session.true_inputs, "inferred_inputs", "input"),
    ):
        if true is None:
            continue
        true = true[:, aligned.bins]
        obstacle = _obstacle(aligned, posterior, true, name, dimension)
        if obstacle:
            notes.append(f"no {score.removesuffix('_r2')} R²: {obstacle}")
            continue
        found = posterior[name].transpose("trial", "time", dimension).values
        scores[score] = _r2_by_split(aligned, found, true)
    return scores, notes


def _obstacle(
    aligned: _Aligned, posterior: xr.Dataset, true: np.ndarray, name: str, dimension: str
) -> str:
    """Why no linear map from what was found to the truth can be fitted; empty if one can."""
    if name not in posterior or posterior[name].sizes[dimension] == 0:
        return f"the posterior has no {name.replace('_', ' ')}"
    training = aligned.session.of_split("train")
    if not training.any():
        return "its linear map is fitted on training trials, and the posterior has none"
    if np.isnan(true[training]).any(-1).all():
        return "its linear map is fitted on training trials, and their truth is NaN"
    return ""


def _r2_by_split(
    aligned: _Aligned,
    found: Real[np.ndarray, "trial time _"],
    true: Float[np.ndarray, "trial time _"],
) -> dict[str, tuple[float, ...]]:
    """R² of each true column after a linear map fitted on the training trials."""

    def rows(values: np.ndarray, split: str) -> np.ndarray:
        trials = aligned.session.of_split(split)
        return values[trials][aligned.within[trials]]

    linear_map = fit_linear_map(rows(found, "train"), rows(true, "train"))
    return {
        split: tuple(r_squared(rows(true, split), linear_map(rows(found, split))).tolist())
        for split in ("valid", "test")
        if aligned.session.of_split(split).any()
    }


def _for_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_for_json(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else math.nan
