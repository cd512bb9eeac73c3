"""Few-shot co-smoothing: factors that tell of held-out neurons do so soon, others never."""

import dataclasses

import numpy as np
import pytest
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed, analysis_named
from lfads.analysis.few_shot import FewShot
from lfads.checks import UserError
from lfads.plots.drawn import drawn

HELD_OUT = recorded(num_trials=60, held_out_neurons=[4, 5])


def few(dataset, posterior=None, **choices):
    posterior = inferred(dataset) if posterior is None else posterior
    return analysed("few_shot", FewShot(**choices), posterior, dataset.session)


def test_true_factors_tell_of_held_out_neurons_and_more_trials_tell_more():
    found = few(HELD_OUT, shots=(4, 1000))
    assert found["shot"].values.tolist() == [4, int(HELD_OUT.session.of_split("train").sum())]
    few_trials, all_trials = found["gain"].values
    assert all_trials > few_trials > 0.1
    assert found["gain_std"].values[1] < found["gain_std"].values[0]
    assert "2 neurons that the encoders did not see" in found.attrs["caption"]


def test_factors_of_other_trials_tell_nothing():
    posterior = inferred(HELD_OUT)
    order = np.random.default_rng(0).permutation(60)
    shuffled = posterior.assign(
        factors=posterior["factors"].copy(data=posterior["factors"].values[order])
    )
    found = few(HELD_OUT, shuffled, shots=(4, 40), num_draws=3)
    assert (found["gain"] < 0.03).all()
    analysis = analysis_named("few_shot")
    assert len(analysis.numbers(found)) == 3
    assert drawn(lambda figure: analysis.draw(figure, found), analysis.height_in).axes


def test_the_same_trials_are_drawn_again():
    one, again = (few(HELD_OUT, shots=(4,), num_draws=2) for _ in range(2))
    np.testing.assert_array_equal(one["gain_of_draws"], again["gain_of_draws"])


def test_what_cannot_be_asked_is_refused():
    plain = recorded()
    with pytest.raises(UserError, match="needs neurons that were held out of the encoders"):
        few(plain)
    session = dataclasses.replace(HELD_OUT.session, split=np.full(60, "train"))
    with pytest.raises(UserError, match="needs training trials to fit and others to score"):
        few(dataclasses.replace(HELD_OUT, sessions=(session,)))
    with pytest.raises(UserError, match="`shots` must be whole numbers of trials, 2 or more"):
        FewShot(shots=(1, 4))
    with pytest.raises(UserError, match="`num_draws` must be a whole number, 1 or more"):
        FewShot(num_draws=0)
