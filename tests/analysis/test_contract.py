"""What every analysis keeps, ours and those of packages that are installed beside us."""

import numpy as np
import pytest
import xarray as xr
from tests.analysis.networks import inferred_by, network_for
from tests.analysis.results import inferred, recorded

from lfads.analysis.analysis import (
    WORDS,
    Analysis,
    AnalysisOfNetwork,
    AnalysisOfSessions,
    AnyAnalysis,
    analysed,
    analysed_network,
    analysed_together,
    is_for_report,
    lacking_in_any,
)
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.parts import parts
from lfads.plots.drawn import drawn
from lfads.results.netcdf import read_netcdf, write_netcdf

NAMES = sorted(parts("analyses"))


@pytest.fixture(params=NAMES)
def named(request) -> tuple[str, AnyAnalysis]:
    return request.param, parts("analyses")[request.param].load()()


def material(analysis: AnyAnalysis) -> tuple[dict[str, xr.Dataset], dict[str, Session]]:
    """Results and data of one session, or of two, with conditions, events and held-out neurons."""
    condition = np.array(["left", "up", "right", "down"])[np.arange(40) % 4]
    events = {"reaction_time": 0.2 + 0.001 * (np.arange(40) % 7)}
    number = 2 if isinstance(analysis, AnalysisOfSessions) else 1
    datasets = [
        recorded(
            seed=seed, condition=condition, held_out_neurons=[4, 5], start_s=-0.2,
            trial_table=events,
        )
        for seed in range(number)
    ]  # fmt: skip
    names = ("first", "second")[: len(datasets)]
    sessions = {n: d.session for n, d in zip(names, datasets, strict=True)}
    found = {n: inferred(d) for n, d in zip(names, datasets, strict=True)}
    if isinstance(analysis, AnalysisOfNetwork):
        of_network = inferred_by(network_for(datasets[0]), datasets[0])
        found["first"] = found["first"].assign(of_network.data_vars)
    return found, sessions


def result_of(
    name: str,
    analysis: AnyAnalysis,
    posteriors: dict[str, xr.Dataset],
    sessions: dict[str, Session],
) -> xr.Dataset:
    if isinstance(analysis, AnalysisOfSessions):
        return analysed_together(name, analysis, posteriors, sessions)
    own = posteriors["first"], sessions["first"]
    if isinstance(analysis, AnalysisOfNetwork):
        dataset = Dataset(sessions=(own[1],), bin_width_s=0.02, source="arrays")
        return analysed_network(name, analysis, network_for(dataset), *own)
    return analysed(name, analysis, *own)


def test_it_has_the_form_of_one(named):
    _, analysis = named
    forms = (Analysis, AnalysisOfSessions, AnalysisOfNetwork)
    assert sum(isinstance(analysis, form) for form in forms) == 1
    assert is_for_report(analysis) in (True, False)
    assert type(analysis).__doc__
    assert analysis.title
    assert set(analysis.needs) <= set(WORDS)


def test_numbers_are_labelled_and_written(named, tmp_path):
    name, analysis = named
    posteriors, sessions = material(analysis)
    if lacking_in_any(analysis, posteriors, sessions):
        pytest.skip("needs what a simulation of behaviour has not")
    result = result_of(name, analysis, posteriors, sessions)
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
    posteriors, sessions = material(analysis)
    nothing = {name: of.drop_vars(["rates", "factors"]) for name, of in posteriors.items()}
    if not {"rates", "factors"} & set(analysis.needs):
        pytest.skip("needs neither rates nor factors")
    with pytest.raises(
        UserError, match=f"the analysis `{name}` needs .*, which this result has not"
    ):
        result_of(name, analysis, nothing, sessions)


def test_an_analysis_leaves_its_material_alone(named):
    name, analysis = named
    posteriors, sessions = material(analysis)
    if lacking_in_any(analysis, posteriors, sessions):
        pytest.skip("needs what a simulation of behaviour has not")
    before = {name: of.copy(deep=True) for name, of in posteriors.items()}
    result_of(name, analysis, posteriors, sessions)
    for name_of_session, posterior in posteriors.items():
        xr.testing.assert_identical(posterior, before[name_of_session])
        assert np.isfinite(sessions[name_of_session].spikes).all()
