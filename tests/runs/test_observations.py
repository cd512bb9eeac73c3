"""Every observation on the whole road: training, inference, scores, draws, streaming, report."""

import dataclasses
import json
from typing import Any

import jax.random as jr
import numpy as np
import pytest
from tests.small import SETTINGS

import lfads
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.model.observations.chosen import observation_of
from lfads.model.observations.observation import Moments, Observation
from lfads.parts import OURS, parts

NAMES = list(parts("observations"))
LIKE_OTHERS = ("bernoulli", "gamma")
"""Whose road those of one and of three read-outs go, too."""
OF_OTHERS = [name for name in NAMES if name not in OURS["observations"]]
ON_THE_ROAD = [name for name in NAMES if name not in LIKE_OTHERS]
CAUSAL = {"causal": True, "initial_condition_length": 2}


def mean_of(observation: Observation) -> float:
    """That of values which suit the observation: of what is 0 or 1, a share."""
    return 2.0 if not observation.unsuitable(np.array([1.0, 2.0])) else 0.4


def drawn(
    observation: Observation, num_trials: int, num_neurons: int = 4, seed: int = 0
) -> Dataset:
    """Values drawn from the observation's constant model, a second after another of two conditions."""
    mean = mean_of(observation)
    moments = Moments(np.full(num_neurons, mean), np.full(num_neurons, 1.5 * mean))
    shape = (num_trials, 9, num_neurons)
    given: Any = {
        name: np.array(np.broadcast_to(values, shape), np.float32)
        for name, values in observation.constant(moments).items()
    }
    values = np.asarray(observation.sample(jr.key(seed), given))
    condition = np.arange(num_trials) % 2
    if observation.kind == "counts":
        return Dataset.from_arrays(values, bin_width_s=0.02, condition=condition)
    return Dataset.from_arrays(signals=values, bin_width_s=0.02, unit="dF/F", condition=condition)


def config(name: str, **model: object) -> lfads.RunConfig:
    return lfads.read_config(
        flags={**SETTINGS, "model": {**SETTINGS["model"], "observation": name, **model}}
    )


@pytest.fixture(scope="module", params=ON_THE_ROAD)
def run(request, tmp_path_factory) -> lfads.Run:
    name = request.param
    dataset = drawn(observation_of(name), 12)
    path = lfads.write(dataset, tmp_path_factory.mktemp(name) / "data.h5")
    out = path.parent / "run"
    return lfads.train(lfads.read(path), config(name, **CAUSAL), out=out, progress=False)


def test_results_say_what_they_are(run):
    observation, found = run.model.observation, run.infer(num_samples=2, progress=False).dataset
    assert found.attrs["observation"] == run.config.model.observation
    unit = "spikes/s" if observation.kind == "counts" else "dF/F"
    assert found["rates"].attrs["units"] == unit
    for name in observation.of_neurons:
        assert found[f"observation_{name}"].dims == ("neuron",)
    for name in observation.over_time:
        assert found[f"observation_{name}"].dims == ("trial", "time", "neuron")
    width = 0.02 if observation.kind == "counts" else 1.0
    mean = mean_of(observation)
    assert abs(float(found["rates"].mean()) * width - mean) < mean / 2


def test_scores_that_apply_are_there_and_finite(run, tmp_path):
    posterior = run.infer(num_samples=2, progress=False)
    posterior.save(tmp_path / "posterior.nc")
    again = lfads.open_posterior(tmp_path / "posterior.nc")
    scores = run.evaluate(posterior=again).to_dict()["splits"]["valid"]
    families = {name for name in scores if name.startswith(("bits", "deviance"))}
    assert families == set(run.model.observation.scores)
    assert all(np.isfinite(scores[name]) for name in (*families, "nll_per_sample"))
    record = run.metrics[-1]
    assert (record["valid_bits_per_spike"] is None) == (not run.model.observation.is_poisson)


def test_draws_suit_the_observation_and_can_be_trained_on(run, tmp_path):
    generated = run.sample(12, seed=3)
    assert generated.kind == run.model.observation.kind
    assert generated.observation == run.config.model.observation
    known = generated.session.values[generated.session.observed_bins()]
    assert not run.model.observation.unsuitable(known)
    path = lfads.write(generated, tmp_path / "generated.h5")
    again = lfads.read(path, for_inference=True)
    assert (again.observation, again.unit) == (generated.observation, generated.unit)
    assert again.fingerprint() == generated.fingerprint()


def test_a_stream_gives_what_inference_gives(run):
    session = run.training_data().session
    whole = run.infer(num_samples=3, seed=5, progress=False).dataset
    stream = run.stream(num_samples=3, seed=5)
    stream.begin(4)
    steps = [stream.step(session.values[4, t]) for t in range(session.num_bins)]
    rates = np.stack([step.rates for step in steps if step is not None])
    np.testing.assert_allclose(rates, whole["rates"][4], rtol=2e-5, atol=1e-6)


def test_a_report_is_written(run):
    page = run.report(progress=False).read_text("utf-8")
    unit = "spikes/s" if run.model.observation.kind == "counts" else "dF/F"
    assert unit in page


@pytest.mark.parametrize("name", ["poisson", "gaussian", "zero_inflated_gamma", *OF_OTHERS])
def test_missing_values_carry_no_loss(name, tmp_path):
    """Garbage in missing samples and behind the end of trials changes no number."""
    dataset = drawn(observation_of(name), 8)
    observed = np.random.default_rng(0).random(dataset.session.values.shape) > 0.2
    zeros = np.where(observed, dataset.session.values, 0).astype(dataset.session.values.dtype)
    other = np.where(observed, dataset.session.values, dataset.session.values.max())
    records = []
    for values in (zeros, other):
        session = dataclasses.replace(dataset.session, values=values, observed=observed)
        one = dataclasses.replace(dataset, sessions=(session,))
        out = tmp_path / str(len(records))
        records.append(
            lfads.train(one, config(name, num_inferred_inputs=0), out=out, progress=False).metrics
        )
    timeless = [[{**r, "seconds": 0} for r in each] for each in records]
    assert timeless[0] == timeless[1]


@pytest.mark.parametrize("name", ["gaussian", "zero_inflated_gamma", *OF_OTHERS])
def test_sessions_share_a_network_and_another_is_adapted(name, tmp_path):
    observation = observation_of(name)
    parts_ = [drawn(observation, 8, n, seed).session for n, seed in ((4, 0), (6, 1), (5, 2))]
    one, two, new = (
        dataclasses.replace(session, name=day)
        for session, day in zip(parts_, ("mon", "tue", "wed"), strict=True)
    )
    both = Dataset(sessions=(one, two), bin_width_s=0.02, source="arrays")
    run = lfads.train(
        both, config(name, num_inferred_inputs=0), out=tmp_path / "run", progress=False
    )
    scores = run.evaluate(progress=False).to_dict()
    assert np.isfinite(scores["splits"]["valid"]["bits_per_sample"])
    later = Dataset(sessions=(new,), bin_width_s=0.02, source="arrays")
    settings = {"training": {"num_epochs": 2}}
    adapted = lfads.adapt(
        run, later, out=tmp_path / "new", training_data=both, settings=settings, progress=False
    )
    assert adapted.infer(num_samples=2, progress=False).rates.shape == (8, 9, 5)


def test_a_network_is_searched_and_resumed(tmp_path):
    dataset = drawn(observation_of("gaussian"), 12)
    base = config("gaussian", num_inferred_inputs=0)
    search = lfads.SearchConfig(population=2, num_generations=2, epochs_per_generation=2)
    searched = dataclasses.replace(base, search=search)
    lfads.search_population(dataset, searched, out=tmp_path / "search", progress=False)
    best = lfads.open_run(tmp_path / "search")
    assert best.model.observation_values[0].shape == (4,)
    half = dataclasses.replace(base, training=dataclasses.replace(base.training, num_epochs=1))
    whole = lfads.train(dataset, base, out=tmp_path / "whole", progress=False)
    lfads.train(dataset, half, out=tmp_path / "half", progress=False)
    resumed = lfads.train(dataset, base, out=tmp_path / "half", resume=True, progress=False)
    for one, other in zip(whole.metrics, resumed.metrics, strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}
    scale = np.asarray(whole.model.observation_values[2])
    np.testing.assert_array_equal(scale, np.asarray(resumed.model.observation_values[2]))


def test_the_centre_and_the_scale_stay_as_the_data_gave_them(tmp_path):
    dataset = drawn(observation_of("gaussian"), 12)
    run = lfads.train(dataset, config("gaussian"), out=tmp_path / "run", progress=False)
    training = dataset.session.values[dataset.session.of_split("train")]
    _, centre, scale = run.model.observation_values
    np.testing.assert_allclose(centre, training.mean((0, 1)), rtol=1e-5)
    np.testing.assert_allclose(scale, training.std((0, 1)), rtol=1e-5)


# --- mistakes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "of", "message"),
    [
        (
            "gaussian",
            "poisson",
            "`gaussian`, which takes signals; arrays holds spike counts: leave it",
        ),
        ("poisson", "gaussian", "`poisson`, which takes spike counts; arrays holds signals, real"),
        ("gausian", "gaussian", "there is no observation `gausian`. Did you mean `gaussian`"),
    ],
)
def test_an_observation_that_does_not_suit_the_data(name, of, message, tmp_path):
    dataset = drawn(observation_of(of), 8)
    with pytest.raises(UserError, match=message):
        lfads.train(dataset, config(name), out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_a_run_of_signals_refuses_counts(run, tmp_path):
    other = "gaussian" if run.model.observation.kind == "counts" else "poisson"
    with pytest.raises(UserError, match="which takes"):
        run.infer(drawn(observation_of(other), 4), progress=False)


def test_a_part_that_is_not_there_any_more_is_named_with_its_package(run, tmp_path, monkeypatch):
    from lfads.training import folder

    header = folder.read_header(run.folder / "checkpoints" / "best.npz")
    assert json.dumps(header["parts"])
    changed = {**header, "parts": {"observations/gone": "toys 1.2"}}
    monkeypatch.setattr(folder, "read_header", lambda _: changed)
    with pytest.raises(
        UserError, match=r"observation `gone` of toys 1.2, .*`pip install toys==1.2`"
    ):
        folder.open_trained(run.folder)
