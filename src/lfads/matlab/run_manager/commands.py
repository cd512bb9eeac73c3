"""What the classes of `+LFADS` ask for, each one call.

Datasets are named in `datasets`; their arrays are `s1`, `s2`, … in that order, in requests and in replies.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.config.run_manager import parameters
from lfads.formats.inferred.tensorflow1 import KIND
from lfads.matlab.functions import Given
from lfads.matlab.reply import Reply
from lfads.matlab.run_manager.aligned import Aligned, aligned
from lfads.matlab.run_manager.counts import RawCounts, raw_counts, rebinned
from lfads.matlab.run_manager.inputs import input_file, sizes_of_input, write_input
from lfads.paths import refuse_to_replace

Arrays = Mapping[str, Any]
Arguments = Mapping[str, Any]
_OF_SETTINGS = ("file", "folder", "datasets", "parameters", "added")
_OF_ALIGNMENT = ("num_components", "approach", "z_score")


def schema(arguments: Arguments, arrays: Arrays) -> Reply:
    """Names, defaults, places and texts of all parameters."""
    Given(arguments, ())
    return Reply({"parameters": [vars(one) for one in parameters()]})


def prepare(arguments: Arguments, arrays: Arrays) -> Reply:
    """Write the inputs of a run's datasets, aligned where `align` is true; then its settings, if asked."""
    known = ("bin_ms", "ratio", "data_hash", "align", *_OF_ALIGNMENT, *_OF_SETTINGS)
    given = Given(arguments, known)
    folder, names = Path(given.needed("folder")), given.texts("datasets")
    binned = _binned(given, names, arrays, "s")
    ratio = given.number("ratio") or 0.0
    matrices: list[Any] = [None] * len(binned)
    if given.switch("align"):
        by = _binned(given, names, arrays, "a") if "a1" in arrays else binned
        matrices = list(_aligned(given, by).components.sessions)
        for one, matrix in zip(binned, matrices, strict=True):
            if one.counts.shape[2] != len(matrix.bias):
                raise UserError(
                    f"dataset `{one.name}`: data for alignment have {len(matrix.bias)} channels, those to "
                    f"train on {one.counts.shape[2]}"
                )
    number = [
        write_input(
            folder, one, train_to_test_ratio=int(ratio) if ratio.is_integer() else 0,
            data_hash=given.text("data_hash") or "", matrix=matrix,
        )
        for one, matrix in zip(binned, matrices, strict=True)
    ]  # fmt: skip
    if "file" in arguments:
        settings({name: arguments[name] for name in _OF_SETTINGS if name in arguments}, {})
    return Reply({"num_training_trials": number, "num_trials": [len(one.counts) for one in binned]})


def align(arguments: Arguments, arrays: Arrays) -> Reply:
    """Alignment matrices of datasets, and the averages in the space that they share."""
    given = Given(arguments, ("datasets", "bin_ms", *_OF_ALIGNMENT))
    found = _aligned(given, _binned(given, given.texts("datasets"), arrays, "s"))
    return Reply({}, {"tool": found.arrays()})


def settings(arguments: Arguments, arrays: Arrays) -> Reply:
    """Write `lfads.toml` of a run."""
    from lfads.matlab.run_manager.settings import write_settings

    given = Given(arguments, _OF_SETTINGS)
    asked = arguments.get("parameters")
    if not isinstance(asked, dict):
        raise UserError("`parameters=` must be a struct of `c_…`")
    folder = Path(given.needed("folder"))
    inputs = [sizes_of_input(input_file(folder, name)) for name in given.texts("datasets")]
    tables = write_settings(Path(given.needed("file")), asked, given.texts("added"), inputs)
    return Reply({"settings": tables})


def posterior_means(arguments: Arguments, arrays: Arrays) -> Reply:
    """Fields of PosteriorMeans, a struct a dataset."""
    from lfads.matlab.run_manager import posterior_means as means

    given = Given(arguments, ("output", "inputs", "datasets", "kind"))
    output, inputs = Path(given.needed("output")), Path(given.needed("inputs"))
    kind = given.text("kind") or KIND
    found = {
        f"s{number}": means.posterior_means(output, inputs, name, kind)
        for number, name in enumerate(given.texts("datasets"), 1)
    }
    return Reply({}, found)


def fit_log(arguments: Arguments, arrays: Arrays) -> Reply:
    """Fields of FitLog."""
    from lfads.matlab.run_manager.fit_log import fit_log as log_in

    given = Given(arguments, ("output",))
    return Reply({}, {"log": log_in(Path(given.needed("output")))})


def trained(arguments: Arguments, arrays: Arrays) -> Reply:
    """Fields of ModelTrainedParams."""
    from lfads.matlab.run_manager.trained import trained_arrays

    given = Given(arguments, ("output", "datasets"))
    found = trained_arrays(Path(given.needed("output")), given.texts("datasets"))
    return Reply({}, {"trained": found})


def export(arguments: Arguments, arrays: Arrays) -> Reply:
    """Write arrays into an HDF5 file, axes reversed as MATLAB's own `h5write` does it."""
    from lfads.matlab.run_manager.exported import write_hdf5

    given = Given(arguments, ("file", "overwrite"))
    path = Path(given.needed("file"))
    refuse_to_replace(path, overwrite=given.switch("overwrite"))
    write_hdf5(path, arrays)
    return Reply({"file": str(path)})


def _binned(given: Given, names: list[str], arrays: Arrays, letter: str) -> list[RawCounts]:
    width = given.number("bin_ms") or 0.0
    if not names or width <= 0:
        raise UserError(
            f"expected datasets and `spikeBinMs` above 0; got {len(names)} and {width:g}"
        )
    raw = [raw_counts(name, arrays.get(f"{letter}{k}")) for k, name in enumerate(names, 1)]
    return [rebinned(one, width) for one in raw]


def _aligned(given: Given, binned: list[RawCounts]) -> Aligned:
    components = given.number("num_components") or 0.0
    approach = given.text("approach") or "regressGlobalPCs"
    return aligned(binned, int(components), approach, given.switch("z_score"))
