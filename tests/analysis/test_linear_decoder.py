"""A decoder that lasts: fitted to all trials, it reads bins one by one, and looks at no later one."""

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded

from lfads.analysis.linear_decoder import DecodedBins, LinearDecoder, fit_linear_decoder
from lfads.checks import UserError
from lfads.data.session import Session
from lfads.numerics.regression import r_squared


def decoded(decoder: LinearDecoder, session: Session) -> np.ndarray:
    """Behaviour of every trial, bin by bin, from the signal that the decoder reads."""
    signal = session.true_latents if decoder.signal == "factors" else session.true_rates_hz
    assert signal is not None
    bins = DecodedBins(decoder)
    made = []
    for trial in signal:
        bins.begin()
        made.append([bins.step(now) for now in trial])
    return np.array(made)


def test_trials_are_decoded():
    seen = recorded()
    decoder = fit_linear_decoder(inferred(seen), seen.session, "hand_vel")
    assert decoder.channels == ("hand_vel 0", "hand_vel 1")
    assert min(decoder.r2) > 0.9
    found = decoded(decoder, seen.session)
    assert r_squared(seen.session.behavior["hand_vel"].astype(float), found).min() > 0.9


def test_noise_is_not_decoded():
    seen = recorded(noise=True)
    decoder = fit_linear_decoder(inferred(seen), seen.session, "hand_vel")
    assert max(decoder.r2) < 0.1


def test_no_later_bin_is_looked_at():
    seen = recorded()
    decoder = fit_linear_decoder(inferred(seen), seen.session, "pupil")
    assert decoder.weights.shape[0] in (1, 2, 4)
    latents = seen.session.true_latents
    assert latents is not None
    one, other = DecodedBins(decoder), DecodedBins(decoder)
    width = decoder.num_features
    signal = np.random.default_rng(0).normal(size=(20, width))
    first = [one.step(now) for now in signal[:10]]
    again = [other.step(now) for now in [*signal[:10], *(5 * signal[10:])]]
    np.testing.assert_array_equal(first, again[:10])


def test_units_and_offsets_are_undone():
    plain = recorded()
    behavior = {"speed": 1000 + 50 * plain.session.behavior["pupil"]}
    moved = recorded(behavior=behavior)
    decoder = fit_linear_decoder(inferred(moved), moved.session, "speed")
    found = decoded(decoder, moved.session)[..., 0]
    assert abs(found.mean() - 1000) < 5
    assert np.corrcoef(found.ravel(), behavior["speed"].ravel())[0, 1] > 0.95


def test_behaviour_that_is_not_there_is_named():
    seen = recorded()
    with pytest.raises(UserError, match=r"has no behaviour `hand_ve`.*Did you mean `hand_vel`"):
        fit_linear_decoder(inferred(seen), seen.session, "hand_ve")
