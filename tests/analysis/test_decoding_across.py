"""One decoder for all sessions: it keeps all where factors are shared, and little where they are not."""

import numpy as np
import pytest
import xarray as xr

from lfads.analysis.analysis import analysed_together, analysis_named
from lfads.analysis.decoding_across import DecodingAcross
from lfads.checks import UserError
from lfads.data.session import Session
from lfads.plots.drawn import drawn
from lfads.simulate.reaching import simulate_reaching

DAYS = simulate_reaching(num_neurons=4, num_sessions=3, num_bends=1, trials_per_condition=5)
SESSIONS = {s.name: s for s in DAYS.sessions}


def latents(session: Session) -> np.ndarray:
    assert session.true_latents is not None
    return session.true_latents


def posterior(factors: np.ndarray) -> xr.Dataset:
    time = {"time": np.arange(-30, 70) / 100}
    return xr.Dataset({"factors": (("trial", "time", "factor"), factors)}, time)


SHARED = {name: posterior(latents(s)) for name, s in SESSIONS.items()}


def across(posteriors, fitted_to="all"):
    analysis = DecodingAcross(behavior="hand_velocity", num_folds=3, fitted_to=fitted_to)
    return analysed_together("decoding_across", analysis, posteriors, SESSIONS)


@pytest.mark.parametrize("fitted_to", ["all", "others", "session_2"])
def test_shared_factors_keep_what_each_decoder_reads(fitted_to):
    found = across(SHARED, fitted_to=fitted_to)
    assert float(found["r2"].min()) > 0.98
    assert float(abs(found["share"] - 1).max()) < 0.01
    assert found.attrs["sessions"] == list(SESSIONS)


def test_factors_that_are_turned_from_day_to_day_do_not():
    rng = np.random.default_rng(0)
    turned = {
        name: posterior(latents(s) @ np.linalg.qr(rng.normal(size=(9, 9)))[0])
        for name, s in SESSIONS.items()
    }
    found = across(turned)
    assert float(found["r2"].sel(decoder="own").min()) > 0.98
    assert float(found["share"].max()) < 0.9
    assert float(across(turned, fitted_to="others")["share"].max()) < 0.5


def test_factors_of_other_trials_give_nothing_and_no_share():
    rng = np.random.default_rng(1)
    shuffled = {name: posterior(rng.permutation(latents(s))) for name, s in SESSIONS.items()}
    found = across(shuffled)
    assert float(found["r2"].max()) < 0.1
    assert np.isnan(found["share"]).all()
    analysis = analysis_named("decoding_across")
    assert analysis.numbers(found)[-1][-1] == "–"
    assert drawn(lambda figure: analysis.draw(figure, found), analysis.height_in).axes


def test_a_session_of_few_trials_has_fewer_folds():
    some = {name: slice(None) for name in SESSIONS} | {"session_3": slice(4)}
    sessions = {n: s.take(np.arange(s.num_trials)[some[n]]) for n, s in SESSIONS.items()}
    posteriors = {n: of.isel(trial=some[n]) for n, of in SHARED.items()}
    analysis = DecodingAcross(behavior="hand_velocity", fitted_to="others")
    found = analysed_together("decoding_across", analysis, posteriors, sessions)
    of_folds = found["r2_of_folds"].sel(session="session_3")
    assert np.isfinite(of_folds[:, :4]).all()
    assert np.isnan(of_folds[:, 4]).all()
    assert np.isfinite(found["r2"]).all()
    assert float(found["r2"].sel(decoder="across").min()) > 0.95


def test_what_cannot_be_asked_is_refused():
    one = dict(list(SHARED.items())[:1])
    with pytest.raises(UserError, match="needs two sessions or more"):
        DecodingAcross().compute_together(one, {n: SESSIONS[n] for n in one})
    with pytest.raises(UserError, match="`fitted_to` must be `all`, `others` or a session"):
        across(SHARED, fitted_to="session_9")
    fewer = SHARED | {"session_3": SHARED["session_3"].isel(factor=slice(5))}
    with pytest.raises(UserError, match="needs the same factors in every session"):
        across(fewer)
    wider = SHARED | {"session_3": SHARED["session_3"].assign_coords(time=np.arange(100) / 50)}
    with pytest.raises(
        UserError,
        match=r"bins of the same width in every session.*session_1 has 0.01 s, session_3 has 0.02 s",
    ):
        across(wider)
