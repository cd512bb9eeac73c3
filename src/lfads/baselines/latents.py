"""What methods with latents share: what they infer, and how what was fitted is kept and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.baselines.baseline import Stored, fit_of, require_counts
from lfads.baselines.latent_method import LatentMethod, cut, trials_of
from lfads.baselines.latents_choice import SessionFit, candidates_of, fit_session
from lfads.checks import UserError
from lfads.data.dataset import Dataset
from lfads.data.labels import Variable, labelled_results
from lfads.data.session import Session
from lfads.numerics.threads import one_thread
from lfads.results import Posterior

LAYOUT = 1


def fit_sessions(
    name: str,
    method: LatentMethod,
    dataset: Dataset,
    num_latents: int | Sequence[int],
    by_width: Mapping[int, LatentMethod] | None = None,
) -> "FittedLatents":
    """Choose and fit for each session.

    Parameters
    ----------
    name
        Of the method, for messages.
    method
        That infers.
    dataset
        Trials of all splits.
    num_latents
        How many, or several to choose from.
    by_width
        Methods that learn, by how many bins they take together, if not `method` itself: one is chosen.

    Raises
    ------
    UserError
        If a session has no training trials, or holds signals.
    """
    require_counts(name, dataset)
    forward, methods = dataset.num_forward_bins, by_width or {1: method}
    with one_thread():
        found = {
            session.name: fit_session(methods, session, forward, candidates_of(num_latents))
            for session in dataset.sessions
        }
    return FittedLatents(name, method, found)


@dataclass(frozen=True, eq=False)
class FittedLatents:
    """What was fitted to each session, by name."""

    name: str
    method: LatentMethod
    sessions: Mapping[str, SessionFit]

    def infer(self, dataset: Dataset) -> Posterior:
        """Rates in spikes/s, and the latents (`factors`) with their spread."""
        with one_thread():
            return Posterior(
                {session.name: self._results(session, dataset) for session in dataset.sessions}
            )

    def _results(self, session: Session, dataset: Dataset) -> xr.Dataset:
        fit = fit_of(self.sessions, session)
        trials = trials_of(session, dataset.num_forward_bins)
        seen = cut(trials, trials.known & ~session.held_out_neurons)
        seen = seen._replace(length=session.trial_length)  # forward bins are inferred, not known
        over_time = ("trial", "time", "factor")
        if fit.num_latents:
            found = self.method.latents(fit.learned, seen)
            counts = found.counts
            more = {
                "factors": Variable(found.factors, over_time),
                "factors_std": Variable(found.factors_std, over_time),
            }
        else:
            counts, more = np.broadcast_to(fit.learned["counts"], trials.counts.shape), {}
        rates = Variable(counts / dataset.bin_width_s, ("trial", "time", "neuron"), "spikes/s")
        return labelled_results(
            {"rates": rates, **more}, session, dataset,
            attributes={"observation": "poisson", "source": dataset.source},
        )  # fmt: skip

    def to_arrays(self) -> Stored:
        """Arrays by number of the session and name, and what was chosen for each."""
        arrays: dict[str, np.ndarray] = {}
        about: list[dict[str, Any]] = []
        for number, (name, fit) in enumerate(self.sessions.items()):
            arrays |= {f"{number}/{key}": values for key, values in fit.learned.items()}
            about.append({
                "name": name, "num_latents": fit.num_latents, "scored": fit.scored,
                "by_number": dict(fit.by_number), "by_width": dict(fit.by_width),
            })  # fmt: skip
        return Stored(arrays, {"layout": LAYOUT, "sessions": about})

    def choices_made(self) -> list[tuple[str, str]]:
        """Latents of each session, what was learned, and bits per spike of whatever was compared."""
        rows = []
        for name, fit in self.sessions.items():
            of = f" of {name}" if len(self.sessions) > 1 else ""
            rows.append((f"latents{of}", str(fit.num_latents)))
            learned = self.method.about(fit.learned) if fit.num_latents else []
            rows += [(f"{label}{of}", value) for label, value in learned]
            for by, scores in (
                ("bins taken together", fit.by_width),
                ("number of latents", fit.by_number),
            ):
                if scores:
                    words = ", ".join(f"{bits:.3f} ({n})" for n, bits in scores.items())
                    rows.append((f"bits per spike{of}, {fit.scored}, by {by}", words))
        return rows


def opened(name: str, method: LatentMethod, stored: Stored) -> FittedLatents:
    """What was fitted, from what `FittedLatents.to_arrays` gave.

    Raises
    ------
    UserError
        If another version wrote it.
    """
    layout = stored.about.get("layout")
    if layout != LAYOUT:
        raise UserError(
            f"{name}: the arrays have layout {layout}, and this version reads {LAYOUT}: fit again"
        )
    found = {}
    for number, about in enumerate(stored.about.get("sessions", [])):
        own = f"{number}/"
        learned = {k.removeprefix(own): v for k, v in stored.arrays.items() if k.startswith(own)}
        found[about["name"]] = SessionFit(
            learned,
            about["num_latents"],
            about["scored"],
            about["by_number"],
            about.get("by_width", {}),
        )
    return FittedLatents(name, method, found)


def turn_of(loadings: Float[np.ndarray, "neuron latent"]) -> Float[np.ndarray, "factor latent"]:
    """From latents to orthonormal axes in the space of the neurons, by decreasing variance."""
    _, size, right = np.linalg.svd(loadings, full_matrices=False)
    return size[:, None] * right


def tau_in_words(tau_bins: Float[np.ndarray, " latent"]) -> list[tuple[str, str]]:
    """Time constants as a row of words, the slowest first."""
    return [("time constants, bins", ", ".join(f"{tau:.3g}" for tau in np.sort(tau_bins)[::-1]))]
