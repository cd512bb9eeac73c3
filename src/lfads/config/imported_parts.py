"""What classes in lfads-torch's YAML (`_target_`) are here: settings, or nothing that need be said."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

AS_HERE = {
    "LFADS", "AugmentationStack", "CoordinatedDropout", "AutoregressiveMultivariateNormal",
    "MultivariateNormal", "Poisson", "Gaussian", "ModuleList", "Linear", "FanInLinear", "Identity",
    "BasicDataModule", "Trainer", "HyperParam",
}  # fmt: skip
"""Classes whose part our network, training and search have by themselves."""

OBSERVATIONS = {"Poisson": "poisson", "Gaussian": "gaussian"}
OF_THE_PROGRAM = ("callbacks", "logger", "posterior_sampling")
"""Tables about the program that trains, no settings of a network."""

AS_HERE_ALWAYS = {"variational": True, "recon_reduce_mean": True, "nll_mean": True, "shuffle": True}
"""Settings whose value is what is done here."""


class Parts(NamedTuple):
    """Settings that classes are, by their places; paths that need not be said; and what is not there."""

    settings: dict[str, Any]
    silent: set[str]
    no_coordinated_dropout: bool = False


def parts_of(values: Mapping[str, Any]) -> Parts:
    """What the classes of a file say.

    Parameters
    ----------
    values
        Of the file, nested.
    """
    model = values.get("model")
    model = model if isinstance(model, Mapping) else {}
    settings: dict[str, Any] = {}
    silent = {path for path, name in _targets(values, "") if name in AS_HERE}
    reconstruction = _class_of(model.get("reconstruction"))
    if reconstruction in OBSERVATIONS:
        settings["model.observation"] = OBSERVATIONS[reconstruction]
    prior = model.get("ic_prior")
    if _class_of(prior) == "MultivariateNormal" and isinstance(prior, Mapping):
        if isinstance(prior.get("variance"), int | float):
            settings["model.initial_condition_prior_variance"] = float(prior["variance"])
        own = {"variance", "shape"} | (set() if prior.get("mean") else {"mean"})
        silent |= {f"model.ic_prior.{key}" for key in own}
    silent.add("model.co_prior.shape")
    prior = model.get("co_prior")
    settings["model.inferred_input_prior"] = "autoregressive"  # where nothing else is said
    if _class_of(prior) == "MultivariateNormal" and isinstance(prior, Mapping):
        settings["model.inferred_input_prior"] = "gaussian"
        if isinstance(prior.get("variance"), int | float):
            settings["model.prior_variance"] = float(prior["variance"])
        silent |= {"model.co_prior.variance"} | (
            set() if prior.get("mean") else {"model.co_prior.mean"}
        )
    silent |= _of_linear_maps(model)
    read_in = model.get("readin")
    if isinstance(read_in, Mapping) and "Multisession" in _class_of(read_in):
        settings |= _of_sessions(read_in, model.get("encod_data_dim"))
        own = ("_target_", "datafile_pattern", "pcr_init", "requires_grad")
        silent |= {f"model.readin.{key}" for key in own}
        silent |= {f"model.{key}._target_" for key in ("readout", "reconstruction")}
        silent |= {"multisession", "model.readout.pcr_init"}
    stack = model.get("train_aug_stack")
    classes = {name for _, name in _targets(stack, "")} if isinstance(stack, Mapping) else None
    return Parts(settings, silent, classes is not None and "CoordinatedDropout" not in classes)


def _of_linear_maps(model: Mapping[str, Any]) -> set[str]:
    """Sizes of a read-out that the number of factors and the data say."""
    read_out = model.get("readout")
    modules = read_out.get("modules") if isinstance(read_out, Mapping) else None
    one = modules[0] if isinstance(modules, list) and len(modules) == 1 else {}
    is_of_factors = isinstance(one, Mapping) and one.get("in_features") == model.get("fac_dim")
    return {"model.readout.modules.0.in_features"} if is_of_factors else set()


def _of_sessions(read_in: Mapping[str, Any], size: Any) -> dict[str, Any]:
    """Maps of several sessions: how wide, where they start, and whether they are trained."""
    found: dict[str, Any] = {
        "model.read_in_start": "conditions" if read_in.get("pcr_init", True) else "random",
        "training.session_weights": "session",
    }
    if isinstance(size, int) and size > 0:
        found["model.read_in_size"] = size
    if not read_in.get("requires_grad", False):
        found["training.freeze"] = "read_in"
    return found


def _class_of(value: Any) -> str:
    """The name of a class that a table names; empty without one."""
    target = value.get("_target_") if isinstance(value, Mapping) else None
    return target.rpartition(".")[2] if isinstance(target, str) else ""


def _targets(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Paths of `_target_`, each with the name of the class."""
    inside = enumerate(value) if isinstance(value, list) else ()
    for key, one in value.items() if isinstance(value, Mapping) else inside:
        place = f"{path}{key}"
        if key == "_target_":
            yield place, str(one).rpartition(".")[2]
        else:
            yield from _targets(one, f"{place}.")
