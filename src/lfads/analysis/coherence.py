"""How coherent rates of single trials are with a recorded signal, such as a field potential.

Smoothing of spikes wipes out what is fast; rates that a model infers may keep it. The same is asked of
rates, of smoothed spikes and of the spikes themselves, and of trials paired with other trials' signals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lfads.analysis.behavior import channels_of, numeric_series
from lfads.analysis.coherence_figure import draw_coherence
from lfads.analysis.trial_columns import levels_of
from lfads.checks import UserError, many, require_whole
from lfads.data.session import Session
from lfads.evaluation.listed import in_words
from lfads.evaluation.matching import bin_width_of, matched, values_of
from lfads.numerics.coherence import Segments, coherence, num_segments, other_pairs, segments_of
from lfads.numerics.means import mean_of_known
from lfads.numerics.smoothing import smoothed_everywhere
from lfads.numerics.threads import one_thread
from lfads.plots.examples import method_of

BAND = 0.99
"""Share of pairings with other trials whose highest coherence over frequencies lies below the band."""

_FEWEST_BINS = 8  # of a segment
_FEWEST_PAIRINGS = 20  # different ones, for a band
_USUAL = ("lfp", "local_field_potential", "field_potential", "eeg", "ecog")


@dataclass(frozen=True)
class Coherence:
    """Coherence of rates, smoothed spikes and spikes of single trials with a recorded signal, by frequency.

    |S_xy|² / (S_xx S_yy) of each neuron x and the signal y, with spectra summed over the segments of all
    trials (Welch: Hann windows that overlap by half, each about its mean); the mean over neurons is shown.
    The level that chance gives, and what is locked to the task in both, is that of trials paired with the
    signals of other trials of their condition (of any, where there are no conditions, or too few trials of
    them for 20 different pairings). A linear filter leaves coherence as it is, until what it leaves of a
    component is less than what leaks from slower ones: then it is gone. A sample that is missing of a
    neuron costs that neuron's segment alone.

    Parameters
    ----------
    behavior
        The recorded series: the channel by its name (`lfp`, or `lfp 1` of several). By default the one that
        is called like a field potential, else the first.
    smoothing_s
        Standard deviation of the Gaussian that smooths spikes, in seconds.
    segment_s
        Length of a segment in seconds, one over the distance of frequencies; shortened to the trial.
    frequency_hz
        Where methods are compared; by default the highest coherence of any of them, above 5 Hz.
    num_pairings
        With other trials' signals.

    References
    ----------
    Pandarinath et al. (2018), Nature Methods 15:805-815.

    Examples
    --------
    >>> Coherence(behavior="lfp", frequency_hz=25.0).smoothing_s
    0.06
    """

    behavior: str | None = None
    smoothing_s: float = 0.06
    segment_s: float = 0.4
    frequency_hz: float | None = None
    num_pairings: int = 100

    title = "Coherence with a recorded signal"
    needs = ("rates", "behavior")
    height_in = 3.6
    in_report = False  # whether behaviour is a fast signal is the user's to say

    def __post_init__(self) -> None:
        for name in ("smoothing_s", "segment_s"):
            if not 0 < getattr(self, name) < np.inf:
                raise UserError(
                    f"coherence: `{name}` must be a time in seconds above 0; got {getattr(self, name)!r}"
                )
        require_whole("coherence", "num_pairings", self.num_pairings, 20)

    def compute(self, posterior: xr.Dataset, session: Session) -> xr.Dataset:
        """Coherence by method, frequency and neuron, and its level by chance.

        Raises
        ------
        UserError
            If there is no such signal, trials are too short, or the frequency is not there.
        """
        data, width_s = matched(session, posterior), bin_width_of(posterior)
        name, signal = self._signal(data)
        bins = min(round(self.segment_s / width_s), data.num_bins)
        if bins < _FEWEST_BINS:
            raise UserError(
                f"`segment_s=`: a segment must have {_FEWEST_BINS} bins or more; got {self.segment_s:g} s "
                f"of {many(data.num_bins, 'bin')} of {width_s:g} s: choose a longer one, or narrower bins"
            )
        other = segments_of(signal, width_s, bins)
        held = int(other.known.any((1, 2)).sum())
        if held < 3:
            raise UserError(
                f"coherence needs three trials with {bins * width_s:g} s of `{name}` without a gap; "
                f"session `{data.name}` has {held}: choose a shorter `segment_s`"
            )
        found: dict[str, np.ndarray] = {}
        chance: dict[str, np.ndarray] = {}
        band: dict[str, float] = {}
        traces: dict[str, np.ndarray] = {}
        used: dict[str, np.ndarray] = {}
        pairs, within = self._pairs(data)
        with one_thread():
            for method, values in self._methods(posterior, data, width_s):
                segments = segments_of(values, width_s, bins)
                found[method] = coherence(segments, other)[0]
                used[method] = num_segments(segments, other)
                of_others = self._of_others(segments, other, pairs)
                chance[method] = mean_of_known(of_others, 0)
                highest = np.nan_to_num(of_others[:, 1:]).max(1)
                band[method] = float(np.quantile(highest, BAND))
                traces[method] = values
        result = self._labelled(found, chance, band, other.frequency_hz)
        result["segments"] = (("signal", "neuron"), np.stack(list(used.values())), {"units": "1"})
        best = self._frequency(result)
        neuron = int(np.nan_to_num(found[next(iter(found))][best]).argmax())
        trials = np.flatnonzero(np.isfinite(signal[..., 0]).all(1))[:2]
        trials = trials if len(trials) else np.arange(1)
        result["recorded"] = (
            ("shown", "time"),
            signal[trials, :, 0].astype(np.float32),
            {"units": "as recorded"},
        )
        rates = np.stack([values[trials][:, :, neuron] for values in traces.values()])
        unit = {"units": str(posterior["rates"].attrs.get("units", "spikes/s"))}
        result["example"] = (("signal", "shown", "time"), rates.astype(np.float32), unit)
        result = result.assign_coords(
            time=posterior["time"], shown_trial=("shown", data.trial_index[trials])
        )
        return result.assign_attrs(
            behavior=name, bin_width_s=width_s, num_trials=held, neuron=neuron,
            num_segments=int(result["segments"].max()), pairs_within_conditions=int(within),
            smoothing_s=self.smoothing_s, segment_s=bins * width_s, inferred_by=method_of(posterior),
        )  # fmt: skip

    def numbers(self, result: xr.Dataset) -> list[tuple[str, ...]]:
        """Coherence of each method at the frequency, and the band of chance."""
        what = f"coherence with {result.attrs['behavior']}"
        at = f"at {float(result['compared_at_hz']):.3g} Hz"
        rows = [(what, at, "chance", "99 % band", "above")]
        for k, method in enumerate(result["signal"].values.astype(str).tolist()):
            value, chance, band = (
                float(result[name].values[k])
                for name in ("at_frequency", "chance_at_frequency", "band")
            )
            rows.append(
                (
                    method,
                    in_words(value),
                    in_words(chance),
                    in_words(band),
                    "yes" if value > band else "no",
                )
            )
        return rows

    def caption(self, result: xr.Dataset) -> str:
        """What the figure shows and how it was made."""
        attrs = result.attrs
        fewest = int(result["segments"].min())
        least = f", at least {fewest:,} of each neuron" if fewest < attrs["num_segments"] else ""
        which = " of their condition" if attrs["pairs_within_conditions"] else ""
        text = (
            f"Coherence with {attrs['behavior']}, mean over {many(result.sizes['neuron'], 'neuron')}, from "
            f"spectra of {many(attrs['num_segments'], 'segment')} of {attrs['segment_s']:.3g} s of "
            f"{many(attrs['num_trials'], 'trial')}{least}. Dotted: mean over trials paired with the "
            f"signals of other trials{which}; the pale band holds the highest coherence of "
            f"{100 * BAND:g} % of these pairings. Spikes are smoothed with a Gaussian of "
            f"{1000 * attrs['smoothing_s']:g} ms. Middle: each neuron at "
            f"{float(result['compared_at_hz']):.3g} Hz. Right: the signal, and neuron {attrs['neuron']}, "
            "in a single trial, each in units of its own spread."
        )
        above = result["signal"].values[result["at_frequency"].values > result["band"].values]
        if not len(above):
            text += " No method is more coherent with the signal than with those of other trials."
        return text

    def draw(self, figure: Any, result: xr.Dataset) -> None:
        """Coherence over frequency, of each neuron, and in a single trial."""
        draw_coherence(figure, result)

    def _signal(self, data: Session) -> tuple[str, Float[np.ndarray, "trial time 1"]]:
        channels = channels_of(data)
        wanted = self.behavior
        if wanted is None:
            named = [name for name in numeric_series(data) if name.lower() in _USUAL]
            wanted = named[0] if named else channels.series[0]
        places = [
            k for k, (name, of) in enumerate(zip(channels.name, channels.series, strict=True))
            if wanted in (name, of)
        ]  # fmt: skip
        if not places:
            channels_of(data, wanted)  # says what there is
            raise UserError(f"no channel `{wanted}`")
        if channels.remark[places[0]]:
            raise UserError(
                f"`behavior=`: `{wanted}` is {channels.remark[places[0]]}: choose another one"
            )
        return channels.name[places[0]], channels.values[:, :, places[:1]]

    def _pairs(self, data: Session) -> tuple[np.ndarray, bool]:
        """Of each trial with others, and whether these are of its condition."""
        alike = np.zeros(data.num_trials, np.int64)
        if data.condition is not None:
            group = levels_of(data.condition)
            pairs = other_pairs(group, self.num_pairings)
            shared = len(np.unique(group)) > 1 and (np.bincount(group) > 1).any()
            # Two trials of a condition can be paired in one way alone, which is no distribution.
            if shared and len(np.unique(pairs, axis=0)) >= _FEWEST_PAIRINGS:
                return pairs, True
        return other_pairs(alike, self.num_pairings), False

    def _methods(
        self, posterior: xr.Dataset, data: Session, width_s: float
    ) -> Iterator[tuple[str, Float[np.ndarray, "trial time neuron"]]]:
        rates = values_of(posterior, "rates", "neuron").astype(np.float64)
        yield f"rates ({method_of(posterior)})", rates
        known = np.broadcast_to(data.observed_of_any(), data.values.shape)
        word, scale = ("spikes", 1 / width_s) if data.kind == "counts" else ("signals", 1.0)
        raw = np.where(known, scale * data.values.astype(np.float64), np.nan)
        smooth = smoothed_everywhere(np.nan_to_num(raw), self.smoothing_s / width_s, known)
        yield f"smoothed {word}", np.where(known, smooth, np.nan)
        yield word, raw
        if data.true_rates_hz is not None:
            yield "true rates", data.true_rates_hz.astype(np.float64)

    def _of_others(self, segments: Segments, other: Segments, pairs: np.ndarray) -> np.ndarray:
        """Mean over neurons, a few pairings at a time."""
        parts = [
            mean_of_known(coherence(segments, other, pairs[k : k + 20]), 2)
            for k in range(0, len(pairs), 20)
        ]
        return np.concatenate(parts)

    def _labelled(
        self, found: dict[str, np.ndarray], chance: dict[str, np.ndarray], band: dict[str, float],
        frequency_hz: np.ndarray,
    ) -> xr.Dataset:  # fmt: skip
        one = {"units": "1"}
        each = np.stack(list(found.values()))
        return xr.Dataset(
            {
                "coherence": (("signal", "frequency", "neuron"), each.astype(np.float32), one),
                "mean": (("signal", "frequency"), mean_of_known(each, 2), one),
                "chance": (("signal", "frequency"), np.stack(list(chance.values())), one),
                "band": ("signal", list(band.values()), one),
            },
            {
                "signal": list(found),
                "frequency": ("frequency", frequency_hz, {"units": "Hz"}),
            },
        )  # fmt: skip

    def _frequency(self, result: xr.Dataset) -> int:
        """The place of the frequency at which methods are compared, which is put into the result."""
        frequency = result["frequency"].to_numpy()
        if self.frequency_hz is not None:
            if not 0 < self.frequency_hz <= frequency[-1]:
                raise UserError(
                    f"`frequency_hz=` must be above 0 and at most {frequency[-1]:g} Hz, half a cycle a "
                    f"bin; got {self.frequency_hz:g}"
                )
            best = int(np.abs(frequency - self.frequency_hz).argmin())
        else:
            excess = (result["mean"] - result["chance"]).to_numpy().max(0)
            allowed = frequency > 5.0
            allowed = allowed if allowed.any() else frequency > 0
            best = int(np.where(allowed, np.nan_to_num(excess, nan=-1.0), -np.inf).argmax())
        best = max(best, 1)
        result["compared_at_hz"] = ((), frequency[best], {"units": "Hz"})
        for name, of in (("at_frequency", "mean"), ("chance_at_frequency", "chance")):
            result[name] = ("signal", result[of].to_numpy()[:, best], {"units": "1"})
        return best
