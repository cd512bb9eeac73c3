"""Where read-outs of several sessions start."""

import dataclasses

import numpy as np
from tests.small import tiny_sessions

from lfads.stitching.align import align
from lfads.training.start import read_outs_from


def test_components_that_hardly_vary_have_small_weights():
    """The inverse of a read-in would give them the largest."""
    dataset = tiny_sessions()
    read_ins = [r.weights for r in align(dataset, 3, "conditions").read_ins]
    size = np.array([np.sqrt((w**2).sum(0)) for w in read_ins])
    outs = read_outs_from(read_ins, dataset, 3)
    order = [np.argsort(s).tolist() for s in size]
    found = [np.argsort(np.sqrt((out**2).sum(1))).tolist() for out in outs]
    assert [o[-1] for o in order] == [f[-1] for f in found]
    entries = np.concatenate([out.ravel() for out in outs])
    assert np.isclose((entries**2).mean(), 1 / 3)


def test_held_out_neurons_and_further_factors_start_at_zero():
    both = tiny_sessions()
    held = np.array([False, True, False, False])
    one = dataclasses.replace(both.sessions[0], held_out_neurons=held)
    dataset = dataclasses.replace(both, sessions=(one, both.sessions[1]))
    read_ins = [r.weights for r in align(dataset, 2, "conditions").read_ins]
    first, _ = read_outs_from(read_ins, dataset, 3)
    assert first.shape == (3, 4)
    assert (first[:, 1] == 0).all()
    assert (first[2] == 0).all()
