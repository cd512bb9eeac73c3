"""Targets and rates of the structure of the benchmark's files, at random."""

import numpy as np

from lfads.nlb.datasets import DATASETS


def made(name: str, seed: int = 0) -> tuple[dict, dict]:
    """A submission and targets of a small data set of that name."""
    rng = np.random.default_rng(seed)
    trials, test, bins, forward, held_in, held_out = 30, 24, 14, 5, 6, 4
    latent = rng.normal(size=(trials + test, bins + forward, 3))
    rates = np.exp(0.4 * latent @ rng.normal(size=(3, held_in + held_out)) - 1)
    spikes = rng.poisson(rates).astype(float)
    rates *= np.exp(0.3 * rng.normal(size=rates.shape))
    submission = {}
    for part, chosen in (("train", slice(trials)), ("eval", slice(trials, None))):
        for kind, neurons in (("heldin", slice(held_in)), ("heldout", slice(held_in, None))):
            submission[f"{part}_rates_{kind}"] = rates[chosen, :bins, neurons]
            submission[f"{part}_rates_{kind}_forward"] = rates[chosen, bins:, neurons]
    known = spikes[trials:, :bins, held_in:].copy()
    targets = {
        "eval_spikes_heldin_forward": spikes[trials:, bins:, :held_in],
        "eval_spikes_heldout_forward": spikes[trials:, bins:, held_in:],
    }
    if DATASETS[name].decodes_velocity:
        velocity = latent[:, :bins] @ rng.normal(size=(3, 2))
        velocity += 0.3 * rng.normal(size=velocity.shape)
        velocity[rng.random(velocity.shape[:2]) < 0.1] = np.nan
        targets |= {"train_behavior": velocity[:trials], "eval_behavior": velocity[trials:]}
    else:
        start = rng.integers(0, 5, test)
        known[np.arange(bins) < start[:, None]] = np.nan
        columns = rng.integers(0, 2, (trials + test, 3)).astype(float)
        columns[:, 2] = 1.0
        produced = rng.normal(0.8, 0.1, (trials + test, 1))
        behavior = np.concatenate([columns, produced], axis=1)
        targets |= {"train_behavior": behavior[:trials], "eval_behavior": behavior[trials:]}
    targets["eval_spikes_heldout"] = known
    if name == "area2_bump":
        for part, number in (("train", trials), ("eval", test)):
            active = rng.random(number) < 0.6
            targets[f"{part}_decode_mask"] = np.stack([active, ~active], axis=1)
    if name != "mc_rtt":
        psth = rng.random((5, bins, held_in + held_out))
        psth[:, :2] = np.nan
        of = rng.integers(0, 4, test)  # the last condition has no trial
        targets["psth"] = psth
        targets["eval_cond_idx"] = np.empty(5, object)  # as HDF5 holds lists of unequal length
        for condition in range(5):
            targets["eval_cond_idx"][condition] = np.flatnonzero(of == condition)
        if name == "dmfc_rsg":
            targets["eval_jitter"] = rng.integers(-2, 3, test)
            targets["psth"][:, -2:] = np.nan
    return submission, targets
