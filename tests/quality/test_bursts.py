"""Bins in which noise reaches most channels."""

import pytest
from tests.quality.planted import found_in, poisson, session_of, with_shared_dynamics

from lfads.quality.bursts import bursts_of


def test_bins_of_common_noise_are_found():
    counts = poisson(num_neurons=40)
    counts[[3, 30, 71], [10, 59, 0]] += 1
    found = bursts_of(session_of(counts))
    assert sorted(zip(found.trial.tolist(), found.bin.tolist(), strict=True)) == [
        (3, 10), (30, 59), (71, 0),
    ]  # fmt: skip
    assert (found.num_firing == 40).all()
    assert (found.expected < 15).all()
    assert any("3 bins in 3 trials where far more neurons" in t for t in found_in(counts))


@pytest.mark.parametrize("make", [poisson, with_shared_dynamics])
def test_no_bins_are_named_without_noise(make):
    assert len(bursts_of(session_of(make(num_neurons=40)))) == 0
