"""Several sessions in one network, from data to results."""

import dataclasses
from pathlib import Path

import jax
import numpy as np
import pytest
from tests.small import AUTONOMOUS, SETTINGS, tiny_config, tiny_sessions

from lfads.checks import UserError
from lfads.config import read_config
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.model.observations.chosen import observation_of
from lfads.results import open_posterior
from lfads.runs.places import open_run
from lfads.runs.train import search_population, train
from lfads.runs.trained_run import Run
from lfads.stitching.align import align
from lfads.training.defaults import resolve_defaults
from lfads.training.sizes import sizes_of, this_machine
from lfads.training.trials import constant_score, training_data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("sessions")
    path = write(tiny_sessions(), folder / "data.h5")
    return train(read(path), tiny_config(), out=folder / "run", progress=False)


def alone(dataset: Dataset, number: int) -> Dataset:
    return dataclasses.replace(dataset, sessions=(dataset.sessions[number],))


def test_settings_are_derived(run: Run):
    model = run.config.model
    assert (model.read_in_size, model.read_in_start) == (2, "conditions")


def test_each_session_has_its_own_neurons_and_one_space_of_factors(run: Run, tmp_path: Path):
    posterior = run.infer(num_samples=3)
    sizes = {name: dict(found.sizes) for name, found in posterior.sessions.items()}
    assert (sizes["monday"]["neuron"], sizes["tuesday"]["neuron"]) == (4, 6)
    assert (sizes["monday"]["trial"], sizes["tuesday"]["trial"]) == (12, 8)
    assert (sizes["monday"]["time"], sizes["tuesday"]["time"]) == (9, 7)
    assert sizes["monday"]["factor"] == sizes["tuesday"]["factor"] == 2
    again = open_posterior(posterior.save(tmp_path / "posterior.nc"))
    for name, found in posterior.sessions.items():
        np.testing.assert_array_equal(again.sessions[name].rates, found.rates)


def test_a_session_alone_gives_what_it_gives_among_others(run: Run):
    dataset = run.training_data()
    together = run.infer(num_samples=3)
    for number, session in enumerate(dataset.sessions):
        found = run.infer(alone(dataset, number), num_samples=3).dataset
        np.testing.assert_allclose(found.rates, together.sessions[session.name].rates, rtol=1e-5)


def test_scores_of_all_are_those_of_their_spikes(run: Run):
    posterior = run.infer(num_samples=3)
    scores = run.evaluate(posterior=posterior)
    assert [s.session for s in scores.sessions] == ["monday", "tuesday"]
    sessions = run.training_data().sessions
    for split, together in scores.splits.items():
        spikes = [s.spikes[s.of_split(split)].sum() for s in sessions]
        each = [s.splits[split].to_dict()["bits_per_spike"] for s in scores.sessions]
        expected = np.average(each, weights=spikes)
        assert np.isclose(together.to_dict()["bits_per_spike"], expected)
        trials = [s.splits[split].num_trials for s in scores.sessions]
        assert together.num_trials == sum(trials)
    assert scores.splits["valid"].latent_r2 is not None
    assert set(scores.to_dict()["sessions"]) == {"monday", "tuesday"}


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path):
    dataset = tiny_sessions()
    whole = train(dataset, tiny_config(), out=tmp_path / "whole", progress=False)
    train(dataset, tiny_config(num_epochs=2), out=tmp_path / "cut", progress=False)
    again = train(
        dataset, tiny_config(num_epochs=3), out=tmp_path / "cut", progress=False, resume=True
    )
    jax.tree.map(np.testing.assert_array_equal, whole.model, again.model)


def test_sessions_in_another_order_are_other_data(tmp_path: Path):
    dataset = tiny_sessions()
    turned = dataclasses.replace(dataset, sessions=dataset.sessions[::-1])
    other = dataclasses.replace(
        dataset.sessions[0],
        condition=np.arange(12) % 2,
    )
    relabelled = dataclasses.replace(dataset, sessions=(other, dataset.sessions[1]))
    train(dataset, tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    for changed in (turned, relabelled):
        with pytest.raises(UserError, match="the data are not those of the run"):
            train(changed, tiny_config(), out=tmp_path / "run", progress=False, resume=True)


def test_draws_are_of_a_named_session(run: Run):
    assert run.sample(3, session="tuesday").session.num_neurons == 6
    with pytest.raises(
        UserError, match=r"has the sessions monday, tuesday: name one .* none was named"
    ):
        run.sample(3)
    with pytest.raises(UserError, match="got 'friday'"):
        run.sample(3, session="friday")


def test_constant_rates_score_zero_however_sessions_are_weighted():
    quiet, busy = tiny_sessions().sessions
    busy = dataclasses.replace(busy, values=busy.spikes + np.uint8(2))
    dataset = dataclasses.replace(tiny_sessions(), sessions=(quiet, busy))
    for weights in ("trial", "session"):
        resolved, _ = resolve_defaults(
            tiny_config(session_weights=weights), sizes_of(dataset), this_machine()
        )
        data = training_data(dataset, resolved)
        each = [
            constant_score(s, s.of_split("valid"), 0, observation_of("poisson"))
            for s in (quiet, busy)
        ]
        trials = np.array([s.of_split("valid").sum() for s in (quiet, busy)])
        share = np.ones(2) if weights == "trial" else trials.sum() / (2 * trials)
        nats, _, samples = (share[:, None] * np.array(each)).sum(0)
        np.testing.assert_allclose(data.valid_null_nll, nats / samples, rtol=1e-6)


def test_the_report_has_a_section_for_each_session(run: Run):
    text = run.report(posterior=run.infer(num_samples=2)).read_text(encoding="utf-8")
    assert "Session monday" in text
    assert "Session tuesday" in text
    assert "in 2 sessions" in text


def test_sessions_that_the_run_does_not_know(run: Run):
    stranger = dataclasses.replace(run.training_data().sessions[0], name="friday")
    data = dataclasses.replace(run.training_data(), sessions=(stranger,))
    with pytest.raises(
        UserError, match=r"knows the sessions monday, tuesday; the data have friday"
    ):
        run.infer(data)


def test_sessions_of_one_name_or_with_other_inputs(tmp_path: Path):
    one, two = tiny_sessions().sessions
    twice = dataclasses.replace(
        tiny_sessions(), sessions=(one, dataclasses.replace(two, name=one.name))
    )
    with pytest.raises(UserError, match="must have different names; got monday, monday"):
        train(twice, tiny_config(), out=tmp_path / "run")
    driven = dataclasses.replace(two, external_inputs=np.zeros((8, 7, 1), np.float32))
    other = dataclasses.replace(tiny_sessions(), sessions=(one, driven))
    with pytest.raises(UserError, match="0 inputs in monday, 1 input in tuesday"):
        train(other, tiny_config(), out=tmp_path / "run")
    none = dataclasses.replace(two, split=np.full(8, "valid"))
    with pytest.raises(UserError, match="no training trials in tuesday"):
        train(
            dataclasses.replace(tiny_sessions(), sessions=(one, none)),
            read_config(
                flags={**SETTINGS, "model": {**SETTINGS["model"], "read_in_start": "random"}}
            ),
            out=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()


def test_counts_cannot_be_encoded_as_they_are(tmp_path: Path):
    config = read_config(flags={**SETTINGS, "model": {**SETTINGS["model"], "read_in_size": 0}})
    with pytest.raises(UserError, match="`read_in_size` is 0, but 2 sessions"):
        train(tiny_sessions(), config, out=tmp_path / "run")


def test_frozen_read_ins_stay_at_their_start(run: Run, tmp_path: Path):
    dataset = tiny_sessions()
    training = {**AUTONOMOUS["training"], "freeze": "read_in"}
    config = read_config(flags={**AUTONOMOUS, "training": training})
    frozen = train(dataset, config, out=tmp_path / "run", progress=False)
    start = align(dataset, 2, "conditions").read_ins
    for number, read_in in enumerate(start):
        found = frozen.model.of_session(number).read_in
        assert found is not None
        np.testing.assert_allclose(found.weights, read_in.weights, rtol=1e-5)
        np.testing.assert_allclose(found.offset, read_in.offset, rtol=1e-5)
    found = run.model.of_session(0).read_in
    assert found is not None
    assert (np.asarray(found.weights) != start[0].weights).all()


def test_sessions_may_count_the_same(run: Run, tmp_path: Path):
    by_session = train(
        run.training_data(),
        tiny_config(session_weights="session"),
        out=tmp_path / "run",
        progress=False,
    )
    assert run.metrics[0]["valid_nll"] != by_session.metrics[0]["valid_nll"]


def test_a_population_searches_for_several_sessions(tmp_path: Path):
    search = {"population": 2, "num_generations": 2, "epochs_per_generation": 1}
    config = read_config(flags={**AUTONOMOUS, "search": search})
    best = search_population(tiny_sessions(), config, out=tmp_path / "search", progress=False)
    posterior = best.infer(num_samples=2, ensemble=2)
    assert set(posterior.sessions) == {"monday", "tuesday"}


def test_random_search_over_sizes_for_several_sessions(tmp_path: Path):
    space = {"read_in_size": {"low": 2, "high": 4}}
    search = {"method": "random", "population": 2, "space": space}
    config = read_config(flags={**AUTONOMOUS, "search": search})
    best = search_population(tiny_sessions(), config, out=tmp_path / "search", progress=False)
    drawn = [open_run(f).config.model.read_in_size for f in (tmp_path / "search/members").iterdir()]
    assert best.config.model.read_in_size in drawn
    assert set(best.infer(num_samples=2).sessions) == {"monday", "tuesday"}
