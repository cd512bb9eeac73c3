"""Analyses of condition averages: written and read back, of any results that have conditions."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import Analysis, analysed
from lfads.analysis.cis_projection import CisAndRotation
from lfads.analysis.dpca import DPCA
from lfads.analysis.jpca import JPCA
from lfads.analysis.reaction_time import ReactionTime
from lfads.checks import UserError
from lfads.plots.drawn import drawn
from lfads.results.netcdf import read_netcdf, write_netcdf

ANALYSES: dict[str, Analysis] = {
    "jpca": JPCA(num_surrogates=3, num_components=2),
    "dpca": DPCA(num_shuffles=2, num_components=2),
    "reaction_time": ReactionTime(go="go", window_s=(-0.2, 0.3)),
    "cis_and_rotation": CisAndRotation(num_components=2),
}


def conditioned(**given: Any):
    """Forty trials of four conditions, named by text, of unequal numbers."""
    condition = np.array(["up", "down", "left", "right"])[np.minimum(np.arange(40) % 5, 3)]
    times = {"go": np.full(40, 0.25), "rt": 0.3 + 0.01 * (np.arange(40) % 7)}
    return recorded(condition=condition, trial_table=times, **given)


@pytest.mark.parametrize("name", ANALYSES)
def test_what_is_written_is_read_back(name, tmp_path):
    dataset, analysis = conditioned(), ANALYSES[name]
    posterior = inferred(dataset)
    before = posterior.copy(deep=True)
    result = analysed(name, analysis, posterior, dataset.session)
    assert all("units" in of.attrs for of in result.data_vars.values())
    write_netcdf(result, tmp_path / "a.nc")
    xr.testing.assert_allclose(read_netcdf(tmp_path / "a.nc"), result)
    xr.testing.assert_identical(posterior, before)
    header, *rows = analysis.numbers(result)
    assert rows
    assert all(len(row) == len(header) for row in rows)
    assert analysis.caption(result).endswith(".")
    assert drawn(lambda empty: analysis.draw(empty, result), analysis.height_in).axes


@pytest.mark.parametrize("name", ["dpca", "jpca"])
def test_nothing_to_draw_chance_from_is_written_too(name, tmp_path):
    plain: dict[str, Analysis] = {
        "dpca": DPCA(num_shuffles=0, signal="factors", num_components=1),
        "jpca": JPCA(num_surrogates=0, signal="factors", num_components=2),
    }
    dataset = conditioned()
    result = analysed(name, plain[name], inferred(dataset), dataset.session)
    write_netcdf(result, tmp_path / "a.nc")
    xr.testing.assert_allclose(read_netcdf(tmp_path / "a.nc"), result)
    figure = drawn(lambda empty: plain[name].draw(empty, result), plain[name].height_in)
    assert figure.axes


@pytest.mark.parametrize("name", ANALYSES)
def test_constant_rates_are_refused(name):
    """As the baseline `constant` infers them."""
    dataset = conditioned()
    posterior = inferred(dataset)
    posterior["rates"] = posterior["rates"] * 0 + 3.0
    with pytest.raises(
        UserError, match=f"{name}: `rates` of session `.*` are the same in all bins"
    ):
        analysed(name, ANALYSES[name], posterior, dataset.session)


def shared_by_conditions() -> tuple[xr.Dataset, Any]:
    dataset = conditioned()
    posterior = inferred(dataset)
    posterior["rates"] = posterior["rates"] * 0 + posterior["rates"].mean("trial")
    return posterior, dataset.session


@pytest.mark.parametrize("name", ["jpca", "cis_and_rotation"])
def test_rates_that_conditions_share_cannot_turn(name):
    with pytest.raises(UserError, match=f"{name}: averages are the same in all conditions"):
        analysed(name, ANALYSES[name], *shared_by_conditions())


def test_rates_that_conditions_share_are_all_of_time():
    analysis = ANALYSES["dpca"]
    result = analysed("dpca", analysis, *shared_by_conditions())
    np.testing.assert_allclose(result["part_variance"], [1, 0], atol=1e-5)
    figure = drawn(lambda empty: analysis.draw(empty, result), analysis.height_in)
    figure.canvas.draw()
