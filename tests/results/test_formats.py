"""What every format keeps, ours and those of packages that are installed; and what MATLAB would read."""

import numpy as np
import pytest
from scipy.io import loadmat
from tests.results.test_netcdf import posterior_of

from lfads.checks import UserError
from lfads.parts import parts
from lfads.results import Posterior, open_posterior
from lfads.results.mat_contents import readable_names
from lfads.results.writers import Format, FormatOfFiles, format_named, needed_by

NAMES = sorted(name for name in parts("formats") if not needed_by(name))
"""Without those that need a recording: `nwb` has tests of its own."""


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture
def format(name) -> Format:
    return format_named(name)


def several() -> Posterior:
    one = posterior_of().dataset
    return Posterior({"monday": one, "day 2": one.isel(trial=slice(0, 4))})


def test_it_has_the_form_of_one(format):
    assert isinstance(format, Format)
    assert type(format).__doc__
    assert all(suffix.startswith(".") for suffix in format.suffixes)


@pytest.mark.parametrize("make", [posterior_of, several])
def test_it_writes_one_session_or_several_and_knows_its_own(name, format, make, tmp_path):
    path, posterior = tmp_path / f"p{format.suffixes[0]}", make()
    assert posterior.save(path, name) == path
    files = [each for each in (path, *path.rglob("*")) if each.is_file()]
    several = format.files(posterior.sessions) if isinstance(format, FormatOfFiles) else {}
    assert len(files) == max(len(several), 1)
    assert all(map(format.is_own, files))
    posterior.save(path, name)  # an earlier posterior is replaced
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_other_files_are_never_replaced(name, format, tmp_path):
    path = tmp_path / f"recording{format.suffixes[0]}"
    path.write_bytes(b"a recording")
    with pytest.raises(UserError, match="is not a posterior: choose another name"):
        posterior_of().save(path, name)
    assert path.read_bytes() == b"a recording"


def test_a_format_by_name_needs_no_suffix(tmp_path):
    posterior_of().save(tmp_path / "p.dat", format="netcdf")
    assert open_posterior(tmp_path / "p.dat").rates.ndim == 3


def test_unknown_formats_name_those_that_there_are(tmp_path):
    with pytest.raises(UserError, match=r"`.nc` \(netcdf\), .*`.mat` \(mat\)"):
        posterior_of().save(tmp_path / "p.csv")
    with pytest.raises(UserError, match=r"no format `matt`. Did you mean `mat`\?"):
        posterior_of().save(tmp_path / "p.mat", format="matt")


def test_what_matlab_reads(tmp_path):
    posterior = posterior_of()
    name = next(iter(posterior.sessions))
    posterior.save(tmp_path / "p.mat")
    whole = loadmat(tmp_path / "p.mat", simplify_cells=True)["posterior"]
    found = whole[readable_names([name])[name]]
    np.testing.assert_array_equal(found["rates_hz"], posterior.rates.values.T)
    assert found["axes"]["rates_hz"].tolist() == ["neuron", "time", "trial"]
    assert found["units"]["rates_hz"] == "spikes/s"
    assert found["names"]["time_s"] == "time"
    assert found["trial_index"].tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]  # counted from 1
    assert found["counted_from_1"] == "trial_index"
    assert found["attributes"]["first_bin"] == posterior.dataset.attrs["first_bin"] + 1
    assert found["split"].tolist() == posterior.dataset["split"].values.tolist()
    assert found["area"].tolist() == ["M1", "M1", "PMd", "M1"]
    assert found["note"].tolist() == list("abcdefghié")
    assert found["attributes"]["bin_width_s"] == posterior.dataset.attrs["bin_width_s"]
    assert found["attributes"]["observation"] == "poisson"


def test_several_sessions_are_a_struct_each(tmp_path):
    several().save(tmp_path / "p.mat")
    whole = loadmat(tmp_path / "p.mat", simplify_cells=True)["posterior"]
    assert whole["session_names"].tolist() == ["monday", "day 2"]
    assert whole["monday"]["rates_hz"].shape[2] == 10
    assert whole["day_2"]["rates_hz"].shape[2] == 4


def test_names_that_matlab_has():
    long = "behavior_" + "a" * 60
    found = readable_names([long, f"{long}b", "größe", "end!"])
    assert all(len(name) <= 63 and name.isidentifier() for name in found.values())
    assert len(set(found.values())) == 4


def test_arrays_that_a_mat_file_cannot_hold(tmp_path, monkeypatch):
    monkeypatch.setattr("lfads.results.mat._MOST_BYTES", 10)
    with pytest.raises(UserError, match=r"a .mat file of version 5 holds 2 GiB an array"):
        posterior_of().save(tmp_path / "p.mat")
    assert not list(tmp_path.iterdir())
