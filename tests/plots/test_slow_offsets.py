"""What slow offsets say of a session: in the figure, in a line of scores, and in the report."""

import numpy as np
import pytest
import xarray as xr
from tests.plots.posteriors import lorenz, posterior_of

from lfads.checks import UserError
from lfads.evaluation.slow_offsets import variance_over_trials, words_on_slow_offsets
from lfads.plots.slow_offsets import caption_of_slow_offsets, places_of, plot_slow_offsets
from lfads.report import session as report


@pytest.fixture(scope="module")
def dataset():
    return lorenz(3, 5)


def with_offsets(posterior: xr.Dataset, size: float, number: int = 1) -> xr.Dataset:
    """The same with courses that rise over the session, and rates that follow them."""
    trials, neurons = posterior.sizes["trial"], posterior.sizes["neuron"]
    course = np.tile(size * np.linspace(-1, 1, trials)[:, None], (1, number))
    weights = np.where(np.arange(neurons) % 2, 1.0, -1.0)[:, None] * np.ones((1, number))
    offsets = course @ weights.T
    return posterior.assign(
        rates=posterior["rates"] * np.exp(offsets)[:, None, :],
        slow_offsets=(("trial", "slow_offset"), course),
        slow_offset_weights=(("neuron", "slow_offset"), weights),
    ).assign_attrs(posterior.attrs)


def of_spikes(dataset) -> xr.Dataset:
    posterior = posterior_of(dataset).dataset
    posterior["rates"].attrs["units"] = "spikes/s"
    return posterior


def test_the_variance_is_told_apart(dataset):
    steady = of_spikes(dataset)
    assert variance_over_trials(steady) is None
    assert words_on_slow_offsets(steady) == ""
    found = with_offsets(steady, 0.5)
    found["rates"].attrs["units"] = "spikes/s"
    variance = variance_over_trials(found)
    assert variance is not None
    assert variance.offsets == pytest.approx((0.5 * np.linspace(-1, 1, 15)).var())
    log_rates = np.log(steady["rates"].to_numpy()).mean(1)
    assert variance.factors == pytest.approx(log_rates.var(0).mean(), rel=1e-5)
    assert words_on_slow_offsets(found).startswith(
        "slow offsets: standard deviation over trials 0.31"
    )
    assert f"{variance.share:.0%}" in caption_of_slow_offsets(found)


def test_the_figure_has_courses_and_both_variances(dataset):
    found = with_offsets(of_spikes(dataset), 0.5, 2)
    found["rates"].attrs["units"] = "spikes/s"
    left, right = plot_slow_offsets(found).axes
    assert left.get_legend_handles_labels()[1] == ["0", "1"]
    assert len(right.patches) == 2
    found["rates"].attrs["units"] = "mV"
    assert len(plot_slow_offsets(found).axes[1].patches) == 1
    with pytest.raises(UserError, match="no `slow_offsets`"):
        plot_slow_offsets(of_spikes(dataset))


def test_windows_are_drawn_on_the_clock(dataset):
    found = of_spikes(dataset)
    assert places_of(found)[1] == "trial"
    number = np.arange(found.sizes["trial"])
    places = {"chop_piece": 0, "chop_piece_start_s": 5.0, "chop_piece_bins": 900}
    columns = {name: ("trial", np.full(len(number), value)) for name, value in places.items()}
    chopped = found.assign_coords({**columns, "chop_start_bin": ("trial", 10 * number)})
    where, name = places_of(chopped)
    assert name == "time of recording (s)"
    np.testing.assert_allclose(where, 5 + 10 * number * found.attrs["bin_width_s"])


@pytest.mark.usefixtures("undrawn")
def test_the_report_shows_them_where_there_are_any(dataset, monkeypatch: pytest.MonkeyPatch):
    only = tuple(section for section in report.SECTIONS if section.needs == "slow_offsets")
    monkeypatch.setattr(report, "SECTIONS", only)
    monkeypatch.setattr(report, "analyses", lambda *_: [])
    steady = of_spikes(dataset)
    with_them = with_offsets(steady, 0.5)
    pages = [" ".join(report.inferred(dataset.session, p, "a")) for p in (with_them, steady)]
    assert ["Slow changes over the session" in page for page in pages] == [True, False]
