"""Fields of `ModelTrainedParams`: the maps of each dataset, and all arrays of a network by their names.

Of LFADS in TensorFlow 1, whose file `model_params` names arrays in its own way, the arrays alone.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError
from lfads.formats.guarded import opened_hdf5
from lfads.matlab.run_manager.inputs import STEM
from lfads.paths import printable, regular_file
from lfads.results.mat_contents import readable_names

BEST = Path("checkpoints", "best.npz")
OF_TENSORFLOW = "model_params"


def trained_arrays(output: Path, datasets: Sequence[str] = ()) -> dict[str, Any]:
    """What a run has learned.

    `factors_to_logrates_W` is factor × channel, `x_to_infac_W` channel × component, cells of one for each
    dataset; `x @ W + b` is what they do.

    Parameters
    ----------
    output
        Folder of a run, or one that holds `model_params`.
    datasets
        Names, in the order that is wanted; that of training by default.

    Raises
    ------
    UserError
        If there is neither a checkpoint nor `model_params`.
    """
    if (output / BEST).exists():
        return _ours(output, datasets)
    path = regular_file(
        output / OF_TENSORFLOW,
        "expected a run's folder, or one with `model_params`",
        missing="there are no trained weights yet",
    )
    with opened_hdf5(path) as root:
        arrays = {name: root.array(name) for name in root.names() if root.holds_numbers(name)}
    return _named(arrays) | {"datasets": []}


def _named(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    names = readable_names(arrays)
    return {
        "arrays": {names[key]: array for key, array in arrays.items()},
        "names": {names[key]: key for key in arrays},
    }


def _ours(output: Path, datasets: Sequence[str]) -> dict[str, Any]:
    import jax

    from lfads.training.folder import open_trained

    trained = open_trained(output)
    model, sessions = trained.model, [str(name) for name in trained.data["sessions"]]
    wanted = [f"{STEM}_{name}" for name in datasets] or sessions
    if unknown := [name for name in wanted if name not in sessions]:
        raise UserError(
            f"{printable(output)}: was not trained on {unknown[0]}; on {', '.join(sessions)}"
        )
    leaves = jax.tree_util.tree_leaves_with_path(model)
    arrays = {
        jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf, np.float64)
        for path, leaf in leaves
        if hasattr(leaf, "dtype")
    }
    found = _named(arrays) | {"datasets": wanted}
    maps: dict[str, list[Any]] = {
        key: []
        for key in (
            "x_to_infac_W",
            "x_to_infac_b",
            "factors_to_logrates_W",
            "factors_to_logrates_b",
        )
    }
    for number in map(sessions.index, wanted):
        own = model.of_session(number).holding_last_offset()
        if own.read_in is not None:
            weights = np.asarray(own.read_in.weights, np.float64)
            maps["x_to_infac_W"].append(weights)
            maps["x_to_infac_b"].append(-np.asarray(own.read_in.offset, np.float64) @ weights)
        maps["factors_to_logrates_W"].append(np.asarray(own.read_out.weights, np.float64))
        maps["factors_to_logrates_b"].append(np.asarray(own.read_out.bias, np.float64))
    return found | maps
