"""What every analysis keeps, ours and those of packages that are installed beside us."""

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import WORDS, Analysis, analysed, lacking
from lfads.checks import UserError
from lfads.parts import parts
from lfads.plots.drawn import drawn
from lfads.results.netcdf import read_netcdf, write_netcdf

NAMES = sorted(parts("analyses"))


@pytest.fixture(params=NAMES)
def named(request) -> tuple[str, Analysis]:
    return request.param, parts("analyses")[request.param].load()()


def test_it_has_the_form_of_one(named):
    _, analysis = named
    assert isinstance(analysis, Analysis)
    assert type(analysis).__doc__
    assert analysis.title
    assert set(analysis.needs) <= set(WORDS)


def test_numbers_are_labelled_and_written(named, tmp_path):
    name, analysis = named
    dataset = recorded()
    posterior = inferred(dataset)
    if lacking(analysis, posterior, dataset.session):
        pytest.skip("needs what a simulation of behaviour has not")
    result = analysed(name, analysis, posterior, dataset.session)
    assert all("units" in of.attrs for of in result.data_vars.values())
    write_netcdf(result, tmp_path / "a.nc")
    xr.testing.assert_allclose(read_netcdf(tmp_path / "a.nc"), result)
    header, *rows = analysis.numbers(result)
    assert rows
    assert all(len(row) == len(header) for row in rows)
    assert analysis.caption(result).endswith(".")
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    assert figure.axes


def test_what_is_missing_is_said_in_words(named):
    name, analysis = named
    dataset = recorded()
    nothing = inferred(dataset).drop_vars(["rates", "factors"])
    if not {"rates", "factors"} & set(analysis.needs):
        pytest.skip("needs neither rates nor factors")
    with pytest.raises(
        UserError, match=f"the analysis `{name}` needs .*, which this result has not"
    ):
        analysed(name, analysis, nothing, dataset.session)


def test_an_analysis_leaves_its_material_alone(named):
    name, analysis = named
    dataset = recorded()
    posterior = inferred(dataset)
    if lacking(analysis, posterior, dataset.session):
        pytest.skip("needs what a simulation of behaviour has not")
    before = posterior.copy(deep=True)
    analysed(name, analysis, posterior, dataset.session)
    xr.testing.assert_identical(posterior, before)
    assert np.isfinite(dataset.session.spikes).all()
