"""Every experiment of the paper: the truth scores as the truth, noise as noise, and both can be drawn."""

import functools

import numpy as np
import pytest
from matplotlib.figure import Figure

from lfads.analysis import demixing
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.paper import dimensions, reach_decoding, reaching_dynamics, reaching_sessions
from lfads.paper.cells import Found
from lfads.paper.experiment import Case, Experiment, Results
from lfads.paper.fits import trials_of
from lfads.paper.methods import Simulated
from lfads.paper.page import page_of
from lfads.paper.reproduce import EXPERIMENTS, chosen_experiments
from lfads.paper.size import Size
from lfads.plots.drawn import drawn
from lfads.results import Posterior
from lfads.simulate import integration_to_bound

TINY = Size("tiny", 0.001)
MOST_CASES = 4
SLOW = ("reaching_sessions", "reaching_dynamics", "dimensions")
"""Of which many networks or surrogates are scored: `make recovery` takes these."""
ABOUT = {"command": "lfads reproduce all", "device": "CPU", "versions": {"lfads": "0"}}


@pytest.fixture(autouse=True)
def what_takes_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "networks"))
    monkeypatch.setattr(integration_to_bound, "STEPS", 20)
    for module in (reach_decoding, dimensions):
        monkeypatch.setattr(module, "LONGEST_LAG_S", 0.02)
    monkeypatch.setattr(reaching_sessions, "MOST_SAMPLES", 1000)
    monkeypatch.setattr(reaching_dynamics, "NUM_SURROGATES", 20)
    monkeypatch.setattr(demixing, "PENALTIES", (1e-4, 1e-2))


def posterior_of(dataset: Dataset, noise: float) -> Posterior:
    """The truth, by a rotation, less or more hidden in noise."""
    rng = np.random.default_rng(1)

    def hidden(values: np.ndarray) -> np.ndarray:
        spread = values.std() or 1.0
        return (1 - noise) * values + noise * spread * rng.normal(size=values.shape)

    found = {}
    for session in dataset.sessions:
        shape = (session.num_trials, session.num_bins)
        rates = session.true_rates_hz
        rates = np.ones((*shape, session.num_neurons)) if rates is None else np.abs(hidden(rates))
        latents, inputs = session.true_latents, session.true_inputs
        latents = rates[:, :, :3] if latents is None else hidden(latents)
        inputs = rng.normal(size=(*shape, 1)) if inputs is None else hidden(inputs)
        at_zero = int(np.abs(dataset.time_s).argmin())
        over = ("trial", "time")
        found[session.name] = labelled_results(
            {
                "rates": Variable(rates, (*over, "neuron"), "spikes/s"),
                "factors": Variable(latents, (*over, "factor")),
                "inferred_inputs": Variable(inputs, (*over, "input")),
                "initial_condition_mean": Variable(latents[:, at_zero], ("trial", "latent")),
            },
            session, dataset, attributes={"observation": "poisson"},
        )  # fmt: skip
    return Posterior(found)


@functools.cache
def simulated(case: Case) -> Simulated:
    """Once for all tests."""
    return case.simulate(0, TINY)


def without_factors(posterior: Posterior) -> Posterior:
    """As of a method that has none."""
    wanted = {
        name: one.drop_vars(["factors", "initial_condition_mean"])
        for name, one in posterior.sessions.items()
    }
    return Posterior(wanted)


def results_of(experiment: Experiment, noise_of_lfads: float, noise_of_others: float) -> Results:
    """As if networks gave the truth with so much noise, and all others with that."""
    cells = {}
    for case, about in [*experiment.cases.items()][:MOST_CASES]:
        given = simulated(about)
        kept: dict[tuple[float, bool], Found] = {}  # what is planted is the same for many methods
        for method in experiment.methods_of(case):
            ours = method.startswith(("LFADS", "stitched"))
            planted = noise_of_lfads if ours else noise_of_others, method != "smoothing"
            if planted not in kept:
                posterior = posterior_of(given.dataset, planted[0])
                kept[planted] = experiment.keep(
                    given, posterior if planted[1] else without_factors(posterior)
                )
            found = kept[planted]
            cells[case, method, 0] = Found(
                {**found.numbers, **trials_of(given.dataset)}, found.arrays
            )
    return Results(cells, {0: TINY})


def numbers_alone(results: Results) -> Results:
    """Without what figures need."""
    return Results(
        {cell: Found(found.numbers) for cell, found in results._cells.items()}, results.sizes
    )


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in EXPERIMENTS],
)
def test_the_truth_reaches_what_is_aimed_at_and_noise_misses_it(name: str) -> None:
    (experiment,) = chosen_experiments([name]).values()
    perfect, noise = results_of(experiment, 0.0, 0.3), results_of(experiment, 1.0, 0.3)
    claims = experiment.judged(perfect)
    assert any(one.reached for one in claims)
    assert not [one for one in claims if one.reached is False]
    # What LFADS has no part in, such as the variance in twenty components, stays as it is.
    assert any(one.reached is False for one in experiment.judged(noise))
    made = {one.what for one in claims}  # a benchmark keeps numbers, and no arrays
    assert {one.what for one in experiment.judged(numbers_alone(perfect))} <= made
    for results in (perfect, noise):
        page = page_of(
            {name: experiment}, {name: results}, {name: experiment.judged(results)}, ABOUT
        )
        assert experiment.title in page
        assert "<svg" in page
    assert_axes_are_named(
        drawn(lambda empty: experiment.draw(empty, perfect), experiment.height_in)
    )


def assert_axes_are_named(figure: Figure) -> None:
    """By a label, or by categories."""
    shown = [axes for axes in figure.axes if axes.axison and axes.get_label() != "<colorbar>"]
    for axis in ("x", "y"):
        labels = [getattr(axes, f"get_{axis}label")() for axes in shown]
        categories = [
            tick.get_text()
            for axes in shown
            for tick in getattr(axes, f"get_{axis}ticklabels")()
            if any(letter.isalpha() for letter in tick.get_text())
        ]
        assert any(labels) or categories
