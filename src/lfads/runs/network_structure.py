"""What a network shows on trials that it was not trained on: what goes beyond averages, and rotations.

The same numbers of a network that was trained on a surrogate say how much of them comes from the method.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.structure import NetworkStructure
from lfads.inference.divergences import input_divergences
from lfads.numerics.components import principal_components
from lfads.numerics.means import mean_of_known, means_of_groups, on_same_bins
from lfads.numerics.poisson import bits_per_spike
from lfads.numerics.rotations import RotationFit, rotation_fit
from lfads.parts import made
from lfads.runs.fits import network_for
from lfads.runs.inferred import inferred_of
from lfads.runs.structure_test import bins_of, not_trained_on, predicted
from lfads.training.folder import TrainedModel
from lfads.training.trials import trials_for

NUM_COMPONENTS = 6
FEWEST_CONDITIONS = 4
NUM_SAMPLES = 16


def network_structure(
    dataset: Dataset, trained: TrainedModel, best_epoch: int, *, seed: int = 0
) -> NetworkStructure:
    """Numbers of a network on the trials of each session that it was not trained on, together.

    Parameters
    ----------
    dataset
        What the network was trained on.
    trained
        The run.
    best_epoch
        Of its weights.
    seed
        Of samples.
    """
    unseen = [s for s in map(not_trained_on, dataset.sessions) if s is not None]
    scored = replace(dataset, sessions=tuple(unseen), files=())
    posterior = inferred_of(scored, trained, "", num_samples=NUM_SAMPLES, seed=seed).best
    factors = [posterior.sessions[s.name]["factors"].to_numpy().astype(np.float64) for s in unseen]
    groups = [_conditions(s) for s in unseen]
    rotations = rotations_of(factors, groups)
    return NetworkStructure(
        best_epoch=best_epoch,
        bits_beyond_psth=_bits_beyond_psth(dataset, scored, trained, seed),
        single_trial_share=single_trial_share(factors, groups),
        input_kl_nats=_input_kl(scored, trained, seed),
        rotation_r2=rotations.skew_r2,
        linear_r2=rotations.linear_r2,
    )


def single_trial_share(
    factors: Sequence[Float[np.ndarray, "_ _ factor"]],
    groups: Sequence[Int[np.ndarray, " _"]],
) -> float:
    """Variance about the means of groups over the variance about the mean of all; factors are summed.

    The mean of n trials takes a share 1/n of their variance, which is given back. Bins count in which a
    group has two trials.

    Parameters
    ----------
    factors
        Of each session; NaN behind a trial's end.
    groups
        Number of each trial's condition.
    """
    about_groups, kept, number = 0.0, list[np.ndarray](), 0
    for values, group in zip(factors, groups, strict=True):
        for each in np.unique(group):
            own = values[group == each]
            known = np.isfinite(own).all(2)
            count = known.sum(0)
            there = known & (count > 1)
            squares = ((own - mean_of_known(own, 0)) ** 2).sum(2)
            given_back = count / np.maximum(count - 1, 1)
            about_groups += float(np.where(there, squares * given_back, 0).sum())
            number += int(there.sum())
            kept.append(own[there])
    if not number:
        return float("nan")
    samples = np.concatenate(kept)
    total = float(((samples - samples.mean(0)) ** 2).sum())
    return about_groups / total if total > 0 else float("nan")


def rotations_of(
    factors: Sequence[Float[np.ndarray, "_ _ factor"]],
    groups: Sequence[Int[np.ndarray, " _"]],
) -> RotationFit:
    """Fits to the first six principal components of averages by condition, less the average over these.

    Where a session has fewer than four conditions, those of all its trials.
    """
    courses = []
    for values, group in zip(factors, groups, strict=True):
        own = means_of_groups(values, group) if group.max() + 1 >= FEWEST_CONDITIONS else values
        courses.append(own - mean_of_known(own, 0))
    together = np.concatenate(on_same_bins(courses))
    rows = together.reshape(-1, together.shape[2])
    found = principal_components(rows, min(NUM_COMPONENTS, rows.shape[1])).scores
    return rotation_fit(found.reshape(*together.shape[:2], -1))


def _conditions(session: Session) -> Int[np.ndarray, " trial"]:
    if session.condition is None:
        return np.zeros(session.num_trials, np.int64)
    return np.unique(session.condition, return_inverse=True)[1].astype(np.int64).ravel()


def _bits_beyond_psth(
    dataset: Dataset, scored: Dataset, trained: TrainedModel, seed: int
) -> float | None:
    """Of hidden samples, those of sessions weighted by their spikes; None of signals."""
    if dataset.kind != "counts":
        return None
    psth = made("baselines", "psth", {}).fit(dataset).infer(scored)
    bits = spikes = 0.0
    for session in scored.sessions:
        network = network_for(trained.model, session, scored, trained.data)
        found = predicted(network, session, scored.bin_width_s, seed)
        counts, hidden = bins_of(found, session), found.fold >= 0
        rates_hz = psth.sessions[session.name]["rates"].to_numpy()[:, -counts.shape[1] :]
        average = np.nan_to_num(rates_hz * dataset.bin_width_s)
        number = float(counts[hidden].sum())
        if number:
            bits += number * bits_per_spike(found.rates, counts, average, hidden)
            spikes += number
    return bits / spikes if spikes else None


def _input_kl(scored: Dataset, trained: TrainedModel, seed: int) -> tuple[float, ...]:
    """Mean nats a trial of each inferred input."""
    prior = trained.model.input_prior
    if prior is None or not prior.is_proper:
        return ()
    nats = []
    for session in scored.sessions:
        network = network_for(trained.model, session, scored, trained.data)
        trials = trials_for(network, session, scored.bin_width_s)
        nats.append(input_divergences(network, trials, seed=seed))
    return tuple(np.concatenate(nats).mean(0).tolist())
