"""Few-shot co-smoothing: how soon held-out neurons are learnt from factors of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from lfads.analysis.design import filled
from lfads.checks import UserError, is_whole, many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import matched, values_of
from lfads.numerics.few_shot import few_shot_gains
from lfads.numerics.threads import one_thread
from lfads.plots.few_shot import draw_few_shot

SHOTS = (4, 8, 16, 32, 64, 128)


@dataclass(frozen=True)
class FewShot:
    """Held-out neurons predicted from factors by a Poisson regression that saw k trials, against k.

    Factors are those of the encoded neurons, by the frozen model; log rate = b + w · factors is fitted to k
    random training trials with a ridge penalty that is chosen among them, and scored in bits per spike on
    trials that training did not use. A model whose factors hold what is not in the data needs more trials
    for the same.

    Parameters
    ----------
    shots
        Numbers of trials k; those above the number of training trials become all of them.
    num_draws
        Of the k trials, whose mean is taken.
    seed
        Of the draws, which are the same for all models of the same data.

    Raises
    ------
    UserError
        If a choice is out of its range.

    References
    ----------
    Dabholkar & Barak (2024), arXiv:2405.14425: few-shot co-smoothing.

    Examples
    --------
    >>> from lfads.data.dataset import Dataset
    >>> rng = np.random.default_rng(0)
    >>> x = np.sin(np.arange(20) / 3 + rng.uniform(0, 6, (40, 1)))[:, :, None]
    >>> data = Dataset.from_arrays(
    ...     rng.poisson(np.exp(x * [1, -1, 1, -1] - 1)), bin_width_s=0.02, held_out_neurons=[2, 3]
    ... )
    >>> posterior = xr.Dataset({"factors": (("trial", "time", "factor"), x)}, attrs={"bin_width_s": 0.02})
    >>> posterior = posterior.assign_coords(time=np.arange(20) * 0.02)
    >>> found = FewShot(shots=(4, 16)).compute(posterior, data.session)
    >>> bool((found["gain"] > 0.15).all())
    True
    """

    shots: Sequence[int] = SHOTS
    num_draws: int = 5
    seed: int = 0

    title = "Few-shot co-smoothing"
    needs = ("factors",)
    height_in = 3.0
    in_report = False

    def __post_init__(self) -> None:
        if not self.shots or not all(is_whole(number) and number > 1 for number in self.shots):
            raise UserError(
                f"few_shot: `shots` must be whole numbers of trials, 2 or more; got {self.shots}"
            )
        require_whole("few_shot", "num_draws", self.num_draws, 1)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Bits per spike of held-out neurons by number of trials and draw.

        Raises
        ------
        UserError
            If no neurons are held out, data are not counts, or there is nothing to fit or to score.
        """
        data = matched(session, posterior)
        if why := not_applicable(data):
            raise UserError(f"few-shot co-smoothing needs {why} (session `{data.name}`)")
        train = np.flatnonzero(data.of_split("train"))
        test = np.flatnonzero(~data.of_split("train"))
        shots = sorted({min(number, len(train)) for number in self.shots})
        held_out = data.held_out_neurons
        with one_thread():
            gains = few_shot_gains(
                filled(values_of(posterior, "factors", "factor")).astype(np.float64),
                data.values[:, :, held_out],
                data.observed_bins()[:, :, held_out],
                train=train, test=test, shots=shots, num_draws=self.num_draws, seed=self.seed,
            )  # fmt: skip
        units = {"units": "bits/spike"}
        return xr.Dataset(
            {
                "gain": ("shot", gains.mean(1), {**units, "long_name": "gain over constant rates"}),
                "gain_std": ("shot", gains.std(1), units),
                "gain_of_draws": (("shot", "draw"), gains, units),
            },
            {"shot": shots},
            {"neurons": int(held_out.sum()), "trials_scored": len(test)},
        )

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Bits per spike for each number of trials."""
        rows = [("trials", "bits per spike, held-out neurons", "s.d. of draws")]
        for place, number in enumerate(result["shot"].values):
            gain, spread = (float(result[name].values[place]) for name in ("gain", "gain_std"))
            rows.append((str(number), in_words(gain), in_words(spread)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        neurons, trials = int(result.attrs["neurons"]), int(result.attrs["trials_scored"])
        return (
            f"{many(neurons, 'neuron')} that the encoders did not see (the model was trained to predict "
            "them), predicted from its factors by Poisson regression on a few training trials; gain over "
            "each neuron's constant rate on "
            f"{many(trials, 'trial')} that training did not use, mean ± s.d. of "
            f"{many(result.sizes['draw'], 'draw')}. At 0 and below, factors say nothing of these neurons."
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Gain against the number of trials."""
        draw_few_shot(figure.add_subplot(), {"": result})


def not_applicable(data: Session) -> str:
    """What few-shot co-smoothing needs and a session has not; empty if it has all."""
    if data.kind != "counts":
        return "spike counts; these data are signals"
    if not data.held_out_neurons.any():
        return (
            "neurons that were held out of the encoders; these data hold out none "
            "(`held_out_neurons` of `Dataset.from_arrays`)"
        )
    train = data.of_split("train")
    if train.sum() < 2 or train.all():
        return "training trials to fit and others to score"
    return ""
