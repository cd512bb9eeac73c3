"""The search of lfads-torch (`pbt` in its YAML, also AutoLFADS' one file on NeuroCAAS) as our `[search]`.

Ranges keep their numbers: those of weights are for one bin of one neuron there, which a range says here
(`per_sample`). Of what has no counterpart the names are given.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

from lfads.checks import UserError
from lfads.hyperparameters import HyperParameterConfig

LAWS = {"uniform": "uniform", "loguniform": "log_uniform"}
RANGE = ("min_samp", "max_samp", "init", "sample_fn", "explore_wt", "enforce_limits", "_target_")
WHOLE = {
    "num_samples": "population",
    "perturbation_interval": "epochs_per_generation",
    "patience": "patience_generations",
}
SCORES = ("valid/recon_smth",)
"""What ranks members, as it does here."""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value of a file is a finite number.

    >>> is_number(3), is_number(True), is_number(float("nan"))
    (True, False, False)
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < math.inf


class Searched(NamedTuple):
    """What a search became: our table, fields that it searches, and in words what else it said."""

    search: dict[str, Any]
    searched: set[str]
    not_used: list[str]


def search_of(
    pbt: Any,
    places: Mapping[str, str],
    per_sample: bool,
    ramp_epochs: int | None,
    most_epochs: int | None,
) -> Searched:
    """A table of `[search]`.

    Parameters
    ----------
    pbt
        Of the file.
    places
        Where each of their settings goes, such as `hyperparameters.learning_rate`.
    per_sample
        Whether weights are of a mean over bins and neurons.
    ramp_epochs
        Over which weights rise, as far as the file says it.
    most_epochs
        That a member trains, as far as the file says it.

    Raises
    ------
    UserError
        If it is no table, or a range lacks its limits.
    """
    if not isinstance(pbt, Mapping):
        raise UserError(f"`pbt` must be a table with `num_samples` and `hps`; got {pbt!r}")
    found: dict[str, Any] = {
        "method": "population",
        "selection": "tournament",
        "exploration": "perturb",
    }
    not_used: list[str] = []
    for key, value in pbt.items():
        if key in WHOLE and is_number(value):
            found[WHOLE[key]] = int(value)
        elif key == "min_improvement_ratio" and is_number(value):
            found["min_improvement"] = float(value)
        elif key not in ("hps", "burn_in_period") and not (key == "metric" and value in SCORES):
            not_used.append(f"pbt.{key} = {value}")
    each = found.get("epochs_per_generation")
    burn_in = pbt.get("burn_in_period")
    if burn_in is not None and (
        each is None or ramp_epochs is None or burn_in != ramp_epochs + each
    ):
        first = "the ramp and one generation"
        first += f", {ramp_epochs + each} epochs" if each and ramp_epochs is not None else ""
        not_used.append(
            f"pbt.burn_in_period = {burn_in} (members are first compared after {first})"
        )
    if most_epochs is not None and each:
        found["num_generations"] = max(1, (most_epochs - (ramp_epochs or 0)) // each)
    space, searched, others = _space(pbt.get("hps"), places, per_sample)
    if space:
        found["space"] = space
    return Searched(found, searched, [*not_used, *others])


def _space(
    hps: Any, places: Mapping[str, str], per_sample: bool
) -> tuple[dict[str, dict[str, Any]], set[str], list[str]]:
    """Ranges by our names, which of these there are, and what has no counterpart."""
    known = set(HyperParameterConfig.__dataclass_fields__)
    space: dict[str, dict[str, Any]] = {}
    not_used: list[str] = []
    for path, given in (hps if isinstance(hps, Mapping) else {}).items():
        where = f"pbt.hps.{path}"
        name = places.get(str(path).rpartition(".")[2].lower(), "").rpartition(".")[2]
        if not isinstance(given, Mapping) or name not in known:
            not_used.append(f"{where} (no population searches it here)")
        elif given.get("sample_fn") not in LAWS:
            not_used.append(
                f"{where} (sample_fn = {given.get('sample_fn')}: uniform and loguniform are known)"
            )
        else:
            if name in space:
                raise UserError(f"`{where}` and another of `pbt.hps` are one range here, `{name}`")
            space[name] = _range(given, where, per_sample and name.endswith("_weight"))
            not_used += [f"{where}.{key} = {v}" for key, v in given.items() if key not in RANGE]
    return space, set(space), not_used


def _range(given: Mapping[str, Any], where: str, per_sample: bool) -> dict[str, Any]:
    low, high = given.get("min_samp"), given.get("max_samp")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        raise UserError(
            f"`{where}` must have numbers `min_samp` and `max_samp`; got {low} and {high}"
        )
    found: dict[str, Any] = {
        "low": float(low),
        "high": float(high),
        "law": LAWS[given["sample_fn"]],
    }
    if isinstance(given.get("init"), int | float):
        found["start"] = float(given["init"])
    if isinstance(given.get("explore_wt"), int | float):
        found["width"] = float(given["explore_wt"])
    found["enforced"] = bool(given.get("enforce_limits", False))
    return {**found, "per_sample": True} if per_sample else found
