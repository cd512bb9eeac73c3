"""A search in its folder: members equal models trained alone, and a stop changes nothing."""

import dataclasses
import json
import os
import shutil
import signal
from unittest import mock

import numpy as np
import pytest
from tests.search.small_search import config, searched
from tests.search.trackers import AfterEach
from tests.small import tiny_config, tiny_dataset

from lfads.checks import UserError
from lfads.config import RunConfig, SearchRange
from lfads.inference.averages import infer
from lfads.inference.error_bars import error_of_average, with_error, with_rates_of
from lfads.inference.rate_error import USUAL
from lfads.runs.places import open_run
from lfads.runs.rate_errors import kl_weights_of
from lfads.runs.train import search_population, train
from lfads.search import search_run
from lfads.search.ensemble import other_members
from lfads.search.record import lineage_of, read_population, write_population
from lfads.search.resolve import resolve_search
from lfads.search.search_run import search_in_folder
from lfads.training.checkpoint import read_header
from lfads.training.folder import open_trained, stored_config
from lfads.training.loop import Diverged
from lfads.training.sharding import make_mesh
from lfads.training.tracking import read_metrics
from lfads.training.trials import trials_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A search that was never stopped."""
    folder = tmp_path_factory.mktemp("searches") / "whole"
    searched(folder)
    return folder


def arrays_of(path):
    with np.load(path) as archive:
        return {k: archive[k] for k in archive.files if k != "header.json"}


def test_it_leaves_the_documented_files(whole):
    names = {str(p.relative_to(whole)) for p in whole.rglob("*") if p.is_file()}
    assert names == {
        "config.toml", "population.csv", "epochs.jsonl", "summary.json", "checkpoints/last.npz",
        "best/config.toml", "best/metrics.jsonl", "best/summary.json",
        "best/checkpoints/best.npz", "best/checkpoints/last.npz",
    }  # fmt: skip
    rows = read_population(whole / "population.csv")
    assert [(r.generation, r.member) for r in rows] == [(g, m) for g in (1, 2, 3) for m in range(3)]
    assert [r.epoch for r in rows[::3]] == [3, 5, 7]
    summary = json.loads((whole / "summary.json").read_text())
    assert summary["stopped_by"] == "num_generations"
    assert summary["best"]["score"] == min(r.score for r in rows)


def test_a_member_equals_the_same_model_trained_alone(tmp_path):
    """Within rounding, up to its first replacement: order, noise and first weights are its own."""
    folder = tmp_path / "search"
    searched(folder, num_generations=1)
    best = stored_config(folder / "best")
    alone = train(tiny_dataset(), best, out=tmp_path / "alone", progress=False)
    pairs = zip(read_metrics(folder / "best/metrics.jsonl"), alone.metrics, strict=True)
    for one, other in pairs:
        one, other = (
            {k: v for k, v in r.items() if k != "seconds" and v is not None} for r in (one, other)
        )
        assert one == pytest.approx(other, rel=1e-6)
    one = arrays_of(folder / "best/checkpoints/last.npz")
    other = arrays_of(tmp_path / "alone/checkpoints/last.npz")
    for name in one:
        if name.startswith("state/"):
            np.testing.assert_allclose(one[name], other[name], 1e-4, 1e-6, err_msg=name)


def test_a_search_keeps_the_best_epoch_as_a_training_does(tmp_path):
    """Few trials and long training: the best epoch comes long before the last."""
    space = {"learning_rate": SearchRange(low=0.01, high=0.2, start=0.2)}
    found = searched(
        tmp_path / "search", population=1, num_generations=2, epochs_per_generation=30, space=space
    )
    own = stored_config(tmp_path / "search" / "best")
    alone = train(tiny_dataset(), own, out=tmp_path / "alone", progress=False)
    last = found.rows[-1].generation * 30 + 1
    assert found.best.epoch == alone.summary["best_epoch"] < last
    ours, theirs = (
        arrays_of(tmp_path / f / "checkpoints/best.npz") for f in ("search/best", "alone")
    )
    for name in set(ours) - {"header.json"}:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-5, atol=1e-7, err_msg=name)


def test_checkpoints_without_best_weights_are_refused(whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    checkpoint = folder / "checkpoints" / "last.npz"
    older = {k: v for k, v in arrays_of(checkpoint).items() if not k.startswith("population/kept")}
    with np.load(checkpoint) as archive:
        older["header.json"] = archive["header.json"]
    with checkpoint.open("wb") as file:
        np.savez(file, **older)
    with pytest.raises(UserError, match="has no `population/kept/average"):
        other_members(folder / "best", 2)
    with pytest.raises(UserError, match=r"has no `population/kept/.* belongs to other settings"):
        searched(folder, resume=True, num_generations=4)


def test_members_side_by_side_equal_members_in_turn(whole, tmp_path):
    """`vmap`, as on a GPU; three members on two devices leave one place empty."""
    searched(tmp_path / "run", num_generations=1, population=4, members_at_once=2)
    searched(tmp_path / "turns", num_generations=1, population=4, members_at_once=1)
    for one, other in zip(
        read_population(tmp_path / "run/population.csv"),
        read_population(tmp_path / "turns/population.csv"),
        strict=True,
    ):
        assert one.score == pytest.approx(other.score, rel=1e-5)
    three = [r for r in read_population(whole / "population.csv") if r.generation == 1]
    four = read_population(tmp_path / "turns/population.csv")
    assert three[0].score != four[0].score  # other first values are drawn for other populations


def test_results_of_a_former_best_do_not_stay_beside_a_new_one(tmp_path):
    folder = tmp_path / "run"
    first = searched(folder, num_generations=1).best
    (folder / "best" / "scores.json").write_text("{}")
    searched(folder, resume=True, num_generations=1)
    assert (folder / "best" / "scores.json").exists()  # nothing changed
    (folder / "best" / "notes.txt").write_text("mine")
    second = searched(folder, resume=True, num_generations=2).best
    assert second.score < first.score
    assert not (folder / "best" / "scores.json").exists()
    assert (folder / "best" / "notes.txt").exists()


def test_a_resumed_search_equals_one_never_stopped(whole, tmp_path):
    def interrupt(generation):
        if generation == 1:  # as Ctrl-C does
            os.kill(os.getpid(), signal.SIGINT)

    folder = tmp_path / "run"
    assert searched(folder, trackers=[AfterEach(interrupt)]).stopped_by == "interrupted"
    assert read_header(folder / "checkpoints/last.npz")["generation"] == 1
    with (folder / "epochs.jsonl").open("a") as file:  # as if killed in the second generation
        file.write(json.dumps({"member": 0, "epoch": 4, "train_nll": 9.0}) + "\n")
    assert searched(folder, resume=True).stopped_by == "num_generations"
    assert (folder / "population.csv").read_bytes() == (whole / "population.csv").read_bytes()
    one, other = (arrays_of(f / "checkpoints/last.npz") for f in (folder, whole))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)

    def epochs(path):
        return [{k: v for k, v in r.items() if k != "seconds"} for r in read_metrics(path)]

    assert epochs(folder / "epochs.jsonl") == epochs(whole / "epochs.jsonl")
    assert epochs(folder / "best/metrics.jsonl") == epochs(whole / "best/metrics.jsonl")


def test_tables_left_behind_by_a_kill_are_mended(whole, tmp_path):
    """The checkpoint is written before the tables; a kill in between leaves older ones."""
    folder, csv = tmp_path / "run", "population.csv"
    shutil.copytree(whole, folder)
    rows = read_population(whole / csv)
    write_population(folder / csv, [row for row in rows if row.generation < 3])
    with pytest.raises(UserError, match="`resume=True` mends it"):
        open_run(folder).infer(tiny_dataset(), ensemble=2)
    last_is_best = min(rows, key=lambda r: r.score).generation == 3
    if last_is_best:
        shutil.rmtree(folder / "best")
    searched(folder, resume=True)
    assert (folder / csv).read_bytes() == (whole / csv).read_bytes()
    one, other = (arrays_of(f / "best/checkpoints/best.npz") for f in (folder, whole))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_more_generations_go_on_as_if_planned(whole, tmp_path):
    searched(tmp_path / "run", num_generations=2)
    searched(tmp_path / "run", resume=True, num_generations=3)
    csv = "population.csv"
    assert (tmp_path / "run" / csv).read_bytes() == (whole / csv).read_bytes()


def test_the_best_member_is_a_run(whole):
    run = open_run(whole)
    assert run.folder == whole / "best"
    rows = read_population(whole / "population.csv")
    best = min(rows, key=lambda r: r.score)
    assert run.config.hyperparameters.learning_rate == best.hyperparameters["learning_rate"]
    lineage = lineage_of(rows, best.generation, best.member)
    assert list(lineage) == list(range(1, best.generation + 1))
    metrics = run.metrics
    assert [r["epoch"] for r in metrics] == list(range(1, 1 + 1 + 2 * best.generation))
    assert run.summary["best_epoch"] == best.epoch
    assert metrics[best.epoch - 1]["valid_smoothed"] == best.score
    assert metrics[best.epoch - 1]["valid_nll"] == best.valid_nll
    assert metrics[-1]["valid_smoothed"] == best.final_score
    rates = [r["learning_rate"] for r in metrics]
    for generation, member in lineage.items():
        row = next(r for r in rows if (r.generation, r.member) == (generation, member))
        assert rates[row.epoch - 1] == pytest.approx(row.hyperparameters["learning_rate"])
    posterior = run.infer(tiny_dataset(), num_samples=2)
    assert posterior.dataset["rates"].shape == (12, 9, 4)
    assert open_trained(whole / "best").data["fingerprint"] == tiny_dataset().fingerprint()


def test_only_budgets_may_change(whole):
    with pytest.raises(UserError, match=r"\[search\] population was 3 in the run and is 2 now"):
        searched(whole, resume=True, population=2)
    with pytest.raises(UserError, match="already holds a run"):
        searched(whole)


def test_a_population_without_a_finite_score_says_why(tmp_path):
    space = {"learning_rate": SearchRange(low=1e30, high=1e33)}
    with pytest.raises(Diverged, match="learning rate that is too high"):
        searched(tmp_path / "run", space=space)


def test_a_plateau_is_refused(tmp_path):
    plateau = dataclasses.replace(
        config(), training=dataclasses.replace(config().training, learning_rate_schedule="plateau")
    )
    with pytest.raises(UserError, match="plateau"):
        search_population(tiny_dataset(), plateau, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_a_search_goes_on_with_the_population_it_had(whole, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    more = {"search": {"num_generations": 4}}
    with mock.patch.object(search_run, "LocalEngine", wraps=search_run.LocalEngine) as engine:
        search_in_folder(tiny_dataset(), RunConfig(), folder, resume=True, given=more)
    assert engine.call_args.args[3] == 3
    assert max(row.generation for row in read_population(folder / "population.csv")) == 4


def test_an_ensemble_averages_rates_and_nothing_else(whole):
    run, dataset = open_run(whole), tiny_dataset()
    best = run.infer(dataset, num_samples=2).dataset
    both = run.infer(dataset, num_samples=2, ensemble=2).dataset
    assert both.attrs["ensemble"] == 2
    other = other_members(run.folder, 1)[0]
    assert other.config.hyperparameters != run.config.hyperparameters  # each has its own weights
    given = trials_of(dataset.session)

    def alone(member):
        weights = kl_weights_of(member)
        return infer(member.model, given, make_mesh(1), num_samples=2, kl_weights=weights)

    members = [alone(run.trained), alone(other)]
    rates = (best["rates"].values + members[1].mean.rates / 0.02) / 2
    np.testing.assert_allclose(both["rates"].values, rates, rtol=1e-4)
    error = error_of_average(USUAL, members)
    together = with_error(with_rates_of(members[0], members[1:]), error)
    np.testing.assert_allclose(both["rates_std"].values, together.std.rates / 0.02, rtol=1e-3)
    assert both.attrs["rates_std_times"] == pytest.approx(error.times, rel=1e-4)
    for name in ("factors", "inferred_inputs", "initial_condition_mean"):
        np.testing.assert_array_equal(both[name].values, best[name].values)
    with pytest.raises(UserError, match="at most 3 members; got 9"):
        run.infer(dataset, num_samples=2, ensemble=9)


def test_an_ensemble_needs_a_search(tmp_path):
    run = train(tiny_dataset(), tiny_config(num_epochs=1), out=tmp_path / "run", progress=False)
    with pytest.raises(UserError, match="is a single run"):
        run.infer(ensemble=2)


def test_a_value_of_what_is_searched_is_said_to_be_idle():
    given = config(num_generations=1)
    slow = dataclasses.replace(given.hyperparameters, learning_rate=1e-3, dropout_rate=0.3)
    said = (
        r"learning_rate = 0\.001, dropout_rate = 0\.3: the search does not begin there, .* "
        r"\[search\.space\.learning_rate\] `start`"
    )
    with pytest.warns(UserWarning, match=said):
        resolve_search(dataclasses.replace(given, hyperparameters=slow), tiny_dataset())
