"""The rules of layout: names of columns, text, kinds of numbers, versions."""

import dataclasses
import re

import h5py
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from tests.data.sessions import full_dataset

from lfads.checks import UserError
from lfads.data.session import Session
from lfads.inference.averages import PosteriorArrays, Sample
from lfads.inference.labels import labelled
from lfads.results import Posterior, open_posterior
from lfads.results.netcdf import Names
from lfads.results.posterior import RESERVED
from lfads.windows.merge import open_continuous

NUM_TRIALS, NUM_NEURONS, FIRST_BIN = 10, 4, 2


def posterior_of(**changes) -> Posterior:
    """A posterior of a session with every field, and what is changed."""
    dataset = full_dataset()
    session: Session = dataclasses.replace(dataset.session, **changes)
    cut = session.spikes[:, FIRST_BIN:]
    state = jnp.ones((NUM_TRIALS, 2))
    series = jnp.zeros((*cut.shape[:2], 3))
    sample = Sample(jnp.asarray(cut, jnp.float32), series, None, state, None, {})
    arrays = PosteriorArrays(sample, sample, state, state)
    found = labelled(arrays, session, dataset, first_bin=FIRST_BIN, attributes={"seed": 0})
    return Posterior({session.name: found})


def test_columns_and_behavior_travel_with_the_results(tmp_path):
    session = full_dataset().session
    posterior = posterior_of()
    again = open_posterior(posterior.save(tmp_path / "p.nc")).dataset
    xr.testing.assert_identical(again, posterior.dataset)
    assert again["area"].dims == ("neuron",)
    assert again["area"].values.tolist() == ["M1", "M1", "PMd", "M1"]
    np.testing.assert_array_equal(again["depth"], session.neuron_table["depth"])
    assert again["success"].dims == ("trial",)
    assert again["success"].dtype == bool
    assert again["note"].values.tolist() == list("abcdefghié")
    assert again["behavior_hand_vel"].dims == ("trial", "time", "behavior_hand_vel_channel")
    assert again["behavior_pupil"].sizes["behavior_pupil_channel"] == 1
    for trial, length in enumerate(session.trial_length):
        recorded = session.behavior["hand_vel"][trial, FIRST_BIN:length]
        np.testing.assert_array_equal(again["behavior_hand_vel"][trial, : len(recorded)], recorded)
        assert np.isnan(again["behavior_hand_vel"][trial, len(recorded) :]).all()
    assert "inferred_inputs" not in again
    assert "inferred_input_prior_std" not in again
    assert again.attrs["format_version"] == 2
    assert again.attrs["observation"] == "poisson"
    assert again["generator_initial_state_std"].dims == ("trial", "unit")


def test_several_sessions_are_groups_and_nothing_lies_at_the_root(tmp_path):
    one = posterior_of(name="monday")
    both = Posterior({**one.sessions, "tuesday": posterior_of(name="tuesday").dataset})
    path = both.save(tmp_path / "p.nc")
    again = open_posterior(path)
    for name, session in both.sessions.items():
        xr.testing.assert_identical(again.sessions[name], session)
    with h5py.File(path) as file:
        assert set(file) == {"monday", "tuesday"}
        assert np.asarray(file.attrs["sessions"]).tolist() == ["monday", "tuesday"]
        assert np.ravel(np.asarray(file.attrs["format_version"])).tolist() == [
            2
        ]  # h5netcdf 1.4 writes a number


def test_text_is_fixed_length_characters_that_every_reader_knows(tmp_path):
    path = posterior_of().save(tmp_path / "p.nc")
    with h5py.File(path) as file:
        for name in ("split", "condition", "note", "name", "area"):
            assert file[name].dtype == "S1", name  # pyright: ignore[reportAttributeAccessIssue]
        rows = np.asarray(file["note"])
    assert [row.tobytes().rstrip(b"\0").decode() for row in rows] == list("abcdefghié")
    with xr.open_dataset(path, engine="h5netcdf") as plain:
        assert plain["split"].values[0] == "train"


def test_names_that_are_taken_get_a_prefix(tmp_path):
    taken = ("rates", "time", "split", "condition", "neuron", "name", "inferred_inputs_std")
    posterior = posterior_of(
        trial_table={name: np.arange(NUM_TRIALS) for name in taken},
        neuron_table={"held_out": np.arange(4), "area": np.array(["a", "b", "", "c"])},
        behavior={"rates": np.zeros((NUM_TRIALS, 6)), "a b": np.ones((NUM_TRIALS, 6, 2, 3))},
    )
    again = open_posterior(posterior.save(tmp_path / "p.nc")).dataset
    for name in taken:
        assert again[f"trial_{name}"].dims == ("trial",)
        assert again[f"trial_{name}"].attrs["long_name"] == name
    assert again["unit_held_out"].values.tolist() == [0, 1, 2, 3]
    assert again["held_out"].values.tolist() == [0, 0, 0, 1]
    assert again["area"].values.tolist() == ["a", "b", "", "c"]
    assert again["rates"].dims == ("trial", "time", "neuron")
    assert again["behavior_rates"].shape == (NUM_TRIALS, 4, 1)
    assert again["behavior_a_b"].dims[2:] == ("behavior_a_b_channel", "behavior_a_b_channel_2")
    assert again["behavior_a_b"].attrs["long_name"] == "a b"


def test_what_both_trials_and_neurons_have_is_told_apart():
    posterior = posterior_of(
        trial_table={"quality": np.arange(NUM_TRIALS)},
        neuron_table={"quality": np.arange(NUM_NEURONS), "half": np.ones(4, np.float16)},
    )
    assert posterior.dataset["quality"].dims == ("trial",)
    assert posterior.dataset["unit_quality"].dims == ("neuron",)
    assert posterior.dataset["half"].dtype == np.float32


@given(st.lists(st.text(min_size=1), max_size=8), st.sampled_from(["trial", "unit"]))
def test_every_name_is_allowed_and_given_once(columns, prefix):
    names = Names(RESERVED)
    given_names = [names.free(name, prefix) for name in [*columns, "rates", "time"]]
    assert len(set(given_names)) == len(given_names)
    assert not set(given_names) & set(RESERVED)
    assert all(re.fullmatch(r"\w[\w.+@-]*", name) for name in given_names)


@pytest.mark.parametrize("version", [None, 1, 3])
def test_files_of_another_version_are_refused(tmp_path, version):
    for form, opened in (("posterior", open_posterior), ("continuous", open_continuous)):
        about = {"format": f"lfads {form}"} | (
            {} if version is None else {"format_version": version}
        )
        path = tmp_path / f"{form}.nc"
        xr.Dataset({"rates": ("time", np.ones(3))}, attrs=about).to_netcdf(path, engine="h5netcdf")
        message = (
            rf"has version {version or 1} of its format; this is lfads .*, which reads version 2\. "
            f"{'A newer lfads wrote it' if version == 3 else 'Infer again'}"
        )
        with pytest.raises(UserError, match=message):
            opened(path)
