"""`lfads infer` on windows of a continuous recording writes merged results, too."""

import dataclasses
import json

import numpy as np
import pytest
from tests.small import flags

import lfads
from lfads.cli.main import run


def command(*words):
    return run([str(word) for word in words])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    counts = np.random.default_rng(0).poisson(0.5, (2, 65, 4))
    dataset = lfads.chop(
        list(counts), bin_width_s=0.02, window_bins=9, overlap_bins=3, piece_starts_s=[0.0, 50.0]
    )
    lfads.write(dataset, folder / "chopped.h5")
    assert (
        command("train", folder / "chopped.h5", "--out", folder / "run", *flags(num_epochs=1)) == 0
    )
    return folder / "run"


def test_merged_results_lie_beside_the_posterior(trained, tmp_path, capsys):
    assert command("infer", trained, "--num-samples", 2) == 0
    assert "continuous.nc: the same, merged over overlapping windows" in capsys.readouterr().out
    merged = lfads.open_continuous(trained / "continuous.nc")
    assert dict(merged.sizes) == {"time": 130, "neuron": 4, "factor": 2, "input": 1}
    assert np.isfinite(merged.inferred_inputs_std).all()
    assert float(merged.time[65]) == 50.0
    assert command("infer", trained, "--num-samples", 2, "--out", tmp_path / "a.nc", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["continuous"] == str(tmp_path / "a.continuous.nc")
    np.testing.assert_array_equal(lfads.open_continuous(answer["continuous"]).rates, merged.rates)


def test_another_file_there_is_not_replaced(trained, tmp_path, capsys):
    (tmp_path / "a.continuous.nc").write_text("mine")
    assert command("infer", trained, "--num-samples", 2, "--out", tmp_path / "a.nc") == 2
    assert "a.continuous.nc exists already" in capsys.readouterr().err
    assert (tmp_path / "a.continuous.nc").read_text() == "mine"
    assert not (tmp_path / "a.nc").exists()


def widened_by_hand(session, bins):
    """Trials of the recording's bins around each window, and where the window begins in each."""
    pieces = {}
    columns = [session.trial_table[f"chop_{n}"] for n in ("piece", "piece_bins", "start_bin")]
    for counts, piece, number, start in zip(session.spikes, *columns, strict=True):
        whole = pieces.setdefault(piece, np.zeros((number, 4), int))
        whole[start : start + 9] = counts
    wide = np.zeros((session.num_trials, 9 + 2 * bins, 4), int)
    length, first = [], []
    for trial, (piece, _, start) in enumerate(zip(*columns, strict=True)):
        there = pieces[piece][max(0, start - bins) : start + 9 + bins]
        wide[trial, : len(there)] = there
        length.append(len(there))
        first.append(min(start, bins))
    return wide, np.array(length), np.array(first)


def test_windows_are_inferred_with_the_bins_around_them(trained):
    made = lfads.Run(trained)
    session = made.training_data().session
    found = made.infer(context_bins=3, num_samples=2).dataset
    assert found.attrs["context_bins"] == 3
    wide, length, first = widened_by_hand(session, 3)
    whole = lfads.Dataset.from_arrays(wide, bin_width_s=0.02, trial_length=length)
    expected = made.infer(whole, num_samples=2).dataset
    assert "context_bins" not in expected.attrs
    for name in ("rates", "factors", "factors_std", "inferred_inputs"):
        for trial, begin in enumerate(first):
            np.testing.assert_allclose(
                found[name][trial], expected[name][trial, begin : begin + 9], rtol=1e-5, atol=1e-6
            )
    np.testing.assert_allclose(found.initial_condition_mean, expected.initial_condition_mean)


def test_the_generator_goes_on_from_its_initial_state_in_every_window(trained):
    made = lfads.Run(trained)
    session = made.training_data().session
    found = made.infer(generator_states=True, context_bins=3, num_samples=2).dataset
    wide, length, first = widened_by_hand(session, 3)
    whole = lfads.Dataset.from_arrays(wide, bin_width_s=0.02, trial_length=length)
    expected = made.infer(whole, generator_states=True, num_samples=2).dataset
    for trial, begin in enumerate(first):
        before = expected.generator_states[trial, begin - 1] if begin else None
        start = expected.generator_initial_state[trial] if before is None else before
        np.testing.assert_allclose(
            found.generator_initial_state[trial], start, rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(
            found.generator_states[trial],
            expected.generator_states[trial, begin : begin + 9],
            rtol=1e-5,
            atol=1e-6,
        )
    assert "generator_states" not in made.infer(context_bins=3, num_samples=2).dataset


def test_bins_around_that_are_not_there_are_said(trained):
    made = lfads.Run(trained)
    session = made.training_data().session
    trials = lfads.Dataset.from_arrays(session.spikes, bin_width_s=0.02)
    with pytest.warns(
        UserWarning, match="`context_bins=2` changes nothing for session: its trials"
    ):
        assert "context_bins" not in made.infer(trials, context_bins=2, num_samples=2).dataset.attrs


def test_a_fifth_of_a_window_is_the_default_and_0_is_none(trained, tmp_path, capsys):
    words = ("infer", trained, "--num-samples", 2, "--out")
    assert command(*words, tmp_path / "a.nc") == 0
    assert command(*words, tmp_path / "b.nc", "--context-bins", 1) == 0
    assert command(*words, tmp_path / "c.nc", "--context-bins", 0) == 0
    usual, one, none = (lfads.open_posterior(tmp_path / f"{n}.nc").dataset for n in "abc")
    np.testing.assert_array_equal(usual.rates, one.rates)
    assert (usual.attrs["context_bins"], one.attrs["context_bins"]) == (1, 1)
    assert "context_bins" not in none.attrs
    assert np.abs(none.rates - one.rates).max() > 1e-3
    capsys.readouterr()
    assert command(*words, tmp_path / "d.nc", "--context-bins", -1) == 2
    assert "`--context-bins` must be a whole number from 0" in capsys.readouterr().err


def test_windows_that_were_changed_are_inferred_alone_and_said(trained):
    made = lfads.Run(trained)
    data = made.training_data()
    values = data.session.spikes.copy()
    values[1, 0] += 1
    changed = dataclasses.replace(
        data, sessions=(dataclasses.replace(data.session, values=values),)
    )
    with pytest.warns(UserWarning, match="do not agree where they overlap"):
        found = made.infer(changed, num_samples=2).dataset
    assert "context_bins" not in found.attrs


def test_windows_between_blocks_are_inferred_and_not_scored(trained, capsys):
    session = lfads.Run(trained).training_data().session
    assert session.of_split("test").any()
    assert command("evaluate", trained, "--num-samples", 2, "--json") == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    assert set(splits) == {"train", "valid"}
    assert splits["valid"]["num_trials"] == session.of_split("valid").sum()
