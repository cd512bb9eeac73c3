"""Videos of results: known answers from true rates and latents, nothing from noise, and what is refused."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import analysed, analysed_together
from lfads.analysis.animated import Animated, coloured
from lfads.analysis.video_initial_conditions import VideoInitialConditions
from lfads.analysis.video_rotations import VideoRotations
from lfads.analysis.video_sessions import VideoSessions
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.numerics.smoothing import smoothed
from lfads.plots.drawn import drawn
from lfads.plots.video import Animation
from lfads.results import Posterior
from lfads.simulate.reaching import simulate_reaching


@pytest.fixture(scope="module")
def reaching() -> Dataset:
    return simulate_reaching(num_neurons=40, trials_per_condition=4)


@pytest.fixture(scope="module")
def sessions() -> Dataset:
    return simulate_reaching(num_neurons=8, num_sessions=2, trials_per_condition=4)


def truth(dataset: Dataset) -> xr.Dataset:
    """True rates as if inferred; the plan as the initial condition."""
    session = dataset.session
    assert session.true_latents is not None
    found = inferred(dataset)
    start = session.true_latents[:, 28, :4]
    return found.assign(initial_condition_mean=(("trial", "latent"), start))


def shuffled(posterior: xr.Dataset, seed=0) -> xr.Dataset:
    """With the results of other trials."""
    order = np.random.default_rng(seed).permutation(posterior.sizes["trial"])
    return posterior.assign({n: v.copy(data=v.values[order]) for n, v in posterior.items()})


def frames_of(analysis: Animated, result: xr.Dataset) -> None:
    """Draw the still figure and a few frames, and look at what is said."""
    drawn(lambda figure: analysis.draw(figure, result), analysis.height_in)
    film: list[Animation] = []
    figure = drawn(
        lambda empty: film.append(analysis.animate(empty, result)), analysis.video_height_in
    )
    for k in (0, film[0].num_frames // 2, film[0].num_frames - 1):
        film[0].draw_frame(k)
    assert figure.axes
    assert film[0].num_frames == 25  # of a second


def test_initial_conditions_of_the_truth_and_of_noise(reaching):
    analysis = VideoInitialConditions(marks="bend", seconds=1.0)
    posterior = truth(reaching)
    found = analysed("video_initial_conditions", analysis, posterior, reaching.session)
    assert found.attrs["by"] == "direction"
    assert found["accuracy"][0] > 0.7
    assert (found["p"] < 0.05).all()
    assert found["mark_name"].values.tolist() == ["-1", "0", "1"]
    frames_of(analysis, found)
    noise = analysis.compute(shuffled(posterior), reaching.session)
    assert noise["p"][0] > 0.05
    assert "no more than by chance" in analysis.caption(noise)


def test_marks_of_many_numbers_are_thirds(reaching):
    analysis = VideoInitialConditions(by="bend", marks="reaction_time")
    found = analysis.compute(truth(reaching), reaching.session)
    assert found["mark_name"].values[0].startswith("below 0.")
    assert np.ptp(np.bincount(found["mark"])) <= 1
    few = truth(reaching)
    few = few.isel(latent=[0, 1])
    names = analysis.compute(few, reaching.session)["axis"].values.tolist()
    assert names[2] == "none (3)"  # for a picture in three


def turned(states: np.ndarray) -> np.ndarray:
    """From bin to bin, to the left."""
    before, after = states[:, :-1], states[:, 1:]
    return before[..., 0] * after[..., 1] - before[..., 1] * after[..., 0]


def test_rotations_of_the_truth_and_of_noise(reaching):
    analysis = VideoRotations(
        window_s=(0.0, 0.3), align_to="reaction_time", num_surrogates=20, trials_per_condition=2,
        seconds=1.0,
    )  # fmt: skip
    posterior = truth(reaching)
    found = analysed("video_rotations", analysis, posterior, reaching.session)
    assert float(found["frequency_hz"]) == pytest.approx(1.6, abs=0.1)
    assert float(found["p_skew"]) < 0.05
    assert found["state"].shape == (2, 48, 30, 2)
    assert found["signal"].values.tolist() == ["smoothed spikes", "LFADS"]
    spikes, rates = found["state"].values
    turn = turned(rates)
    assert (turn.sum(1) > 0).mean() > 0.95  # single trials turn one way
    assert (turned(spikes) > 0).mean() < (turn > 0).mean()
    frames_of(analysis, found)
    rates = posterior["rates"]
    smooth = smoothed(np.random.default_rng(0).normal(10.0, 3.0, rates.shape), 3.0)
    noise = analysis.compute(posterior.assign(rates=rates.copy(data=smooth)), reaching.session)
    assert float(noise["p_skew"]) > 0.05
    assert "no more than by chance" in analysis.caption(noise)


def many_factors(dataset: Dataset, *, mixed: bool, noise: float, swap=False) -> Posterior:
    """True latents with noise, in axes of each session's own if they are mixed."""
    found = {}
    for k, session in enumerate(dataset.sessions):
        rng = np.random.default_rng(k)
        assert session.true_latents is not None
        factors = session.true_latents
        if mixed:
            factors = factors @ rng.normal(size=(factors.shape[2], 6 + k))
        factors = factors + noise * factors.std() * rng.normal(size=factors.shape)
        variables = {"factors": Variable(factors, ("trial", "time", "factor"))}
        attributes = {"observation": "poisson"}
        one = labelled_results(variables, session, dataset, attributes=attributes)
        found[session.name] = shuffled(one, k) if swap else one
    return Posterior(found)


def test_sessions_lie_on_each_other(sessions, tmp_path):
    own = many_factors(sessions, mixed=False, noise=0.2)
    gpfa = many_factors(sessions, mixed=True, noise=1.0).save(tmp_path / "posterior.nc")
    alone = [
        Posterior({name: of})
        for name, of in many_factors(sessions, mixed=True, noise=0.2).sessions.items()
    ]
    named = {session.name: session for session in sessions.sessions}
    analysis = VideoSessions(gpfa=str(gpfa.parent), alone=alone, seconds=1.0)
    found = analysed_together("video_sessions", analysis, own.sessions, named)
    assert found["method"].values.tolist() == ["GPFA", "single-session LFADS", "stitched LFADS"]
    r2 = found["r2"].mean("session").values
    assert r2[0] < r2[1] < r2[2]
    assert r2[2] > 0.9
    assert found["own_maps"].values.tolist() == [1, 1, 0]
    assert "mean nothing in another session" in analysis.caption(found)
    frames_of(analysis, found)
    plain = VideoSessions().compute_together(own.sessions, named)
    assert "and no map of their own" in VideoSessions().caption(plain)
    assert plain.sizes["method"] == 1


def test_sessions_of_noise_and_of_a_baseline(sessions):
    named = {session.name: session for session in sessions.sessions}
    noise = many_factors(sessions, mixed=False, noise=0.2, swap=True)
    assert (VideoSessions().compute_together(noise.sessions, named)["r2"] < 0.1).all()
    of_each = {
        name: of.assign_attrs(baseline="gpfa")
        for name, of in many_factors(sessions, mixed=True, noise=0.2).sessions.items()
    }
    found = VideoSessions().compute_together(of_each, named)
    assert found["own_maps"].values.tolist() == [1]
    assert float(found["r2"].mean()) > 0.8


def test_colours_tell_directions_if_there_are_any(reaching):
    session = reaching.session
    assert coloured(session, None).name == "direction"
    table = {k: v for k, v in session.trial_table.items() if k != "direction"}
    plain = dataclasses.replace(session, trial_table=table)
    assert coloured(plain, None).name == "condition"
    assert coloured(dataclasses.replace(plain, condition=None), None).name == ""
    assert coloured(session, "bend").labels.dtype.kind in "if"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: VideoInitialConditions(space="umap"),
            "`space=` must be `pca` or `tsne`; got 'umap'",
        ),
        (lambda: VideoRotations(plane=0), "`plane=` must be a whole number, 1 or more"),
        (lambda: VideoRotations(num_components=3), "`num_components=` must be"),
        (lambda: VideoSessions(penalty=0.0), "`penalty=` must be above 0"),
        (lambda: VideoSessions(seconds=500.0), "`seconds=` must be above 0, and 120 at most"),
    ],
)
def test_choices_that_are_refused(make, said):
    with pytest.raises(UserError, match=said):
        make()


def test_results_that_are_refused(sessions, reaching, tmp_path):
    named = {session.name: session for session in sessions.sessions}
    own = many_factors(sessions, mixed=False, noise=0.2).sessions
    first = next(iter(named))

    def refused(said: str, posteriors=own, **choices) -> None:
        with pytest.raises(UserError, match=said):
            VideoSessions(**choices).compute_together(posteriors, named)

    refused("shows several sessions; got 1 session", {first: own[first]})
    refused("`session=` must be one of session_1, session_2; got 'x'", session="x")
    refused(r"`gpfa=`: there is no .*posterior\.nc: write it with `lfads infer RUN`", gpfa=tmp_path)
    refused(
        "`alone=` must have factors of session `session_2`", alone=Posterior({first: own[first]})
    )
    refused("`by=` must name a column that is the same in all trials", by="reaction_time")
    short = {name: of.isel(time=slice(0, 2)) for name, of in own.items()}
    refused("must share three bins or more; they share 2 bins", short)
    single = {name: of.isel(trial=slice(0, 1)) for name, of in own.items()}
    refused("two conditions have two trials in each of them; there are 0", single)
    with pytest.raises(UserError, match="`plane=` must be at most 3; got 4"):
        VideoRotations(plane=4, num_surrogates=0).compute(truth(reaching), reaching.session)
    none = truth(reaching)
    none = none.assign(initial_condition_mean=none["initial_condition_mean"] * np.nan)
    with pytest.raises(UserError, match="are known in 0 trials; 10 are needed"):
        VideoInitialConditions().compute(none, reaching.session)
    words = dataclasses.replace(
        reaching.session, trial_table={"word": np.array([f"w{k}" for k in range(96)])}
    )
    with pytest.raises(UserError, match=r"`marks=` must name a column of numbers .*`word` has 96"):
        VideoInitialConditions(marks="word").compute(truth(reaching), words)


def test_without_conditions_or_columns_dots_are_alike():
    dataset = recorded()
    posterior = inferred(dataset).assign(
        initial_condition_mean=(("trial", "latent"), np.random.default_rng(0).normal(size=(40, 5)))
    )
    analysis = VideoInitialConditions(seconds=1.0)
    found = analysed("video_initial_conditions", analysis, posterior, dataset.session)
    assert analysis.numbers(found)[1][0] == "no column was named"
    frames_of(analysis, found)
