"""Settings of other implementations of LFADS as ours: names and numbers carried over, the rest named.

lfads-torch (YAML of Hydra, composed or one file with its search), AutoLFADS-TF2 (YAML of yacs) and the
original in TensorFlow 1 (flags, or JSON of them; `c_` before a name, as lfads-run-manager has it, counts
not). Names are told by their last part, whatever they are nested in. Weights of KL and L2 terms are of
a mean over bins and neurons there, so that these are needed for them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from lfads.checks import UserError
from lfads.config.imported_advice import what_to_do
from lfads.config.imported_names import NO_SIZES, Setting, Sizes, known_names
from lfads.config.imported_parts import AS_HERE_ALWAYS, OF_THE_PROGRAM, parts_of
from lfads.config.imported_search import Searched, is_number, search_of
from lfads.config.run_config import tables_of_config


class Carried(NamedTuple):
    """What a configuration became: tables of ours, and in words what else it said."""

    tables: dict[str, dict[str, Any]]
    not_used: list[str]
    from_data: list[str]

    @property
    def flat(self) -> dict[str, Any]:
        """The tables, and beside them settings of no table, as `RunConfig.from_dict` takes them."""
        return flat(self.tables)

    @property
    def differing(self) -> dict[str, str]:
        """Of `not_used` what would change the numbers there, each with what to do."""
        found = {text: what_to_do(text) for text in self.not_used}
        return {text: advice for text, advice in found.items() if advice is not None}


def flat(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Tables, and beside them settings of no table, which stand under the empty name.

    >>> flat({"model": {"num_factors": 3}, "": {"seed": 1}})
    {'seed': 1, 'model': {'num_factors': 3}}
    """
    return {**tables.get("", {}), **{name: table for name, table in tables.items() if name}}


_PLATEAU_OF_TF1 = ("learning_rate_decay_factor", "learning_rate_n_to_compare")


def is_of_another(values: Mapping[str, Any]) -> bool:
    """Whether settings have names that other implementations have, and this one has not.

    >>> is_of_another({"model": {"fac_dim": 20}}), is_of_another({"model": {"num_factors": 20}})
    (True, False)
    """
    own = {f.name for kind in tables_of_config().values() for f in fields(kind)}
    theirs = (
        (set(known_names(original=True, summed=False)) | FROM_DATA | {"pbt", "_target_"})
        - own
        - {"seed", "num_samples"}
    )
    names = {part.lower() for path, _ in _leaves(values) for part in path.split(".")}
    return bool(names & theirs) or "pbt" in values


_MEANS = ("recon_reduce_mean", "nll_mean")
"""Whether the likelihood is a mean over bins and neurons, so that weights are of that."""

FROM_DATA = frozenset({
    "encod_data_dim", "encod_seq_len", "recon_seq_len", "ext_input_dim", "ext_input_dims", "out_features",
    "data_dim", "seq_len", "num_samples", "data_paths", "datafile_pattern", "data_dir",
    "data_filename_stem",
})  # fmt: skip
"""Settings of others that data or commands say here."""


def carried_over(values: Mapping[str, Any], sizes: Sizes = NO_SIZES) -> Carried:
    """Settings of another implementation as tables of ours.

    Parameters
    ----------
    values
        As its file has them, nested or flat.
    sizes
        Of the data.

    Raises
    ------
    UserError
        If two of them say different things of one setting of ours, or nothing is known.

    Examples
    --------
    >>> given = {"model": {"fac_dim": 40, "kl_co_scale": 1e-5, "readin": {"_target_": "a.B"}}}
    >>> found = carried_over(given, Sizes(bins=100, neurons=50))
    >>> found.tables["model"], round(found.tables["hyperparameters"]["inferred_input_kl_weight"], 6)
    ({'num_factors': 40, 'inferred_input_prior': 'autoregressive'}, 0.05)
    >>> found.not_used
    ['model.readin._target_ = a.B']
    """
    pbt = values.get("pbt")
    values = {name: value for name, value in values.items() if name != "pbt"}
    leaves = dict(_leaves(values))
    autonomous = _of_no_controller(leaves)
    leaves = {path: value for path, value in leaves.items() if path not in autonomous}
    by_name = {_name(path): value for path, value in leaves.items()}
    original = bool(by_name.keys() & {"factors_dim", "keep_prob", "kl_increase_steps"})
    summed = any(by_name.get(name) is False for name in _MEANS)
    known = known_names(original=original, summed=summed)
    parts, searched = parts_of(values), Searched({}, set(), [])
    if pbt is not None:
        places = {name: setting.place for name, setting in known.items()}
        most = by_name.get("max_epochs")
        most = int(most) if is_number(most) else None
        searched = search_of(pbt, places, not summed, _ramp(by_name), most)
    tables: dict[str, dict[str, Any]] = {}
    said: dict[str, tuple[str, Any]] = {}
    not_used, from_data, of_program = list[str](), list[str](), dict[str, str]()
    for path, value in leaves.items():
        name = _name(path)
        setting = known.get(name)
        if name in FROM_DATA:
            from_data.append(path)
        elif (
            path in parts.silent or AS_HERE_ALWAYS.get(name) == value or (summed and name in _MEANS)
        ):
            continue
        elif (table := path.partition(".")[0]) in OF_THE_PROGRAM:
            of_program[table] = f"{table} (about the program that trains)"
        elif name == "lr_scheduler" and pbt is not None:
            not_used.extend([f"{path} = {value}"] if value else [])
        elif name == "lr_stop" and not by_name.get("lr_scheduler", True):
            continue  # of a course that is not run
        elif setting is None or not _is_of(setting, value):
            is_nothing = value in (None, [], 0) and AS_HERE_ALWAYS.get(name) is None
            not_used.extend([] if is_nothing else [f"{path} = {value}"])
        elif setting.place.rpartition(".")[2] in searched.searched:
            continue  # its range says where it starts
        elif pbt is not None and setting.place == "training.num_epochs":
            continue  # generations
        elif lacking := [size for size in setting.needs if not getattr(sizes, size)]:
            not_used.append(f"{path} = {value} (needs {' and '.join(lacking)} of the data)")
        else:
            if not (isinstance(value, bool | str) or is_number(value)):
                raise UserError(f"`{path}` must be a finite number; got {value}")
            number = setting.becomes(value, sizes)
            if number is None:
                continue
            before = said.setdefault(setting.place, (path, number))
            if before[1] != number:
                raise UserError(
                    f"`{before[0]}` and `{path}` are one setting here, `{setting.place}`, and differ: "
                    f"{before[1]} and {number}. Make them equal in a copy of the file"
                )
            _put(tables, setting.place, number)
    if not said:
        raise UserError(
            "no setting of lfads-torch, AutoLFADS-TF2 or LFADS in TensorFlow 1 was found: expected names "
            "such as `fac_dim` or `factors_dim`"
        )
    for place, value in parts.settings.items():
        _put(tables, place, value)
    if autonomous:
        _put(tables, "model.num_inferred_inputs", 0)
        del tables["model"]["inferred_input_prior"]
    if tables.get("model", {}).get("inferred_input_prior") != "autoregressive":
        tables.get("model", {}).pop("prior_correlation_bins", None)
    if parts.no_coordinated_dropout and "coordinated_dropout_rate" not in searched.searched:
        _put(tables, "hyperparameters.coordinated_dropout_rate", 0.0)
    if original and not by_name.keys().isdisjoint(_PLATEAU_OF_TF1):
        _put(tables, "training.learning_rate_schedule", "plateau")
    if pbt is not None:
        tables["search"] = searched.search
        tables.setdefault("training", {}).setdefault("learning_rate_schedule", "constant")
    if "cd_rate" in by_name or "coordinated_dropout_rate" in searched.searched:
        _put(tables, "objective.rescale_coordinated_dropout", False)
        _put(tables, "training.weight_average_decay", 0.0)
    return Carried(tables, [*not_used, *searched.not_used, *of_program.values()], from_data)


_OF_CONTROLLER = ("con_dim", "co_dim", "ci_enc_dim")


def _of_no_controller(leaves: Mapping[str, Any]) -> set[str]:
    """Paths of the controller's sizes, where one of them is 0, so that there is none."""
    sizes = {path: value for path, value in leaves.items() if path.endswith(_OF_CONTROLLER)}
    return set(sizes) if 0 in sizes.values() else set()


def _is_of(setting: Setting, value: Any) -> bool:
    """Whether a value can be carried over to a setting: a number, or one of its texts."""
    return value in setting.texts if isinstance(value, str) else isinstance(value, int | float)


def _name(path: str) -> str:
    """The last part of a path, without what lfads-run-manager puts before it."""
    return path.rpartition(".")[2].lower().removeprefix("c_")


def _put(tables: dict[str, dict[str, Any]], place: str, value: Any) -> None:
    table, _, field = place.rpartition(".")
    tables.setdefault(table, {})[field] = value


def _ramp(by_name: Mapping[str, Any]) -> int | None:
    """Epochs of the ramp, as far as a file says them."""
    found = [by_name.get(name) for name in ("kl_increase_epoch", "l2_increase_epoch")]
    return next((int(one) for one in found if is_number(one)), None)


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value):
                inner = one if isinstance(one, Mapping) else {"": one}
                yield from _leaves(inner, f"{path}.{number}.")
        else:
            yield path, value
