"""One decoder of behaviour for all days: fitted in the space of factors that sessions share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from lfads.analysis.behavior import (
    Channels,
    Names,
    as_names,
    numeric_series,
    of_trials,
    standardised,
)
from lfads.analysis.decoders import Trained, decoded_by_ridge
from lfads.analysis.decoding_across_figure import draw_across
from lfads.analysis.decoding_material import Material, material_of
from lfads.analysis.decoding_result import r2_of_folds
from lfads.analysis.design import STEP_S, STEPS, check_folds, filled, step_in_bins, steps_of
from lfads.checks import UserError, first_of, many
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, values_of
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.numerics.threads import one_thread

ALL, OTHERS = "all", "others"

LEAST_R2 = 0.02
"""Of a session's own decoder, above which the share of it says something."""


@dataclass(frozen=True)
class DecodingAcross:
    """One linear decoder from factors for all sessions, beside each session's own.

    y_t = Σ_k W_k f_{t-k} + b with the same W and b in every session: ridge regression on factors now and a
    few steps before. R² is that of trials that were left out, as in `decoding`. Only factors live in a
    space that sessions share; rates are of each session's own neurons. Behaviour must have the same units
    on all days.

    Parameters
    ----------
    fitted_to
        `all` sessions together; the `others`, so that a session's behaviour is used for nothing when it is
        decoded; or the name of one, whose decoder is put to all.
    behavior
        Series to decode, one or several by name; by default all numbers that every session has.
    num_folds
        Of trials of each session: each is predicted once, from what was chosen and fitted on the others.
    num_components
        Numbers of principal components to choose from, where there are more factors.
    past_s
        How much of the past to choose from, in seconds.
    most_samples
        Of more bins with behaviour than these, evenly chosen trials of a session are used.

    Raises
    ------
    UserError
        If a choice is out of its range.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815, Fig. 4: one decoder for 44 sessions.

    Examples
    --------
    >>> from lfads.simulate.reaching import simulate_reaching
    >>> data = simulate_reaching(num_neurons=5, num_sessions=2, num_bends=1, trials_per_condition=5)
    >>> axes = ("trial", "time", "factor")
    >>> time = {"time": np.arange(-30, 70) / 100}
    >>> found = {s.name: xr.Dataset({"factors": (axes, s.true_latents)}, time) for s in data.sessions}
    >>> across = DecodingAcross(behavior="hand_velocity", fitted_to="others")
    >>> result = across.compute_together(found, {s.name: s for s in data.sessions})
    >>> bool((result["share"] > 0.95).all())
    True
    """

    fitted_to: str = ALL
    behavior: Names = None
    num_folds: int = 5
    num_components: Sequence[int] = (10, 30, 100)
    past_s: Sequence[float | int] = tuple(STEP_S * number for number in STEPS)
    most_samples: int = 5_000

    title = "One decoder for all sessions"
    needs = ("factors", "behavior")
    height_in = 3.2

    def __post_init__(self) -> None:
        check_folds("decoding_across", self.num_folds)

    def compute_together(
        self, posteriors: Mapping[str, xr.Dataset], sessions: Mapping[str, Session]
    ) -> xr.Dataset:
        """R² of the common decoder and of each session's own, by session and channel; the share kept.

        Raises
        ------
        UserError
            If there is one session, no such behaviour or session, or numbers of factors or widths of
            bins differ.
        """
        names = list(sessions)
        self._check(posteriors, names)
        shared = self._series(sessions)
        each = [
            material_of(posteriors[n], sessions[n], shared, self.num_folds, self.most_samples)
            for n in names
        ]
        width_s = bin_width_of(next(iter(posteriors.values())))
        signal, channels, day, fold = _joined(posteriors, names, each)
        behavior = standardised(channels).values
        steps, step = steps_of(self.past_s, width_s), step_in_bins(width_s)

        def decoded(trials: Bool[np.ndarray, " trial"], usable: np.ndarray | None) -> np.ndarray:
            trained = Trained(fold[trials], step, self.num_components, steps, usable)
            given = [(np.nan, signal[trials])]
            return decoded_by_ridge(given, behavior[trials], trained).predicted

        everywhere = np.ones(len(day), bool)
        with one_thread():
            own = [decoded(day == number, None) for number in range(len(names))]
            if self.fitted_to == ALL:
                whole = decoded(everywhere, None)
                across = [whole[day == number] for number in range(len(names))]
            elif self.fitted_to == OTHERS:
                across = [
                    decoded(everywhere, day != number)[day == number]
                    for number in range(len(names))
                ]
            else:
                whole = decoded(everywhere, day == names.index(self.fitted_to))
                across = [whole[day == number] for number in range(len(names))]
        of_folds = np.stack([
            [
                r2_of_folds(
                    predicted, behavior[day == number], fold[day == number], int(fold.max()) + 1
                )
                for number, predicted in enumerate(by)
            ]
            for by in (own, across)
        ])  # fmt: skip
        return _labelled(of_folds, names, channels, self.fitted_to)

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """R² of both decoders in each session, mean over channels, and the share that one for all keeps."""
        rows: list[tuple[str, ...]] = [
            ("R² of left-out trials", "own decoder", "one for all", "share")
        ]
        for number, name in enumerate(map(str, result["session"].values)):
            r2 = mean_of_known(result["r2"].values[:, number], 1)
            share = float(result["share"].values[number])
            rows.append((name, *(in_words(float(value)) for value in r2), in_words(share)))
        share = result["share"].values
        median = float(np.median(share[np.isfinite(share)])) if np.isfinite(share).any() else np.nan
        rows.append(("median", "", "", in_words(median)))
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        to = {ALL: "all sessions together", OTHERS: "the other sessions"}.get(
            self.fitted_to, f"session {self.fitted_to}"
        )
        channels = first_of(result["channel"].values.tolist())
        return (
            f"Behaviour ({channels}) decoded linearly from factors in trials that were left out, R² as "
            f"mean over {many(result.sizes['fold'], 'fold')}: by each session's own decoder, and by one "
            f"that was fitted to {to}; small dots are single channels. Right: the share of its own "
            "decoder's R² that the common one reaches in each session; 1 where factors mean the same on "
            "all days. There is none where the own decoder reads nothing. Triangles lie below what is "
            "drawn."
        )

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """R² of both decoders by session, and the share."""
        draw_across(figure, result)

    def _check(self, posteriors: Mapping[str, xr.Dataset], names: Sequence[str]) -> None:
        if len(names) < 2:
            raise UserError(
                "decoding_across needs two sessions or more, trained together so that they share factors; "
                f"got {names[0]} alone: `decoding` is for one"
            )
        numbers = {posteriors[name].sizes["factor"] for name in names}
        if len(numbers) > 1:
            raise UserError(
                "decoding_across needs the same factors in every session; their numbers differ: "
                f"{first_of(sorted(numbers))}"
            )
        width_s = {name: bin_width_of(posteriors[name]) for name in names}
        first = width_s[names[0]]
        if other := [n for n in names if not np.isclose(width_s[n], first, rtol=1e-3, atol=0)]:
            raise UserError(
                "decoding_across needs bins of the same width in every session, since one decoder reads so "
                f"many of them; {names[0]} has {first:g} s, {other[0]} has {width_s[other[0]]:g} s: bin "
                "the sessions alike, or decode each by `decoding`"
            )
        if self.fitted_to not in (ALL, OTHERS, *names):
            raise UserError(
                f"`fitted_to` must be `{ALL}`, `{OTHERS}` or a session: {first_of(names)}; got "
                f"{self.fitted_to!r}"
            )

    def _series(self, sessions: Mapping[str, Session]) -> tuple[str, ...]:
        if self.behavior is not None:
            return as_names(self.behavior)
        series = [set(numeric_series(session)) for session in sessions.values()]
        everywhere = set.intersection(*series)
        shared = [n for n in numeric_series(next(iter(sessions.values()))) if n in everywhere]
        if not shared:
            raise UserError(
                "decoding_across needs behaviour that every session has; they share none"
            )
        return tuple(shared)


def _joined(
    posteriors: Mapping[str, xr.Dataset], names: Sequence[str], each: Sequence[Material]
) -> tuple[
    Float[np.ndarray, "trial time factor"],
    Channels,
    Int[np.ndarray, " trial"],
    Int[np.ndarray, " trial"],
]:
    """Factors, behaviour, number of the session and fold of all trials; short ones are filled up."""
    first = each[0].channels
    for name, of in zip(names, each, strict=True):
        if of.channels.name != first.name:
            raise UserError(
                f"behaviour must have the same channels in every session; {names[0]} has "
                f"{first_of(first.name)}, {name} has {first_of(of.channels.name)}: choose it by `behavior`"
            )
    most = max(of.channels.values.shape[1] for of in each)

    def longer(values: np.ndarray, fill: float) -> np.ndarray:
        left = most - values.shape[1]
        return np.pad(values, ((0, 0), (0, left), (0, 0)), constant_values=fill)

    factors = [
        longer(filled(values_of(posteriors[name], "factors", "factor")[of.trials]), 0.0)
        for name, of in zip(names, each, strict=True)
    ]
    behavior = np.concatenate([longer(of.channels.values, np.nan) for of in each])
    channels = of_trials(first._replace(values=behavior), np.arange(len(behavior)))
    day = np.repeat(np.arange(len(each)), [len(of.trials) for of in each])
    return np.concatenate(factors), channels, day, np.concatenate([of.fold for of in each])


def _labelled(
    of_folds: np.ndarray, names: Sequence[str], channels: Channels, fitted_to: str
) -> xr.Dataset:
    one = {"units": "1"}
    mean = mean_of_known(of_folds, 2)
    overall = mean_of_known(mean, 2)
    reads = overall[0] > LEAST_R2
    share = np.where(reads, overall[1] / np.where(reads, overall[0], 1.0), np.nan)
    axes = ("decoder", "session", "channel")
    return xr.Dataset(
        {
            "r2": (axes, mean, {**one, "long_name": "R² of left-out trials"}),
            "r2_std": (axes, std_of_known(of_folds, 2), one),
            "r2_of_folds": (("decoder", "session", "fold", "channel"), of_folds, one),
            "share": ("session", share, {**one, "long_name": "R² of the common decoder, of the own one's"}),
        },
        {"decoder": ["own", "across"], "session": list(names), "channel": channels.name},
        {"fitted_to": fitted_to},
    )  # fmt: skip
