"""The Python door, and its agreement with the model called directly."""

import dataclasses
import shutil
from unittest import mock

import numpy as np
import pytest
from tests.small import of_coupled_inputs, tiny_config, tiny_dataset

from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.runs.places import open_run
from lfads.runs.train import train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    config = of_coupled_inputs(tiny_config())
    return train(tiny_dataset(), config, out=tmp_path_factory.mktemp("runs") / "run")


def test_an_opened_run_gives_the_same_numbers(run):
    one = run.infer(num_samples=3)
    other = open_run(run.folder).infer(tiny_dataset(), num_samples=3)
    np.testing.assert_array_equal(one.rates, other.rates)


def test_results_hold_the_parameters_of_the_priors(run):
    found, model = run.infer(num_samples=3), run.model
    prior = model.initial_condition_prior
    np.testing.assert_array_equal(found.initial_condition_prior_mean, prior.mean)
    np.testing.assert_allclose(found.initial_condition_prior_std, np.sqrt(prior.variance))
    seconds = np.exp(model.input_prior.log_correlation_bins) * 0.02
    np.testing.assert_allclose(found.inferred_input_prior_correlation_s, seconds, rtol=1e-6)
    variance = np.exp(model.input_prior.log_variance) / (1 - np.exp(-2 * 0.02 / seconds))
    np.testing.assert_allclose(found.inferred_input_prior_std, np.sqrt(variance), rtol=1e-5)


def test_a_run_says_how_it_ended_without_reading_weights(run):
    with mock.patch("lfads.runs.trained_run.open_trained", side_effect=AssertionError("read")):
        again = open_run(run.folder)
        shown, said = again._repr_html_(), repr(again)
    best = run.summary["best_epoch"], run.summary["scores"]["valid_bits_per_spike"]
    assert f"all epochs done; best epoch {best[0]} of 3: {best[1]:.4f} bits/spike" in said
    for value in ("9 of 20 ms", "all epochs done, epoch 3", "arrays"):
        assert f">{value}</td>" in shown


def test_a_broken_folder_shows_a_sentence(run, tmp_path):
    folder = shutil.copytree(run.folder, tmp_path / "<broken>")
    opened = open_run(folder)
    (folder / "checkpoints" / "best.npz").write_bytes(b"")
    assert "cannot be shown: " in opened._repr_html_()
    (folder / "summary.json").write_text('{"stopped_by": "patience", "epochs": 3}')
    assert "summary.json: is damaged: `seconds` is missing, and 4 more" in repr(opened)
    shutil.rmtree(folder)
    assert repr(opened) == f"Run('{folder}': cannot be shown: {folder} is not there any more)"
    assert "<broken>" not in opened._repr_html_()


def test_a_run_on_arrays_asks_for_the_data(run):
    with pytest.raises(UserError, match="trained on arrays, not on a file"):
        open_run(run.folder).infer()


def test_a_trial_gives_the_same_numbers_alone_and_among_others(run):
    dataset = tiny_dataset()
    whole = run.infer(dataset, num_samples=3)
    session = dataset.session.take(np.arange(dataset.session.num_trials)[:5])
    some = run.infer(dataclasses.replace(dataset, sessions=(session,)), num_samples=3)
    np.testing.assert_allclose(some.rates, whole.rates[:5], rtol=1e-5)


def test_padding_changes_no_result_and_is_nan(run):
    counts = tiny_dataset().session.spikes[:3]
    short = Dataset.from_arrays(
        np.concatenate([counts, np.zeros((3, 4, 4), np.uint8)], axis=1),
        trial_length=[9, 9, 9],
        split=["test"] * 3,
        bin_width_s=0.02,
        for_inference=True,
    )
    plain = Dataset.from_arrays(counts, split=["test"] * 3, bin_width_s=0.02, for_inference=True)
    padded, whole = run.infer(short, num_samples=3), run.infer(plain, num_samples=3)
    np.testing.assert_allclose(padded.rates[:, :9], whole.rates, rtol=1e-5)
    assert np.isnan(padded.rates[:, 9:]).all()


def test_one_sample_has_no_spread(run):
    with pytest.warns(UserWarning, match="one posterior sample"):
        posterior = run.infer(num_samples=1)
    assert np.isnan(posterior.rates_std).all()
    assert float(run.infer(num_samples=2).rates_std.min()) > 0.0


def test_generator_states_on_request(run):
    posterior = run.infer(num_samples=3, generator_states=True)
    assert posterior.generator_states.dims == ("trial", "time", "unit")
    assert "generator_states" not in run.infer(num_samples=3).dataset


@pytest.mark.parametrize("bad", [0, -1])
def test_numbers_of_samples(run, bad):
    with pytest.raises(UserError, match="`num_samples=` must be a whole number from 1"):
        run.infer(num_samples=bad)


def test_samples_from_the_prior_are_data(run):
    drawn = run.sample(7, seed=1)
    assert drawn.session.spikes.shape == (7, 9, 4)
    np.testing.assert_array_equal(drawn.session.spikes, run.sample(7, seed=1).session.spikes)
    assert drawn.session.true_rates_hz is not None
    assert (drawn.session.true_rates_hz > 0).all()


def test_data_that_do_not_fit_are_refused(run):
    counts = tiny_dataset().session.spikes
    with pytest.raises(UserError, match=r"bins of 0\.02 s; the data have 0\.01 s"):
        run.infer(Dataset.from_arrays(counts, bin_width_s=0.01))
    with pytest.raises(UserError, match="holds out other neurons"):
        run.infer(Dataset.from_arrays(counts, bin_width_s=0.02, held_out_neurons=[1]))
    inputs = np.zeros((12, 9, 2))
    with pytest.raises(UserError, match="takes 0 external inputs; the data have 2"):
        run.infer(Dataset.from_arrays(counts, bin_width_s=0.02, external_inputs=inputs))


def test_a_posterior_of_other_data_is_refused(run):
    counts = np.random.default_rng(9).poisson(0.5, (12, 9, 4))
    other = Dataset.from_arrays(counts, bin_width_s=0.02)
    posterior = run.infer(other, num_samples=2)
    with pytest.raises(UserError, match="inferred from other data"):
        run.evaluate(posterior=posterior)
    with pytest.raises(UserError, match="inferred from other data"):
        run.report(posterior=posterior)
    assert run.evaluate(other, posterior=posterior).splits


def test_a_report_takes_the_place_of_a_report_alone(run, tmp_path):
    out = tmp_path / "page.html"
    out.write_text("mine")
    with pytest.raises(UserError, match=r"page\.html exists already and is not a report"):
        run.report(out=out)
    assert out.read_text() == "mine"
    out.write_text("<title>LFADS report: run</title>")
    assert run.report(out=out, posterior=run.infer(num_samples=2)) == out
    assert "How to reproduce" in out.read_text(encoding="utf-8")


def test_progress_is_shown_unless_it_is_unwanted(tmp_path, capsys):
    train(tiny_dataset(), tiny_config(num_epochs=2), out=tmp_path / "shown")
    shown = " ".join(capsys.readouterr().err.split())
    assert "epoch 1/2" in shown
    assert "a short but whole training is [training] decay_epochs = 2" in shown
    train(tiny_dataset(), tiny_config(num_epochs=1), out=tmp_path / "quiet", progress=False)
    assert capsys.readouterr().err == ""


def test_held_out_neurons_and_forward_bins_are_never_seen(tmp_path):
    counts = tiny_dataset().session.spikes
    other = counts.copy()
    other[:, :, 1] += 3
    other[:, 7:] += 1

    def made(spikes):
        return Dataset.from_arrays(
            spikes, bin_width_s=0.02, held_out_neurons=[1], num_forward_bins=2
        )

    run = train(made(counts), tiny_config(num_epochs=1), out=tmp_path / "run")
    one, same = run.infer(made(counts), num_samples=2), run.infer(made(other), num_samples=2)
    np.testing.assert_array_equal(one.rates, same.rates)


LENGTHS = [9, 8, 7] * 4
EVERYTHING = {
    "held_out_neurons": [1],
    "num_forward_bins": 2,
    "external_inputs": np.random.default_rng(0).normal(size=(12, 9, 2)),
    "trial_length": LENGTHS,
    "observed": np.random.default_rng(0).random((12, 9, 4)) > 0.1,
    "condition": ["left", "right"] * 6,
}


CAUSAL = {"initial_condition_length": 2, "causal": True}
AUTONOMOUS = {"num_inferred_inputs": 0, "external_inputs_to": "encoders"}


@pytest.mark.parametrize(
    ("names", "model"),
    [
        (tuple(EVERYTHING), {}),
        (tuple(EVERYTHING), CAUSAL),
        (tuple(EVERYTHING), AUTONOMOUS),
        (("held_out_neurons",), {"num_inferred_inputs": 0}),
        (("external_inputs",), AUTONOMOUS),
    ],
)
def test_every_kind_of_data_trains_infers_and_scores(names, model, tmp_path):
    counts = tiny_dataset().session.spikes
    if "trial_length" in names:
        counts = counts * (np.arange(9)[None, :] < np.array(LENGTHS)[:, None])[:, :, None]
    dataset = Dataset.from_arrays(
        counts,
        bin_width_s=0.02,
        **{name: EVERYTHING[name] for name in names},
    )
    config = tiny_config(num_epochs=1)
    config = dataclasses.replace(config, model=dataclasses.replace(config.model, **model))
    run = train(dataset, config, out=tmp_path / "run")
    posterior = run.infer(num_samples=2)
    assert posterior.rates.shape == (12, 9 - model.get("initial_condition_length", 0), 4)
    scores = run.evaluate(posterior=posterior).splits["valid"]
    assert np.isfinite(scores.to_dict()["bits_per_spike"])
    if "held_out_neurons" in names:
        assert scores.held_out_bits_per_spike is not None
    if "num_forward_bins" in names:
        assert scores.forward_bits_per_spike is not None
    assert run.sample(3).session.num_trials == 3
