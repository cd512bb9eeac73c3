"""A generator whose gradient JAX takes goes wherever the GRU goes: training, search, results."""

import dataclasses

import numpy as np
import pytest
from tests.small import tiny_config, tiny_dataset, tiny_sessions

from lfads.config import RunConfig, SearchConfig, SearchRange
from lfads.data.dataset import Dataset
from lfads.hyperparameters import HyperParameterConfig
from lfads.parts import parts
from lfads.runs.places import open_run
from lfads.runs.train import search_population, train
from lfads.search.record import read_population

OTHERS = [name for name in parts("generators") if name != "gru"]
BINS, SEGMENT = 9, 2


@pytest.fixture(scope="module", params=OTHERS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def config(name: str, model: dict | None = None, **training: object) -> RunConfig:
    tiny = tiny_config(**training)
    changed = dataclasses.replace(tiny.model, generator=name, **(model or {}))
    little = HyperParameterConfig(dropout_rate=0.05)  # of four units
    return dataclasses.replace(tiny, model=changed, hyperparameters=little)


def driven_dataset() -> Dataset:
    """Trials whose neurons rise or fall with a measured input."""
    rng = np.random.default_rng(0)
    inputs = np.sin(np.arange(BINS)[None, :, None] + 6 * rng.random((16, 1, 1)))
    rates = np.exp(inputs * np.array([1.0, -1.0, 1.5, -1.5]))
    return Dataset.from_arrays(rng.poisson(rates), bin_width_s=0.02, external_inputs=inputs)


CAUSAL = {"causal": True, "initial_condition_length": SEGMENT}


@pytest.fixture(scope="module")
def run(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return train(driven_dataset(), config(name, CAUSAL, num_epochs=8), out=folder, progress=False)


def arrays_of(path):
    with np.load(path) as archive:
        return {key: archive[key] for key in archive.files if key != "header.json"}


def test_training_makes_it_better(run, name):
    losses = [epoch["train_nll"] for epoch in run.metrics]
    assert losses[-1] < 0.97 * losses[0]
    assert f'generator = "{name}"' in (run.folder / "config.toml").read_text()


def test_a_resumed_run_is_the_same_bit_for_bit(run, name, tmp_path):
    for epochs, resume in ((3, False), (8, True)):
        settings = config(name, CAUSAL, num_epochs=epochs)
        train(driven_dataset(), settings, out=tmp_path / "run", resume=resume, progress=False)
    one, other = (arrays_of(f / "checkpoints/last.npz") for f in (run.folder, tmp_path / "run"))
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key], err_msg=key)


def test_results_scores_draws_and_report(run, tmp_path):
    posterior = run.infer(num_samples=3, generator_states=True)
    assert posterior.rates.shape == (16, BINS - SEGMENT, 4)
    assert posterior.generator_states.shape == (16, BINS - SEGMENT, 4)
    again = open_run(run.folder).infer(driven_dataset(), num_samples=3)
    np.testing.assert_array_equal(again.rates, posterior.rates)
    assert np.isfinite(run.evaluate(posterior=posterior).splits["valid"].bits_per_spike)
    assert run.sample(3).session.num_trials == 3
    assert run.report(posterior=posterior, out=tmp_path / "report.html").is_file()


def test_streaming_gives_the_same_numbers(run):
    session = driven_dataset().session
    measured = session.external_inputs
    assert measured is not None
    posterior, stream = run.infer(num_samples=3, seed=2), run.stream(num_samples=3, seed=2)
    stream.begin(5)
    for at in range(BINS):
        found = stream.step(session.spikes[5, at], measured[5, at])
        if found is not None:
            rates = posterior.rates.values[5, at - SEGMENT]
            np.testing.assert_allclose(found.rates, rates, rtol=1e-4)


def test_several_sessions(name, tmp_path):
    settings = config(name, {"num_inferred_inputs": 0}, num_epochs=1)
    run = train(tiny_sessions(), settings, out=tmp_path / "run", progress=False)
    posterior = run.infer(num_samples=2)
    assert {found.sizes["neuron"] for found in posterior.sessions.values()} == {4, 6}


def test_without_inferred_inputs(name, tmp_path):
    settings = config(name, {"num_inferred_inputs": 0}, num_epochs=1, time_segments=2)
    run = train(tiny_dataset(), settings, out=tmp_path / "run", progress=False)
    posterior = run.infer(num_samples=2)
    assert "inferred_inputs" not in posterior.dataset
    assert np.isfinite(posterior.rates).all()


def test_a_population_side_by_side_is_one_in_turn(name, tmp_path):
    """Of an autonomous network, whose programs are half as large."""
    found, autonomous = [], {"num_inferred_inputs": 0}
    for at_once in (1, 2):
        search = SearchConfig(
            population=2, num_generations=1, epochs_per_generation=1, members_at_once=at_once,
            space={"learning_rate": SearchRange(low=1e-3, high=0.1)},
        )  # fmt: skip
        settings = dataclasses.replace(config(name, autonomous, ramp_epochs=1), search=search)
        folder = tmp_path / str(at_once)
        search_population(tiny_dataset(), settings, out=folder, progress=False)
        found.append([row.score for row in read_population(folder / "population.csv")])
    assert found[0] == pytest.approx(found[1], rel=1e-5)
