"""Figures of single trials for trackers that want them, from the weights of the running training.

What training computes is not touched: weights are copied, and samples have a key of their own.
"""

import dataclasses
from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import PyTree

from lfads.config import RunSettings
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.model.shapes import shapes_of
from lfads.plots.examples import example_trials
from lfads.plots.trials import plot_trials
from lfads.runs.inferred import inferred_of
from lfads.training.defaults import Derived
from lfads.training.folder import TrainedModel
from lfads.training.listening import TakesFigures
from lfads.training.start import empty_model
from lfads.training.tracking import EpochRecord, Tracker

NUM_TRIALS = 3
MOST_SESSIONS = 3
SAMPLES = 16
"""Of the posterior: enough for the eye."""


def with_figures(trackers: Sequence[Tracker], dataset: Dataset) -> list[Tracker]:
    """The trackers, and for each that wants figures one that draws them."""
    drawing = [
        TrialFigures(each, dataset)
        for each in trackers
        if isinstance(each, TakesFigures) and each.figures_every
    ]
    return [*trackers, *drawing]


class TrialFigures:
    """Draws a few validation trials, always the same, and hands the figures to a tracker.

    Parameters
    ----------
    tracker
        Which says how often.
    dataset
        What is trained on.
    """

    def __init__(self, tracker: TakesFigures, dataset: Dataset) -> None:
        self.tracker, self.dataset = tracker, dataset
        self.config: RunSettings | None = None
        self.if_it_fails = f"the figures for {type(tracker).__name__}", "there are no more"

    def start(self, config: RunSettings, derived: Sequence[Derived], first_epoch: int) -> None:
        """Remember the settings."""
        self.config = config

    def epoch(self, record: EpochRecord) -> None:
        """Figures are drawn when weights come."""

    def weights(self, copied: Callable[[], PyTree], epoch: int) -> None:
        """Draw, if it is time."""
        if self.config is None or epoch % self.tracker.figures_every:
            return
        network, shown = self._trained(self.config, copied()), self.dataset.sessions[:MOST_SESSIONS]
        for session in shown:
            trials = dataclasses.replace(
                self.dataset, sessions=(validation_examples(session),), files=()
            )
            posterior = inferred_of(trials, network, "training", num_samples=SAMPLES, seed=0).best
            name = "trials" if len(shown) == 1 else f"trials/{session.name}"
            drawn = plot_trials(
                posterior.dataset, trials.session, trials=range(trials.session.num_trials)
            )
            self.tracker.figure(name, drawn, epoch)

    def end(self, stopped_by: str) -> None:
        """Nothing is left to do."""

    def _trained(self, config: RunSettings, parameters: PyTree) -> TrainedModel:
        path = config.training.recurrence
        _, static = empty_model(
            config.model, shapes_of(self.dataset, config.model.slow_offsets), path
        )
        names = [session.name for session in self.dataset.sessions]
        network = eqx.combine(jax.tree.map(jnp.asarray, parameters), static)
        return TrainedModel(network, config, {"sessions": names})


def validation_examples(session: Session) -> Session:
    """A few validation trials, of different conditions if there are any."""
    valid = session.take(session.of_split("valid"))
    group = np.zeros(valid.num_trials, int)
    if valid.condition is not None:
        group = np.unique(valid.condition, return_inverse=True)[1]
    about = xr.Dataset(coords={"split": ("trial", valid.split)})
    return valid.take(example_trials(about, group, NUM_TRIALS))
