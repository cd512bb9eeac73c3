"""PfLDS (Gao et al. 2016): linear dynamics whose latents a network reads out into Poisson log-rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfads.baselines.baseline import Stored
from lfads.baselines.latent_method import Arrays, Inferred, Trials
from lfads.baselines.latents import FittedLatents, fit_sessions, opened
from lfads.baselines.latents_choice import NUM_LATENTS, check_candidates
from lfads.checks import Problems, is_whole
from lfads.data.dataset import Dataset
from lfads.numerics.poisson import LOWEST_RATE

if TYPE_CHECKING:
    from lfads.baselines.pflds_model import Parameters

EPOCHS_TO_CHOOSE = 40
"""While numbers of latents are compared."""

MOST_EPOCHS = 200


@dataclass(frozen=True)
class PfLDS:
    """A Poisson linear dynamical system with a nonlinear readout.

    z_1 ~ N(0, Q_1), z_t ~ N(A z_{t−1}, Q), y_t ~ Poisson(exp(network(z_t)))

    q(z | y) ∝ p(z) Π_t N(z_t; m(y_t), Λ(y_t)⁻¹), with m and Λ of a second network; both have two hidden
    layers of 60 units. The bound with one sample is raised by Adam. Every session is fitted by itself.
    The recognition network sees encoded neurons alone; forward bins and missing samples say nothing.

    Parameters
    ----------
    num_latents
        How many latents; several to choose from, as for `GPFA`.
    most_epochs
        Over the training trials.
    seed
        Of weights, batches and samples.

    References
    ----------
    Gao et al. (2016), "Linear dynamical neural population models through nonlinear embeddings", NeurIPS.
    Archer et al. (2015), "Black box variational inference for state space models", arXiv:1511.07367.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 30, 4))
    >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.02)
    >>> fitted = PfLDS(num_latents=2, most_epochs=2).fit(dataset)
    >>> fitted.infer(dataset).factors.dims
    ('trial', 'time', 'factor')
    """

    num_latents: int | Sequence[int] = NUM_LATENTS
    most_epochs: int = MOST_EPOCHS
    seed: int = 0

    def __post_init__(self) -> None:
        problems = Problems("pflds")
        check_candidates(problems, "num_latents", self.num_latents)
        for name, least in (("most_epochs", 1), ("seed", 0)):
            value = getattr(self, name)
            problems.require(
                is_whole(value) and value >= least,
                f"`{name}=` must be a whole number of {least} or more; got {value!r}",
            )
        problems.raise_if_any()

    def fit(self, dataset: Dataset) -> FittedLatents:
        """Choose and fit for each session; a UserError for signals, or without training trials."""
        return fit_sessions("pflds", self, dataset, self.num_latents)

    def from_arrays(self, stored: Stored) -> FittedLatents:
        """What was fitted, from what its `to_arrays` gave."""
        return opened("pflds", self, stored)

    def learn(self, trials: Trials, num_latents: int, *, to_choose: bool) -> Arrays:
        """Dynamics and networks."""
        from lfads.baselines.pflds_fit import Given, fit

        encoded = np.flatnonzero(trials.encoded)
        epochs = min(self.most_epochs, EPOCHS_TO_CHOOSE) if to_choose else self.most_epochs
        given = Given(
            trials.counts, trials.known, trials.counts[:, :, encoded], trials.known[:, :, encoded]
        )
        found = fit(given, num_latents, seed=self.seed, most_epochs=epochs)
        return {"encoded": encoded, **_flat(found.parameters)}

    def latents(self, learned: Arrays, trials: Trials) -> Inferred:
        """Averages over the posterior."""
        from lfads.baselines.pflds_fit import infer

        encoded = learned["encoded"]
        found = infer(
            _parameters(learned), trials.counts[:, :, encoded], trials.known[:, :, encoded]
        )
        spread = np.sqrt(np.diagonal(found.covariance, axis1=-2, axis2=-1))
        behind = np.arange(trials.counts.shape[1])[None, :, None] >= trials.length[:, None, None]
        each = (np.maximum(found.counts, LOWEST_RATE), found.mean, spread)
        counts, factors, spread = (np.where(behind, np.nan, one.astype(np.float64)) for one in each)
        return Inferred(counts, factors, spread)

    def about(self, learned: Arrays) -> list[tuple[str, str]]:
        """How slowly the dynamics decay."""
        sizes = np.sort(np.abs(np.linalg.eigvals(learned["dynamics"])))[::-1]
        return [("eigenvalues of the dynamics", ", ".join(f"{size:.3g}" for size in sizes))]


NETWORKS = ("readout", "recognition")


def _flat(parameters: "Parameters") -> Arrays:
    """Parameters as arrays by name."""
    found = {
        name: np.asarray(getattr(parameters, name))
        for name in ("dynamics", "log_start", "log_noise")
    }
    for name in NETWORKS:
        for number, layer in enumerate(getattr(parameters, name)):
            for part, values in layer._asdict().items():
                found[f"{name}.{number}.{part}"] = np.asarray(values)
    return found


def _parameters(arrays: Arrays) -> "Parameters":
    """What `_flat` took apart."""
    import jax.numpy as jnp

    from lfads.baselines.pflds_model import Layer, Parameters

    layers = {}
    for name in NETWORKS:
        number = sum(key.startswith(f"{name}.") for key in arrays) // len(Layer._fields)
        layers[name] = tuple(
            Layer(*(jnp.asarray(arrays[f"{name}.{k}.{part}"]) for part in Layer._fields))
            for k in range(number)
        )
    plain = {name: jnp.asarray(arrays[name]) for name in ("dynamics", "log_start", "log_noise")}
    return Parameters(**plain, **layers)
