"""All augmentations in a training: sessions, unequal lengths, held-out neurons, missing samples."""

import dataclasses

import numpy as np
from tests.small import AUTONOMOUS, tiny_sessions

import lfads
from lfads.parts import OURS


def test_training_with_everything_sees_nothing_that_is_missing(tmp_path):
    objective = {"augmentations": " + ".join(OURS["augmentations"]), "sample_validation_rate": 0.1}
    model = {**AUTONOMOUS["model"], "read_in_size": 2}
    training = {**AUTONOMOUS["training"], "num_epochs": 2, "length_buckets": 1}
    config = lfads.read_config(
        flags={**AUTONOMOUS, "objective": objective, "model": model, "training": training}
    )
    rng, found = np.random.default_rng(0), []
    whole = tiny_sessions()
    masks = [rng.random(session.values.shape) > 0.3 for session in whole.sessions]
    for garbage in (0, 9):
        sessions = []
        for session, observed in zip(whole.sessions, masks, strict=True):
            length = session.trial_length - np.arange(session.num_trials) % 3
            held_out = np.arange(session.num_neurons) == 2
            within = np.arange(session.num_bins)[None, :, None] < length[:, None, None]
            values = np.where(observed & within, session.values, garbage).astype(np.uint8)
            sessions.append(
                dataclasses.replace(
                    session, values=values, observed=observed, trial_length=length,
                    held_out_neurons=held_out,
                )
            )  # fmt: skip
        dataset = dataclasses.replace(whole, sessions=tuple(sessions))
        out = tmp_path / str(garbage)
        metrics = lfads.train(dataset, config, out=out, progress=False).metrics
        found.append([{**one, "seconds": 0} for one in metrics])
    assert found[0] == found[1]
    assert all(np.isfinite(one["train_nll"]) for one in found[0])
