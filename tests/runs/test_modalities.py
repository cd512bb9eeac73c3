"""Spikes, field potentials and behaviour together, from a file to a report."""

import json
from typing import Any

import h5py
import numpy as np
import pytest
from tests.small import AUTONOMOUS

import lfads
from lfads.checks import UserError
from lfads.data.dataset import Dataset

RNG = np.random.default_rng(0)
SPIKES = RNG.poisson(0.7, (12, 9, 3))
LFP = RNG.standard_normal((12, 9, 2)) + 4
HAND = RNG.standard_normal((12, 9, 1))
HAND[2, 3] = np.nan
ARRAYS: dict[str, Any] = {
    "spikes": SPIKES, "signals/lfp": LFP, "signals/hand": HAND, "bin_width_s": 0.02,
    "held_out_neurons": np.arange(6) == 5,
}  # fmt: skip


def config(**tables: Any) -> lfads.RunConfig:
    return lfads.read_config(flags={**AUTONOMOUS, **tables})


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> lfads.Run:
    folder = tmp_path_factory.mktemp("modalities")
    np.savez(folder / "data.npz", **ARRAYS)
    dataset = lfads.read(folder / "data.npz")
    path = lfads.write(dataset, folder / "data.h5")
    model = {**AUTONOMOUS["model"], "observations": {"lfp": "gaussian"}}
    settings = config(model=model, objective={"modality_weights": "hand=3"})
    return lfads.train(lfads.read(path), settings, out=folder / "run", progress=False)


def test_groups_of_a_file_are_channels_with_a_modality(run, tmp_path):
    session = run.training_data().session
    assert session.modalities.tolist() == ["spikes"] * 3 + ["lfp"] * 2 + ["hand"]
    np.testing.assert_array_equal(session.signals[:, :, :3], SPIKES)
    assert not session.observed_bins()[2, 3, 5]
    with h5py.File(tmp_path / "groups.h5", "w") as file:
        file.attrs.update(format="lfads", format_version=run_version(), bin_width_s=0.02)
        group = file.create_group("sessions/day")
        group.create_dataset("spikes", data=SPIKES)
        for name, values in (("lfp", LFP), ("hand", HAND)):
            group.create_dataset(f"signals/{name}", data=values)
    other = lfads.read(tmp_path / "groups.h5").session
    assert other.modalities is not None
    assert other.modalities.tolist() == ["spikes"] * 3 + ["hand"] + ["lfp"] * 2
    order = [0, 1, 2, 4, 5, 3]
    np.testing.assert_array_equal(other.signals[:, :, order], session.signals)
    np.testing.assert_array_equal(other.observed_bins()[:, :, order], session.observed_bins())


def test_a_table_shows_the_modalities(run):
    from lfads.data.summary import session_rows, summary_of

    rows = dict(session_rows(summary_of(run.training_data().session), 0.02, ""))
    assert rows["modalities"] == "3: hand (1), lfp (2), spikes (3)"


def run_version() -> int:
    from lfads.formats.hdf5 import FORMAT_VERSION

    return FORMAT_VERSION


def test_what_is_not_named_is_as_usual(run):
    assert run.config.model.observation == "spikes=poisson + lfp=gaussian + hand=gaussian"


def test_results_and_scores_stand_under_the_modalities(run, tmp_path):
    posterior = run.infer(num_samples=2, progress=False)
    posterior.save(tmp_path / "posterior.nc")
    found = lfads.open_posterior(tmp_path / "posterior.nc")
    lfp = found.dataset.isel(neuron=found.dataset["modality"].to_numpy() == "lfp")
    assert abs(float(lfp["rates"].mean()) - 4) < 1
    assert found.dataset["observation_modality"].to_numpy().tolist() == [0, 0, 0, 1, 1, 2]
    scores = run.evaluate(posterior=found).to_dict()
    assert set(scores["areas"]) == {"spikes", "lfp", "hand"}
    assert all(np.isfinite(one["valid"]["bits_per_sample"]) for one in scores["areas"].values())


def test_behavior_is_never_encoded(run):
    """Other values of a read-out change no factor."""
    whole = run.infer(num_samples=2, progress=False).dataset["factors"].to_numpy()
    dataset = Dataset.from_arrays(
        SPIKES, signals={"lfp": LFP, "hand": 100 - HAND}, bin_width_s=0.02,
        held_out_neurons=ARRAYS["held_out_neurons"],
    )  # fmt: skip
    again = run.infer(dataset, num_samples=2, progress=False).dataset["factors"].to_numpy()
    np.testing.assert_array_equal(whole, again)


def test_draws_can_be_trained_on_and_a_report_is_written(run):
    generated = run.sample(6, seed=1)
    values = generated.session.signals[:, :, :3]
    np.testing.assert_array_equal(values, np.round(values))
    page = run.report(progress=False).read_text("utf-8")
    assert "lfp" in page
    assert json.loads((run.folder / "summary.json").read_text())["best_epoch"] >= 1


def test_a_weight_multiplies_the_gradient_and_no_score(run):
    import jax
    import jax.numpy as jnp

    from lfads.config import ObjectiveConfig
    from lfads.objective import trial_terms
    from lfads.training.step import gather_batch
    from lfads.training.trials import trials_of

    batch = gather_batch(
        trials_of(run.training_data().session),
        jnp.arange(4),
        jax.random.key(0, impl="threefry2x32"),
    )

    def found(text):
        settings = ObjectiveConfig(modality_weights=text)

        def nats(bias):
            import equinox as eqx

            model = eqx.tree_at(lambda m: m.read_out.bias, run.model, bias)
            return trial_terms(model, batch, None, settings).nll.sum()

        return jax.jit(jax.value_and_grad(nats))(run.model.read_out.bias)

    (plain, ones), (weighted, many) = found(""), found("hand=3 + lfp=0.5")
    np.testing.assert_allclose(plain, weighted, rtol=1e-6)
    np.testing.assert_allclose(many, ones * np.array([1, 1, 1, 0.5, 0.5, 3]), rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lfp": LFP[:, :5]}, r"the same trials and bins; got `spikes` \(12, 9\), `lfp` \(12, 5\)"),
        ({"a=b": LFP}, "without `=`, `[+]` and `/`; got 'a=b'"),
        ({"lfp": LFP[0]}, r"`signals/lfp` must hold numbers of shape \(trial, time, channel\)"),
    ],
)
def test_groups_that_do_not_go_together(given, message):
    with pytest.raises(UserError, match=message):
        Dataset.from_arrays(SPIKES, signals=given, bin_width_s=0.02)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"model": {"observation": "gaussian", "observations": {"lfp": "gamma"}}},
            "`observation`, or the table `observations`, one of the two",
        ),
        ({"model": {"observations": "gamma"}}, "must be a table of modalities"),
    ],
)
def test_tables_of_observations_that_are_none(tables, message):
    with pytest.raises(UserError, match=message):
        config(**tables)


def test_modalities_that_are_not_there_are_named_before_anything_is_written(tmp_path):
    dataset = Dataset.from_arrays(SPIKES, signals={"lfp": LFP}, bin_width_s=0.02)
    for tables, message in (
        ({"objective": {"modality_weights": "emg=2"}}, "there is no modality `emg`"),
        (
            {"model": {"observations": {"lfp": "gamma", "spikes": "bernoulli"}}},
            "hold more than one",
        ),
    ):
        with pytest.raises(UserError, match=message):
            lfads.train(dataset, config(**tables), out=tmp_path / "run", progress=False)
        assert not (tmp_path / "run").exists()


def test_trials_of_unequal_length_are_refused_among_groups():
    trials = [np.ones((bins, 2)) for bins in (8, 10)]
    with pytest.raises(
        UserError, match="`lfp` is a list of trials of unequal length: give each group"
    ):
        lfads.Dataset.from_arrays(
            signals={"lfp": trials, "emg": np.ones((2, 10, 1))}, bin_width_s=0.02
        )


def test_neurons_that_are_silent_in_training_may_stand_beside_signals(tmp_path):
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, (12, 9, 3))
    counts[:, :, 1] = 0
    lfp = rng.normal(size=(12, 9, 2))
    dataset = lfads.Dataset.from_arrays(signals={"spikes": counts, "lfp": lfp}, bin_width_s=0.02)
    path = lfads.write(dataset, tmp_path / "data.h5")
    run = lfads.train(
        lfads.read(path), lfads.read_config(flags=AUTONOMOUS), out=tmp_path / "run", progress=False
    )
    assert np.isfinite(run.metrics[-1]["train_loss"])
    lfp[:, :, 1] = 2.0
    with pytest.raises(UserError, match="1 of 5 channels of `signals` never change"):
        lfads.Dataset.from_arrays(signals={"spikes": counts, "lfp": lfp}, bin_width_s=0.02)
