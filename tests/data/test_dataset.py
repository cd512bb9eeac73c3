"""What a data set says of itself."""

import dataclasses
import html

import numpy as np
import pytest
from tests.data.sessions import counts, full_dataset

import lfads
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.formats.table import describe_file


def test_repr_shows_sizes_and_no_arrays():
    text = "Dataset(Session('monday': 10 trials, 6 bins, 4 neurons); 10 ms bins)"
    assert repr(full_dataset()) == text


def test_many_sessions_are_counted():
    session = full_dataset().session
    several = dataclasses.replace(full_dataset(), sessions=(session,) * 5)
    assert repr(several) == "Dataset(5 sessions: 50 trials, 20 neurons; 10 ms bins)"
    assert several._repr_html_().count("10 trials, 6 bins, 4 neurons") == 5


def test_a_notebook_shows_what_the_command_line_prints(tmp_path):
    written = lfads.write(full_dataset(), tmp_path / "data.h5")
    shown = lfads.read(written)._repr_html_()
    for label, value in describe_file(written).rows()[3:]:
        if label not in ("remark", ""):
            assert f">{html.escape(label)}</th>" in shown
            assert f">{html.escape(value)}</td>" in shown


def test_signals_have_a_unit(tmp_path):
    signals = np.random.default_rng(0).normal(3.0, 1.0, (10, 6, 4))
    dataset = Dataset.from_arrays(signals=signals, unit="<dF/F>", bin_width_s=0.01)
    rows = dict(describe_file(lfads.write(dataset, tmp_path / "data.h5")).rows())
    assert rows["unit"] == "<dF/F>"
    assert rows["mean"].endswith(" <dF/F>")
    assert ">&lt;dF/F&gt;</td>" in dataset._repr_html_()


def test_what_there_is_can_be_completed():
    dataset = full_dataset()
    assert "session" in dir(dataset)
    assert "session" not in dir(dataclasses.replace(dataset, sessions=dataset.sessions * 2))
    assert {"spikes", "signals"} & set(dir(dataset.session)) == {"spikes"}
    for name in dir(dataset.session):
        getattr(dataset.session, name)


def test_time_starts_at_the_alignment():
    np.testing.assert_allclose(full_dataset().time_s, -0.2 + 0.01 * np.arange(6))


def test_a_keyword_that_is_not_known_brings_a_suggestion():
    with pytest.raises(UserError, match=r"from_arrays: there is no parameter .*mean `condition`\?"):
        lfads.Dataset.from_arrays(counts(), bin_width_s=0.01, conditions=[1] * 10)  # pyright: ignore[reportCallIssue]
    with pytest.raises(UserError, match=r"2 problems:(.|\n)*`split`\?(.|\n)*`trial_length`\?"):
        lfads.Dataset.from_arrays(counts(), bin_width_s=0.01, splits=1, trial_lengths=1)  # pyright: ignore[reportCallIssue]


def test_one_of_a_thing_is_no_plural():
    one = Dataset.from_arrays(counts(1, 6, 1), bin_width_s=0.01, for_inference=True)
    assert repr(one.session) == "Session('session': 1 trial, 6 bins, 1 neuron)"


def test_several_sessions_have_no_only_one():
    dataset = full_dataset()
    both = dataclasses.replace(dataset, sessions=dataset.sessions * 2)
    with pytest.raises(UserError, match="expected one session; got 2: choose one by name"):
        _ = both.session


def test_take_keeps_what_belongs_to_a_trial():
    session = full_dataset().session
    part = session.take(np.array([8, 2]))
    assert part.trial_length.tolist() == [5, 6]
    assert part.trial_index.tolist() == [1, 7]
    assert part.trial_table["note"].tolist() == ["i", "c"]
    np.testing.assert_array_equal(part.behavior["pupil"], session.behavior["pupil"][[8, 2]])


def test_observed_bins_end_with_the_trial():
    session = full_dataset().session
    assert session.observed is not None
    assert not session.observed_bins()[9, 4:].any()
    np.testing.assert_array_equal(session.observed_bins()[:8], session.observed[:8])
    assert Dataset.from_arrays(counts(), bin_width_s=0.01).session.observed_bins().all()


def test_the_fingerprint_is_of_what_training_sees():
    one = Dataset.from_arrays(counts(), bin_width_s=0.01)
    same = Dataset.from_arrays(counts().astype(float), bin_width_s=0.01, source="elsewhere")
    other = Dataset.from_arrays(counts(), bin_width_s=0.02)
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_the_name_of_one_session_is_not_in_the_fingerprint():
    one = Dataset.from_arrays(counts(), bin_width_s=0.01, name="monday")
    copy = Dataset.from_arrays(counts(), bin_width_s=0.01, name="copy_of_monday")
    assert one.fingerprint() == copy.fingerprint()
    both = dataclasses.replace(one, sessions=(*one.sessions, *copy.sessions))
    assert both.fingerprint() != one.fingerprint()
