"""Results as NetCDF: what is written is read, and other files are refused."""

import h5py
import numpy as np
import pytest
import xarray as xr

from lfads.checks import UserError
from lfads.results import Posterior, open_posterior


def session(name, num_trials=3):
    rates = np.random.default_rng(0).random((num_trials, 4, 2), np.float32)
    return xr.Dataset(
        {"rates": (("trial", "time", "neuron"), rates)},
        {"time": np.arange(4) * 0.01, "split": ("trial", ["train"] * num_trials)},
        {"format": "lfads posterior", "format_version": 2, "session": name},
    )


def test_one_session_at_the_root(tmp_path):
    posterior = Posterior({"monday": session("monday")})
    posterior.save(tmp_path / "p.nc")
    again = open_posterior(tmp_path / "p.nc")
    assert list(again.sessions) == ["monday"]
    xr.testing.assert_identical(again.dataset, posterior.dataset)
    np.testing.assert_array_equal(again.rates, posterior.rates)
    with h5py.File(tmp_path / "p.nc") as file:  # as MATLAB's h5read sees it
        np.testing.assert_array_equal(file["rates"][:], posterior.rates)  # pyright: ignore[reportIndexIssue]


def test_several_sessions_in_groups(tmp_path):
    posterior = Posterior({"a": session("a"), "b": session("b", 5)})
    posterior.save(tmp_path / "p.nc")
    again = open_posterior(tmp_path / "p.nc")
    assert {k: v.sizes["trial"] for k, v in again.sessions.items()} == {"a": 3, "b": 5}
    with pytest.raises(UserError, match="several sessions: choose one of a, b"):
        again.rates  # noqa: B018


def test_what_there_is_can_be_completed():
    one = Posterior({"monday": session("monday")})
    assert {"rates", "time", "split", "dataset", "save"} <= set(dir(one))
    several = dir(Posterior({"a": session("a"), "b": session("b")}))
    assert not {"rates", "dataset"} & set(several)


def test_a_posterior_says_what_it_is_of():
    several = Posterior({f"<{name}>": session(name) for name in "ab"})
    sizes = "3 trials, 4 bins, 2 neurons"
    assert repr(several) == f"Posterior('<a>': {sizes}; '<b>': {sizes}; rates)"
    shown = several._repr_html_()
    assert "3 trial × 4 time × 2 neuron" in shown
    assert "&lt;a&gt;" in shown
    assert "<a>" not in shown
    many = Posterior({str(k): session(str(k)) for k in range(9)})
    assert "6 more sessions; rates)" in repr(many)
    assert many._repr_html_().count(sizes) == 9


def test_another_file_is_replaced_where_it_is_asked_for(tmp_path):
    path = tmp_path / "p.nc"
    path.write_text("precious")
    posterior = Posterior({"a": session("a")})
    with pytest.raises(UserError, match=r"is not a posterior: .*`overwrite=True`"):
        posterior.save(path)
    assert open_posterior(posterior.save(path, overwrite=True)).sessions.keys() == {"a"}


def test_a_recording_is_never_replaced(tmp_path):
    posterior = Posterior({"a": session("a")})
    np.savez(tmp_path / "recording.npz", spikes=np.ones((2, 3, 4)))
    before = (tmp_path / "recording.npz").read_bytes()
    with pytest.raises(UserError, match=r"no format of results has the suffix `.npz`"):
        posterior.save(tmp_path / "recording.npz")
    assert (tmp_path / "recording.npz").read_bytes() == before
    posterior.save(tmp_path / "p.nc")
    posterior.save(tmp_path / "p.nc")


def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="no `rate` in this posterior"):
        Posterior({"a": session("a")}).rate  # noqa: B018


def test_files_that_are_not_posteriors(tmp_path):
    with pytest.raises(UserError, match=r"there is no posterior; `run\.infer` makes one"):
        open_posterior(tmp_path / "p.nc")
    (tmp_path / "p.nc").write_text("text")
    with pytest.raises(UserError, match="cannot be read as NetCDF"):
        open_posterior(tmp_path / "p.nc")
    session("a").assign_attrs(format="other").to_netcdf(tmp_path / "q.nc", engine="h5netcdf")
    with pytest.raises(UserError, match="not a posterior written by"):
        open_posterior(tmp_path / "q.nc")
