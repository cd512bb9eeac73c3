"""Fixed points of the generator: where its state stays if the inputs do, and what happens about them."""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.factor_plane import in_plane
from lfads.analysis.fixed_point_search import FIXED, Found, search
from lfads.analysis.fixed_points_figure import draw_fixed_points
from lfads.analysis.fixed_points_result import labelled_points
from lfads.analysis.fixed_points_words import caption_of, rows_of
from lfads.analysis.visited import HeldGenerator, Visited, visited
from lfads.bounds import NonNegativeFloat, NonNegativeInt, PositiveInt, check_settings
from lfads.checks import UserError
from lfads.data.session import Session
from lfads.evaluation.matching import bin_width_of
from lfads.model.lfads import LFADS


@dataclass(frozen=True)
class FixedPoints:
    """States of the generator that a bin leaves where they are, and the linear dynamics about each.

    The inputs u are held still, and q(h) = ½ ‖F(h, u) - h‖² is minimised from many starts: states that
    trials go through, with noise. Adam leads each near a minimum; damped Gauss-Newton in 64 bits takes it
    there. About a fixed point h*, F(h) - h* ≈ J (h - h*) with J = ∂F/∂h. An eigenvalue λ of J with |λ| > 1
    is an unstable direction; the others decay to 1/e in -Δt / ln|λ| seconds, and turn |arg λ| / 2πΔt times
    a second. A point without unstable directions is stable, with some a saddle, with no others a source.
    Minima of q that are not 0 are slow points, kept where a bin moves the state less than a share of the
    usual.

    Lengths are shares of the spread, the root-mean-square distance of the trials' states from their mean.

    Parameters
    ----------
    inputs
        Held at their `mean` over trials and bins (of inferred ones the posterior mean, and of measured
        ones), or at `zero`.
    num_starts
        States to start from. Points that few starts lead to are found if there are many.
    noise
        Deviation of what is added to each unit of a start, in deviations of that unit.
    num_steps
        Steps of Adam.
    merge_within
        Points nearer to one another than this share of the spread are one.
    reach
        Points farther than this share of the spread from every state of the trials are marked as outside:
        what the generator does there has never been trained.
    slow
        Slow points are minima of q at which a bin moves the state less than this share of the median bin
        of the trials.
    num_trajectories
        Trials that are drawn.
    seed
        Of starts and noise.

    References
    ----------
    Sussillo & Barak (2013), Neural Computation 25:626-649: the function q, slow points, and the network
    that holds three bits. Golub & Sussillo (2018), Journal of Open Source Software 3:1003: another
    implementation.

    Examples
    --------
    It asks the network, which `lfads.analyse("fixed_points", posterior, dataset, run=run)` hands it:

    >>> FixedPoints(inputs="zero", num_starts=512).title
    'Fixed points of the generator'
    """

    inputs: str = "mean"
    num_starts: PositiveInt = 256
    noise: NonNegativeFloat = 0.2
    num_steps: PositiveInt = 1000
    merge_within: NonNegativeFloat = 0.01
    reach: NonNegativeFloat = 1.0
    slow: NonNegativeFloat = 0.1
    num_trajectories: PositiveInt = 12
    seed: NonNegativeInt = 0

    title = "Fixed points of the generator"
    needs = ("generator_initial_state",)
    height_in = 3.6
    in_report = False

    def __post_init__(self) -> None:
        check_settings(self, "fixed_points")
        if self.inputs not in ("mean", "zero"):
            raise UserError(f"fixed_points: `inputs=` must be mean or zero; got {self.inputs!r}")

    def compute_network(
        self, network: LFADS, posterior: xr.Dataset, session: Session
    ) -> xr.Dataset:
        """Points with their eigenvalues, and the flow in the plane of the factors.

        Raises
        ------
        UserError
            If the results are not those of this network, or no bin of them is known.
        """
        seen = visited(network, posterior, session, "fixed_points")
        states = seen.each
        if not len(states):
            raise UserError("fixed_points: no bin of these trials is known; infer them again")
        held = seen.mean_inputs if self.inputs == "mean" else np.zeros(seen.inputs.shape[2])
        decoder = network.decoder
        step = HeldGenerator(decoder.generator, jnp.asarray(held, jnp.float32), decoder.state_limit)
        spread = max(spread_of(states), 1e-6)
        found = search(
            step, starts_of(states, self.num_starts, self.noise, self.seed), spread,
            num_steps=self.num_steps, merge_within=self.merge_within,
        )  # fmt: skip
        shown, num_fast = self._without_fast(found, seen)
        result = labelled_points(
            shown, states, spread, self.reach, decoder.state_limit, bin_width_of(posterior)
        )
        weights = np.asarray(decoder.unit_factor_weights(), np.float64)
        plane = in_plane(step, result, seen, weights, posterior, self.num_trajectories)
        return result.merge(plane).assign_attrs(
            inputs=self.inputs, held_inputs=held.tolist(), num_starts=self.num_starts,
            num_lost=found.num_lost, num_fast=num_fast, spread=spread, noise=self.noise,
            merge_within=self.merge_within, reach=self.reach, slow=self.slow, fixed_within=FIXED,
            state_limit=decoder.state_limit, bin_width_s=bin_width_of(posterior),
        )  # fmt: skip

    def _without_fast(self, found: Found, seen: Visited) -> tuple[Found, int]:
        """Fixed and slow points, and how many starts led to other minima."""
        both = seen.known[:, 1:] & seen.known[:, :-1]
        moved = np.linalg.norm(np.diff(seen.states, axis=1), axis=2)[both]
        usual = float(np.median(moved)) if len(moved) else 0.0
        kept = found.is_fixed | (found.moved <= self.slow * usual)
        return found.of(kept), int(found.num_starts[~kept].sum())

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Each point: its kind, its slowest mode, and how far from the trials it is."""
        return rows_of(result)

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        return caption_of(result)

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """The plane of the factors with the flow, trials and points; and eigenvalues."""
        draw_fixed_points(figure, result)


def spread_of(states: Float[np.ndarray, "bin unit"]) -> float:
    """Root-mean-square distance from the mean.

    >>> spread_of(np.array([[0.0, 3.0], [0.0, -3.0]]))
    3.0
    """
    return float(np.sqrt(((states - states.mean(0)) ** 2).sum(1).mean()))


def starts_of(
    states: Float[np.ndarray, "bin unit"], number: int, noise: float, seed: int
) -> Float[np.ndarray, "start unit"]:
    """States of trials, drawn without preference, with noise in proportion to each unit's deviation."""
    rng = np.random.default_rng(seed)
    drawn = states[rng.integers(len(states), size=number)]
    return drawn + noise * states.std(0) * rng.normal(size=drawn.shape)
