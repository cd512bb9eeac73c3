"""What decoding gives, as labelled arrays."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from lfads.analysis.behavior import Channels, Standardised
from lfads.analysis.design import Decoded, step_in_bins
from lfads.evaluation.matching import bin_width_of
from lfads.numerics.means import mean_of_known, std_of_known
from lfads.numerics.regression import r_squared


def labelled(
    found: Mapping[str, Decoded],
    targets: Standardised,
    channels: Channels,
    posterior: xr.Dataset,
    fold: np.ndarray,
    method: str,
) -> xr.Dataset:
    """R² by signal, fold and channel, what was chosen, and behaviour, true and decoded."""
    r2 = np.array(
        [r2_of_folds(decoded.predicted, targets.values, fold) for decoded in found.values()]
    )
    picked = [decoded.picked for decoded in found.values()]
    width_s, folds = bin_width_of(posterior), ("signal", "fold")
    step_s = step_in_bins(width_s) * width_s
    one, recorded = {"units": "1"}, {"units": "as recorded"}
    past = "past_s" if method == "ridge" else "lag_s"
    kept = [n for n in ("trial_index", "split", "condition") if n in posterior.coords]
    mean, spread = mean_of_known(r2, 1), std_of_known(r2, 1)
    decoded = np.stack([targets.undone(one.predicted) for one in found.values()])
    decoded = np.where(np.isfinite(channels.values), decoded, np.nan)
    return xr.Dataset(
        {
            "r2": (("signal", "channel"), mean, {**one, "long_name": "R² of left-out trials"}),
            "r2_std": (("signal", "channel"), spread, one),
            "r2_of_folds": (("signal", "fold", "channel"), r2, one),
            "smoothing_s": (folds, [[p.smoothing_s for p in of] for of in picked], {"units": "s"}),
            "num_components": (folds, [[p.form.num_components for p in of] for of in picked], one),
            past: (folds, [[p.form.num_steps * step_s for p in of] for of in picked], {"units": "s"}),
            "penalty": (folds, [[p.choice.penalty for p in of] for of in picked], one),
            "behavior": (("trial", "time", "channel"), channels.values.astype(np.float32), recorded),
            "decoded": (
                ("signal", "trial", "time", "channel"),
                decoded.astype(np.float32),
                recorded,
            ),
        },
        {
            "signal": list(found),
            "channel": channels.name,
            "series": ("channel", channels.series),
            "remark": ("channel", channels.remark),
            "time": posterior["time"],
            "fold_of_trial": ("trial", fold),
            **{name: posterior[name] for name in kept},
        },
        {"bin_width_s": width_s},
    )  # fmt: skip


def r2_of_folds(
    predicted: np.ndarray, behavior: np.ndarray, fold: np.ndarray, num_folds: int | None = None
) -> np.ndarray:
    """R² of each fold and channel; NaN in folds that have no trial, where there are to be more."""
    found = [
        r_squared(behavior[fold == n], predicted[fold == n]) for n in range(int(fold.max()) + 1)
    ]
    none = np.full(behavior.shape[2], np.nan)
    return np.stack([*found, *[none] * ((num_folds or 0) - len(found))])
