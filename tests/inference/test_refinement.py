"""Refined posteriors: no bound falls, what is not encoded is not seen, and trials do not see each other."""

import dataclasses
from unittest import mock

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from tests.oracle.networks import Case, make_batch, make_model

from lfads.inference import averages, kept_batches
from lfads.inference.averages import infer
from lfads.inference.refinement import (
    FEWEST_TRIALS,
    Refined,
    Refinement,
    refined,
    trials_in_a_minute,
)
from lfads.model.lfads import EncoderInputs
from lfads.model.noise import draw_noise
from lfads.objective import Batch, encoded_valid, seen_counts
from lfads.paths import batches_beside
from lfads.training.batching import TrialArrays
from lfads.training.sharding import make_mesh

HOW = Refinement(12, learning_rate=0.1)


def of(case: Case, batch: Batch | None = None, how: Refinement = HOW) -> Refined:
    """A case's trials, refined."""
    model, batch = make_model(case), make_batch(case) if batch is None else batch
    own = tuple(jnp.abs(values) for values in model.observation_values)  # spreads are positive
    model = dataclasses.replace(model, observation_values=own)

    @jax.jit
    def run(batch: Batch) -> Refined:
        inputs = EncoderInputs(
            seen_counts(model, batch), encoded_valid(model, batch), batch.external_inputs
        )
        encoded = model.encode(inputs, draw_noise(batch.keys, model.noise_sizes(), None))
        return refined(model, batch, encoded, how, jr.key(3))

    return run(batch)


CASES = [
    Case("controlled"),
    Case("autonomous", model={"num_inferred_inputs": 0}),
    Case("ragged", num_trials=4, trial_lengths=(5, 3, 4, 5), some_missing=True, num_forward_bins=1),
    Case("negative binomial", model={"observation": "negative_binomial"}),
    Case("Gaussian", model={"observation": "gaussian"}),
    Case("driven", num_external_inputs=2, with_read_in=True, held_out=(1,)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_bound_rises_and_falls_for_no_trial(case):
    found = of(case)
    assert np.isfinite(found.bound).all()
    assert (found.bound >= found.bound_before).all()
    assert (found.bound > found.bound_before).any()
    moved = found.encoded.controller_inputs
    assert (moved is None) == (case.config.num_inferred_inputs == 0)


def test_steps_that_lead_astray_are_taken_back():
    case = CASES[0]
    nothing, astray = (
        of(case, how=Refinement(1, learning_rate=0.0)),
        of(case, how=Refinement(2, learning_rate=1e3)),
    )
    np.testing.assert_array_equal(astray.bound, astray.bound_before)
    for one, other in zip(jax.tree.leaves(nothing), jax.tree.leaves(astray), strict=True):
        np.testing.assert_array_equal(one, other)


def test_held_out_neurons_and_forward_bins_are_not_seen():
    case = Case("held out", held_out=(0, 2), num_forward_bins=2)
    batch = make_batch(case)
    changed = batch.counts.at[:, :, jnp.array([0, 2])].add(3.0).at[-2:].add(5.0)
    one, other = of(case, batch), of(case, batch._replace(counts=changed))
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_array_equal(a, b)
    seen = of(case, batch._replace(counts=batch.counts.at[:, :, 1].add(3.0)))
    assert (seen.bound != one.bound).all()


def test_a_minute_is_a_few_trials_of_a_large_network():
    model = make_model(CASES[0])
    many = trials_in_a_minute(model, Refinement(60))
    assert trials_in_a_minute(model, Refinement(120)) == pytest.approx(many / 2, rel=0.01)
    assert trials_in_a_minute(model, Refinement(10**9)) == FEWEST_TRIALS


def trials(number: int = 6, num_neurons: int = 4) -> TrialArrays:
    counts = np.random.default_rng(4).poisson(1.2, (number, 5, num_neurons)).astype(np.uint8)
    return TrialArrays(counts, np.arange(number, dtype=np.int32), None, None, None)


def agree(one, other, rtol=2e-4):
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-5)


def test_batches_devices_and_other_trials_change_nothing():
    model, given = make_model(CASES[1]), trials()
    how = Refinement(4, learning_rate=0.05)
    whole = infer(model, given, make_mesh(1), num_samples=2, refinement=how)
    assert (np.asarray(whole.bound) >= np.asarray(whole.bound_before)).all()
    told = []
    shared = infer(
        model, given, make_mesh(2), num_samples=2, refinement=how, batch_bytes=1,
        progress=lambda *done: told.append(done),
    )  # fmt: skip
    agree(whole, shared)
    assert len(told) == 6
    some = jax.tree.map(lambda x: x[[4, 1]], given)
    alone = infer(model, some, make_mesh(1), num_samples=2, refinement=how)
    agree(jax.tree.map(lambda x: x[[4, 1]], whole), alone)


class Crash(Exception):
    """Where a process is killed."""


def test_what_was_done_is_found_again(tmp_path):
    model, given = make_model(CASES[1]), trials()
    how = Refinement(2)
    folder = tmp_path / "batches"

    def whole(samples=2, seed=0, to=folder, model=model):
        return infer(
            model, given, make_mesh(1), num_samples=samples, seed=seed, refinement=how, keep_in=to,
            batch_bytes=1,
        )  # fmt: skip

    def crash_after(done: int, total: int) -> None:
        if done == 3:
            raise Crash

    with pytest.raises(Crash):
        infer(
            model, given, make_mesh(1), num_samples=2, refinement=how, keep_in=folder, batch_bytes=1,
            progress=crash_after,
        )  # fmt: skip
    assert len(list(folder.glob("*.npz"))) == 3
    first = sorted(folder.glob("*.npz"))[0]
    first.write_bytes(first.read_bytes()[:100])  # damaged: computed again
    (folder / ".left.npz").write_bytes(b"")  # of a writer that was killed
    with mock.patch.object(averages, "kept", wraps=kept_batches.kept) as asked:
        gone_on = whole()
        assert asked.call_count == 6
    for a, b in zip(jax.tree.leaves(whole(to=None)), jax.tree.leaves(gone_on), strict=True):
        np.testing.assert_array_equal(a, b)
    assert made_anew(whole) == 0
    assert made_anew(lambda: whole(samples=3)) == 6
    assert made_anew(lambda: whole(seed=1)) == 6
    other = dataclasses.replace(model, read_out=jax.tree.map(lambda x: x + 1e-3, model.read_out))
    assert made_anew(lambda: whole(model=other)) == 6
    kept_batches.remove_batches(folder)
    assert not folder.exists()


def made_anew(run) -> int:
    """How many batches are written while it runs."""
    with mock.patch.object(kept_batches, "write_checkpoint") as written:
        run()
    return written.call_count


def test_only_what_was_kept_is_removed(tmp_path):
    folder = batches_beside(tmp_path / "posterior.nc")
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "0-00000.npz").write_bytes(b"")
    kept_batches.remove_batches(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    kept_batches.remove_batches(tmp_path / "never-there")
