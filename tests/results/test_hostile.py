"""Posteriors and merged results that are damaged or mean harm: one message, as of data files."""

import contextlib
import random
import warnings

import h5py
import numpy as np
import pytest
import xarray as xr

import lfads
from lfads.checks import UserError
from lfads.results import Posterior, open_posterior
from lfads.results.mat import Mat
from lfads.results.netcdf import FORMAT_VERSION, format_of, write_netcdf
from lfads.windows.merge import open_continuous


def results(form="lfads posterior"):
    return xr.Dataset(
        {"rates": (("trial", "time", "neuron"), np.ones((4, 5, 3)), {"units": "spikes/s"})},
        coords={"split": ("trial", np.array(["train"] * 4))},
        attrs={"format": form, "format_version": FORMAT_VERSION, "session": "monday"},
    )


@pytest.fixture
def path(tmp_path):
    return Posterior({"monday": results()}).save(tmp_path / "p.nc")


def changed(path, change):
    with h5py.File(path, "a") as file:
        change(file)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.__setitem__("x", h5py.ExternalLink("other.h5", "/x")), "link to another file"),
        (lambda f: f.__setitem__("x", h5py.SoftLink("/x")), "cannot be read as NetCDF"),
        (lambda f: f.__setitem__("t", np.dtype("i4")), "cannot be read as NetCDF"),
        (
            lambda f: f.create_dataset("x", (40, 2**30), "u1", chunks=(1, 2**20)),
            r"`x` of shape .* would take about .* infer fewer trials",
        ),
        (lambda f: f["rates"].attrs.__setitem__("coordinates", 5), "cannot be read as NetCDF"),
        (lambda f: f.attrs.__setitem__("session", 5), "does not say whose results it holds"),
        (lambda f: f.attrs.__setitem__("format", [1, 2]), "is NetCDF but not a posterior"),
        (lambda f: f.attrs.__setitem__("format_version", [2, 2]), "has version .* of its format"),
    ],
)
def test_what_does_harm_is_refused(change, message, path):
    with pytest.raises(UserError, match=message):
        open_posterior(changed(path, change))


def test_a_session_that_is_not_there(tmp_path):
    both = {name: results().assign_attrs(session=name) for name in ("a", "b")}
    path = Posterior(both).save(tmp_path / "p.nc")
    assert list(open_posterior(path).sessions) == ["a", "b"]
    with pytest.raises(UserError, match="there is no session `b`"):
        open_posterior(changed(path, lambda file: file.__delitem__("b")))


def test_changed_bits_end_in_a_message(path):
    whole, rng = path.read_bytes(), random.Random(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(60):
            bits = bytearray(whole)
            bits[rng.randrange(len(bits))] ^= 1 << rng.randrange(8)
            path.write_bytes(bits)
            with contextlib.suppress(UserError):
                open_posterior(path)
            format_of(path)


def test_merged_results_are_guarded_alike(tmp_path):
    path = tmp_path / "continuous.nc"
    write_netcdf(results("lfads continuous"), path)
    assert "rates" in open_continuous(path)
    link = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(UserError, match="link to another file"):
        open_continuous(changed(path, lambda file: file.__setitem__("x", link)))


def test_damaged_mat_files_are_no_posteriors(tmp_path):
    path = Posterior({"monday": results()}).save(tmp_path / "p.mat")
    whole = path.read_bytes()
    assert Mat().is_own(path)
    for content in (whole[:130], whole[:160], b"", whole[:140] + bytes(200), b"\x00" * 500):
        path.write_bytes(content)
        assert not Mat().is_own(path)
    with pytest.raises(lfads.UserError, match="is not a posterior"):
        Posterior({"monday": results()}).save(path)
