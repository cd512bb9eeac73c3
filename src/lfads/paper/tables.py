"""Settings and data of every network of a page, as tables (the paper's Supplementary Tables 1 and 2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lfads.config import read_config
from lfads.paper.size import Size
from lfads.training.folder import is_done, read_summary

SETTINGS = {
    "factors": ("model", "num_factors"),
    "generator": ("model", "generator_size"),
    "encoders": ("model", "encoder_size"),
    "controller": ("model", "controller_size"),
    "initial condition": ("model", "initial_condition_size"),
    "inferred inputs": ("model", "num_inferred_inputs"),
    "read-in": ("model", "read_in_size"),
    "batch": ("training", "batch_size"),
    "ramp (epochs)": ("training", "ramp_epochs"),
    "learning rate": ("hyperparameters", "learning_rate"),
    "dropout": ("hyperparameters", "dropout_rate"),
    "coordinated dropout": ("hyperparameters", "coordinated_dropout_rate"),
    "KL weight, initial condition": ("hyperparameters", "initial_condition_kl_weight"),
    "KL weight, inputs": ("hyperparameters", "inferred_input_kl_weight"),
}
"""Names in the table, and where the settings stand in a run's config.toml."""


class Tables(NamedTuple):
    """Rows of words, the header first; a row for each network."""

    settings: list[list[str]]
    data: list[list[str]]


def tables_of(networks: Path, names: list[str], seed: int, size: Size) -> Tables:
    """Settings and data of the trained networks of these experiments, of one seed and size.

    Parameters
    ----------
    networks
        Folder of runs, named EXPERIMENT-CASE-METHOD-seedN-SIZE-DIGEST.
    names
        Of experiments.
    seed, size
        Whose networks are listed.
    """
    settings = [["network", *SETTINGS, "epochs", "best epoch"]]
    data = [["network", "sessions", "trials (training, validation)", "bins", "bin (ms)", "neurons"]]
    ending = f"-seed{seed}-{size.name}-"
    for folder in sorted(networks.rglob(f"*{ending}*")):
        name = folder.name.partition(ending)[0]
        if name.split("-")[0] in names and is_done(folder):
            summary = read_summary(folder)
            title = name.replace("-", ", ").replace("_", " ")
            settings.append([title, *_settings(folder, summary)])
            data.append([title, *_data(summary["data"])])
    return Tables(settings, data)


def _settings(folder: Path, summary: Mapping[str, Any]) -> list[str]:
    config = read_config(folder / "config.toml")
    values = [getattr(getattr(config, table), name) for table, name in SETTINGS.values()]
    return [*(f"{value:g}" for value in values), str(summary["epochs"]), str(summary["best_epoch"])]


def _data(data: Mapping[str, Any]) -> list[str]:
    neurons = sorted({session["num_neurons"] for session in data["shapes"]["sessions"]})
    return [
        str(len(data["sessions"])),
        f"{data['trials']['train']}, {data['trials']['valid']}",
        str(data["shapes"]["num_bins"]),
        f"{1000 * data['bin_width_s']:g}",
        "–".join(str(each) for each in dict.fromkeys((neurons[0], neurons[-1]))),
    ]
