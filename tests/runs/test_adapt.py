"""New sessions on a trained network."""

import dataclasses
import json
import os
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from unittest import mock

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.small import AUTONOMOUS, tiny_config, tiny_dataset, tiny_sessions

from lfads.checks import UserError
from lfads.config import RunConfig, RunSettings, read_config
from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.inference.spread import KLWeights
from lfads.runs.adapt import adapt
from lfads.runs.left_out import leave_one_out
from lfads.runs.places import open_run
from lfads.runs.rate_errors import kl_weights_of
from lfads.runs.train import train
from lfads.runs.trained_run import Run
from lfads.training.defaults import Derived
from lfads.training.tracking import EpochRecord

FEW = {"training": {"num_epochs": 2, "batch_size": 4, "num_shards": 1}}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """On two sessions of a file."""
    folder = tmp_path_factory.mktemp("adapt")
    path = write(tiny_sessions(), folder / "data.h5")
    return train(read(path), tiny_config(), out=folder / "run", progress=False)


def autonomous(**training: object) -> RunConfig:
    return read_config(flags={**AUTONOMOUS, "training": {**AUTONOMOUS["training"], **training}})


def friday(num_neurons: int = 5) -> Dataset:
    condition = np.arange(10) % 3
    rates = 0.3 + condition[:, None, None] * np.random.default_rng(3).random((1, 8, num_neurons))
    counts = np.random.default_rng(4).poisson(rates)
    return Dataset.from_arrays(counts, bin_width_s=0.02, condition=condition, name="friday")


def leaves(part) -> list[np.ndarray]:
    return [np.asarray(x) for x in jax.tree.leaves(eqx.filter(part, eqx.is_inexact_array))]


def shared(model) -> list[np.ndarray]:
    """Every array but those of read-ins and read-outs."""
    leaves = jax.tree_util.tree_leaves_with_path(model)
    return [np.asarray(x) for path, x in leaves if not str(path[0]).startswith(".read_")]


def test_only_the_maps_of_the_new_session_are_trained(run: Run, tmp_path: Path):
    found = adapt(run, friday(), out=tmp_path / "new", settings=FEW, progress=False)
    for one, other in zip(shared(run.model), shared(found.model), strict=True):
        np.testing.assert_array_equal(one, other)
    posterior = found.infer(num_samples=2).dataset
    assert posterior.sizes["neuron"] == 5
    assert posterior.sizes["factor"] == 2
    losses = [record["train_loss"] for record in found.metrics]
    assert losses[0] != losses[1]
    assert "friday" in found.evaluate().session


def test_weight_decay_moves_nothing_that_is_frozen(run: Run, tmp_path: Path):
    settings = {**FEW, "hyperparameters": {"weight_decay": 0.5}}
    found = adapt(run, friday(), out=tmp_path / "new", settings=settings, progress=False)
    for one, other in zip(shared(run.model), shared(found.model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_on_these_data_goes_on_with_all_of_its_network(run: Run, tmp_path: Path):
    maps = adapt(run, friday(), out=tmp_path / "maps", settings=FEW, progress=False)
    still = {
        "training": {**FEW["training"], "num_epochs": 1, "freeze": "nothing"},
        "hyperparameters": {"learning_rate": 1e-9},
    }
    start = adapt(maps, friday(), out=tmp_path / "start", settings=still, progress=False)
    for one, other in zip(leaves(maps.model), leaves(start.model), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    whole = {"training": {**FEW["training"], "freeze": "nothing"}}
    tuned = adapt(maps, friday(), out=tmp_path / "tuned", settings=whole, progress=False)
    assert tuned.config.hyperparameters.learning_rate == 0.001
    moved = [
        np.abs(a - b).max() for a, b in zip(leaves(maps.model), leaves(tuned.model), strict=True)
    ]
    assert 0 < max(moved) < 0.05
    assert sum(size > 0 for size in moved) > len(moved) / 2
    assert kl_weights_of(tuned.trained) == kl_weights_of(run.trained)
    other = {**whole, "hyperparameters": {"initial_condition_kl_weight": 1.0}}
    weighed = adapt(maps, friday(), out=tmp_path / "weighed", settings=other, progress=False)
    more = {"training": {"num_epochs": 3}}
    again = adapt(
        maps, friday(), out=tmp_path / "weighed", settings=more, resume=True, progress=False
    )
    assert kl_weights_of(again.trained) == kl_weights_of(weighed.trained)
    assert kl_weights_of(again.trained) != kl_weights_of(run.trained)


def test_a_generator_may_stay_while_encoders_are_trained(run: Run, tmp_path: Path):
    settings = {"training": {**FEW["training"], "freeze": "generator"}}
    maps = adapt(run, friday(), out=tmp_path / "maps", settings=FEW, progress=False)
    found = adapt(maps, friday(), out=tmp_path / "new", settings=settings, progress=False)
    for part in ("generator", "factor_weights"):
        one, other = (leaves(getattr(each.model.decoder, part)) for each in (maps, found))
        for before, after in zip(one, other, strict=True):
            np.testing.assert_array_equal(before, after)
    for part in ("initial_condition_encoder", "read_in", "read_out"):
        one, other = (leaves(getattr(each.model, part)) for each in (maps, found))
        assert any((before != after).any() for before, after in zip(one, other, strict=True))


def test_a_session_starts_where_the_network_knows_its_conditions(run: Run, tmp_path: Path):
    """The same neurons again, as a new session: they come to lie where they were."""
    old = run.training_data().sessions[0]
    again = dataclasses.replace(
        run.training_data(), sessions=(dataclasses.replace(old, name="again"),)
    )
    none = {
        "training": {**FEW["training"], "num_epochs": 1},
        "hyperparameters": {"learning_rate": 1e-9},
    }
    found = adapt(run, again, out=tmp_path / "new", settings=none, progress=False)
    before, after = run.model.of_session(0).read_in, found.model.read_in
    assert before is not None
    assert after is not None
    trains = old.of_split("train")
    rows = [
        np.concatenate([
            np.asarray(m(jnp.asarray(old.spikes[trains & (old.condition == c)], jnp.float32))).mean(0)
            for c in range(3)
        ])
        for m in (before, after)
    ]  # fmt: skip
    assert np.corrcoef(rows[0].ravel(), rows[1].ravel())[0, 1] > 0.8


def test_several_new_sessions_at_once(run: Run, tmp_path: Path):
    thursday = dataclasses.replace(friday(3).session, name="thursday")
    both = dataclasses.replace(friday(), sessions=(friday().session, thursday))
    found = adapt(run, both, out=tmp_path / "new", settings=FEW, progress=False)
    assert set(found.infer(num_samples=2).sessions) == {"friday", "thursday"}


def test_a_network_of_one_session_takes_others_too(tmp_path: Path):
    """What was encoded as it is gets a read-in that changes nothing."""
    path = write(
        dataclasses.replace(tiny_sessions(), sessions=tiny_sessions().sessions[:1]),
        tmp_path / "d.h5",
    )
    one = train(read(path), autonomous(), out=tmp_path / "one", progress=False)
    found = adapt(one, friday(), out=tmp_path / "new", settings=FEW, progress=False)
    assert found.config.model.read_in_size == 4
    assert found.infer(num_samples=2).dataset.sizes["neuron"] == 5


def test_without_the_training_data_the_start_is_random(tmp_path: Path):
    run = train(tiny_dataset(), tiny_config(), out=tmp_path / "run", progress=False)
    with pytest.warns(UserWarning, match="start at random, and may need more epochs: .* on arrays"):
        adapt(Run(run.folder), friday(), out=tmp_path / "new", settings=FEW, progress=False)


def test_an_adaptation_is_resumed(run: Run, tmp_path: Path):
    whole = adapt(run, friday(), out=tmp_path / "whole", settings=FEW, progress=False)
    one = {"training": {**FEW["training"], "num_epochs": 1}}
    adapt(run, friday(), out=tmp_path / "cut", settings=one, progress=False)
    again = adapt(run, friday(), out=tmp_path / "cut", settings=FEW, progress=False, resume=True)
    jax.tree.map(np.testing.assert_array_equal, whole.model, again.model)


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (tiny_dataset(), {"model": {"num_factors": 3}}, r"\[model\] cannot be set"),
        (dataclasses.replace(tiny_dataset(), bin_width_s=0.01), {}, "bins of 0.02 s; the data have 0.01 s"),
    ],
)  # fmt: skip
def test_what_does_not_fit(run: Run, tmp_path: Path, data, settings, message):
    with pytest.raises(UserError, match=message):
        adapt(run, data, out=tmp_path / "new", settings=settings, progress=False)
    assert not (tmp_path / "new").exists()


def test_training_data_that_have_moved_are_given(run: Run, tmp_path: Path):
    moved = run.training_data()
    alone = Run(run.folder)
    alone.trained.data["paths"] = ["nowhere.h5"]  # pyright: ignore[reportIndexIssue]
    with pytest.warns(UserWarning, match="no longer at nowhere.h5. Say where .* `training_data=`"):
        adapt(alone, friday(), out=tmp_path / "random", settings=FEW, progress=False)
    found = adapt(
        alone, friday(), out=tmp_path / "a", training_data=moved, settings=FEW, progress=False
    )
    same = adapt(run, friday(), out=tmp_path / "b", settings=FEW, progress=False)
    jax.tree.map(np.testing.assert_array_equal, found.model, same.model)
    with pytest.raises(UserError, match="is not what the run was trained on"):
        adapt(alone, friday(), out=tmp_path / "c", training_data=friday(), progress=False)


def test_offsets_stay_small_where_averages_say_little(tmp_path: Path):
    """One time course has fewer directions than the counts of another session."""
    path = write(dataclasses.replace(friday(12), sessions=(friday(12).session,)), tmp_path / "d.h5")
    one = train(read(path), autonomous(), out=tmp_path / "one", progress=False)
    other = dataclasses.replace(friday(20).session, name="other", condition=None)
    data = dataclasses.replace(friday(), sessions=(other,))
    none = {**FEW, "hyperparameters": {"learning_rate": 1e-9}}
    found = adapt(one, data, out=tmp_path / "new", settings=none, progress=False)
    assert found.config.model.read_in_start == "time_course"
    assert found.model.read_in is not None
    assert np.abs(np.asarray(found.model.read_in.offset)).max() < 20


def test_mean_rates_start_right(run: Run, tmp_path: Path):
    none = {**FEW, "hyperparameters": {"learning_rate": 1e-9}}
    found = adapt(run, friday(), out=tmp_path / "new", settings=none, progress=False)
    session = friday().session
    expected = session.spikes[session.of_split("train")].mean((0, 1)) / 0.02
    rates = found.infer(num_samples=8).dataset["rates"].to_numpy()
    np.testing.assert_allclose(rates.mean((0, 1)), expected, rtol=0.5)


def test_neurons_that_were_never_observed_do_no_harm(run: Run, tmp_path: Path):
    session = friday().session
    observed = np.ones(session.spikes.shape, bool)
    observed[:, :, 2] = False
    observed[session.condition == 0, :, 1] = False
    observed[session.condition == 1, :, 3] = False
    spikes = np.where(observed, session.spikes, 0).astype(np.uint8)
    data = dataclasses.replace(
        friday(), sessions=(dataclasses.replace(session, values=spikes, observed=observed),)
    )
    found = adapt(run, data, out=tmp_path / "new", settings=FEW, progress=False)
    assert np.isfinite(found.metrics[-1]["valid_nll"])


def test_sessions_without_conditions_among_those_trained_on(tmp_path: Path):
    both = tiny_sessions()
    bare = dataclasses.replace(both.sessions[1], condition=None)
    mixed = dataclasses.replace(both, sessions=(both.sessions[0], bare))
    run = train(mixed, tiny_config(), out=tmp_path / "run", progress=False)
    assert run.config.model.read_in_start == "time_course"
    found = adapt(run, friday(), out=tmp_path / "new", settings=FEW, progress=False)
    assert found.config.model.read_in_start == "conditions"
    assert found.trained.data["adapted_from"] == str(run.folder.resolve())


def test_error_bars_are_of_the_weights_that_the_encoders_were_trained_with(
    run: Run, tmp_path: Path
):
    given = {**FEW, "hyperparameters": {"inferred_input_kl_weight": 0.7}}
    found = adapt(run, friday(), out=tmp_path / "new", settings=given, progress=False)
    assert found.config.hyperparameters.inferred_input_kl_weight == 0.7
    assert kl_weights_of(found.trained) == kl_weights_of(run.trained) == KLWeights(0.2, 0.1)


def test_trials_that_begin_at_another_time(run: Run, tmp_path: Path):
    late = dataclasses.replace(friday(), start_s=0.4)
    with pytest.raises(UserError, match=r"start 0 s from the event .* those of the data 0\.4 s"):
        adapt(run, late, out=tmp_path / "new", settings=FEW, progress=False)


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that was left out is adapted to in two epochs, not in a hundred."""
    monkeypatch.setattr("lfads.runs.left_out.adapt", partial(adapt, settings=FEW))


@pytest.mark.usefixtures("briefly")
def test_each_session_is_left_out_once(tmp_path: Path):
    config = autonomous(num_epochs=1)
    found = leave_one_out(tiny_sessions(), config, out=tmp_path / "all", progress=False)
    assert not found.interrupted
    assert set(found.scores) == {"monday", "tuesday"}
    assert "valid" in found.scores["monday"]["splits"]
    folder = tmp_path / "all" / "monday"
    others, fitted = (Run(folder / name).trained for name in ("others", "adapted"))
    assert others.data["sessions"] == ["tuesday"]
    assert others.config.model.read_in_size == fitted.config.model.read_in_size == 2  # factors
    assert others.config.model.read_in_start == "conditions"
    read_ins = [one.model.of_session(0).read_in for one in (others, fitted)]
    assert [None if one is None else one.weights.shape for one in read_ins] == [(6, 2), (4, 2)]
    with pytest.raises(UserError, match="at least two sessions to leave one out of; got one"):
        leave_one_out(tiny_dataset(), config, out=tmp_path / "none")
    with pytest.raises(UserError, match=r"already holds a run: .* `resume=True`"):
        leave_one_out(tiny_sessions(), config, out=tmp_path / "all")


@pytest.mark.usefixtures("briefly")
def test_going_on_scores_what_is_not_scored_yet(tmp_path: Path):
    """Scores are read again while they are of these weights and these data."""
    config, out = autonomous(num_epochs=1), tmp_path / "all"

    def go_on(dataset: Dataset, config: RunConfig = config):
        return leave_one_out(dataset, config, out=out, resume=True, progress=False)

    first = leave_one_out(tiny_sessions(), config, out=out, progress=False).scores
    (out / "tuesday" / "adapted" / "summary.json").unlink()  # as if killed in it
    with mock.patch.object(Run, "evaluate", autospec=True, side_effect=Run.evaluate) as evaluate:
        assert go_on(tiny_sessions()).scores == first
        assert [call.args[0].folder.parent.name for call in evaluate.call_args_list] == ["tuesday"]
        kept = out / "monday" / "scores.json"
        written = kept.read_text()
        kept.write_text(json.dumps({**json.loads(written), "best_epoch": 99, "splits": {}}))
        assert go_on(tiny_sessions()).scores == first
    assert evaluate.call_count == 2
    assert kept.read_text() == written
    assert json.loads((out / "scores.json").read_text()) == first
    with pytest.raises(UserError, match=r"cannot resume .*others.*patience_epochs"):
        go_on(tiny_sessions(), autonomous(num_epochs=1, patience_epochs=7))
    monday, tuesday = tiny_sessions().sessions
    truth = dataclasses.replace(monday, true_rates_hz=monday.spikes * 10.0 + 1.0)
    known = go_on(dataclasses.replace(tiny_sessions(), sessions=(truth, tuesday))).scores
    assert "rate_r2_mean" in known["monday"]["splits"]["valid"]
    assert known["tuesday"] == first["tuesday"]
    monday = dataclasses.replace(monday, values=monday.spikes[:, :, ::-1])
    other = dataclasses.replace(tiny_sessions(), sessions=(monday, tuesday))
    with pytest.raises(
        UserError, match=r"cannot go on in .*adapted was trained on monday .* another folder"
    ):
        go_on(other)


class InterruptedAfterAnEpoch:
    """Does what Ctrl-C does."""

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        pass

    def epoch(self, record: EpochRecord) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    def end(self, stopped_by: str) -> None:
        pass


def test_an_interruption_ends_it(tmp_path: Path):
    found = leave_one_out(
        tiny_sessions(), tiny_config(), out=tmp_path / "all", progress=False,
        trackers=[InterruptedAfterAnEpoch()],
    )  # fmt: skip
    assert found.interrupted
    assert found.scores == {}
    assert not (tmp_path / "all" / "scores.json").exists()
    assert not (tmp_path / "all" / "tuesday").exists()


@pytest.mark.usefixtures("briefly")
def test_sessions_are_left_out_at_an_address_and_gone_on_with(tmp_path: Path, monkeypatch):
    fsspec = pytest.importorskip("fsspec")
    monkeypatch.chdir(tmp_path)
    config = autonomous(num_epochs=1)
    kept, system = "memory://lab/left-out", fsspec.filesystem("memory")
    found = leave_one_out(tiny_sessions(), config, out=kept, progress=False)
    assert not found.interrupted
    names = {name.removeprefix("/lab/left-out/") for name in system.find("/lab/left-out")}
    assert {"scores.json", "monday/others/summary.json", "tuesday/adapted/metrics.jsonl"} <= names
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match=f"{kept} already holds a run"):
        leave_one_out(tiny_sessions(), config, out=kept)
    system.rm_file("/lab/left-out/tuesday/adapted/summary.json")  # as if killed in it
    with mock.patch("lfads.runs.left_out.train", side_effect=AssertionError("trained again")):
        again = leave_one_out(tiny_sessions(), config, out=kept, resume=True, progress=False)
    assert again.scores == found.scores


def test_a_run_at_an_address_is_named_by_it(run: Run, tmp_path: Path):
    pytest.importorskip("fsspec")
    kept = "memory://lab/base"
    base = train(run.training_data(), tiny_config(num_epochs=1), out=kept, progress=False)
    assert repr(base).startswith(f"Run('{kept}': all epochs done; best epoch 1 of 1: ")
    with pytest.raises(UserError, match=f"arrays and {kept} do not fit together"):
        base.infer(friday())
    found = adapt(base, friday(), out="memory://lab/new", settings=FEW, progress=False)
    assert found.trained.data["adapted_from"] == kept
    assert open_run("memory://lab/new").summary == found.summary
    with pytest.raises(OSError, match=r"memory://lab/page.html: it must be a path of this machine"):
        base.report(out="memory://lab/page.html")
