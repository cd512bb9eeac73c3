"""`fitlog.csv`: a row for each epoch of each member of a population, in the columns of AutoLFADS.

Likelihoods are nats per bin and neuron; terms and weights of KL and L2 are for one bin of one neuron, as
there: ours, of the sum over a trial, divided by its bins and neurons.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lfads.config import RunConfig
from lfads.files import write_text
from lfads.search.record import MemberRow, read_population
from lfads.search.resolve import search_of
from lfads.training.folder import stored_config
from lfads.training.tracking import read_metrics

HYPERPARAMETERS = {
    "hp/lr_init": "learning_rate",
    "hp/weight_decay": "weight_decay",
    "hp/dropout_rate": "dropout_rate",
    "hp/cd_rate": "coordinated_dropout_rate",
    "hp/kl_ic_scale": "initial_condition_kl_weight",
    "hp/kl_co_scale": "inferred_input_kl_weight",
    "hp/l2_gen_scale": "generator_l2_weight",
    "hp/l2_con_scale": "controller_l2_weight",
}
COLUMNS = (
    "epoch", "worker_id", "train/loss", "train/recon", "train/wt_l2", "train/wt_l2/ramp", "train/wt_kl",
    "train/wt_kl/ic", "train/wt_kl/co", "train/wt_kl/ramp", "valid/recon", "valid/recon_smth",
    "valid/bps", "valid/wt_kl", "valid/wt_kl/ic", "valid/wt_kl/co", "valid/wt_kl/ramp", "hp_metric",
    "cur_epoch", *HYPERPARAMETERS,
)  # fmt: skip


def write_fitlog(search: Path, samples_per_trial: float, path: Path) -> None:
    """Write the table of a search.

    Parameters
    ----------
    search
        Folder of the search.
    samples_per_trial
        Bins that are modelled times neurons, on average over sessions.
    path
        Of the table.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(fitlog(search, samples_per_trial))
    write_text(path, text.getvalue())


def fitlog(search: Path, samples_per_trial: float) -> Iterator[dict[str, Any]]:
    """Rows by epoch, then by member; what is not known of an epoch is empty."""
    config = stored_config(search)
    rows = {(row.generation, row.member): row for row in read_population(search / "population.csv")}
    for record in sorted(read_metrics(search / "epochs.jsonl"), key=_place):
        generation = generation_of(record["epoch"], config)
        if (row := rows.get((generation, record.get("member", -1)))) is not None:
            yield _row(record, row, samples_per_trial)


def generation_of(epoch: int, config: RunConfig) -> int:
    """In which generation an epoch was; the first one holds the ramp, too."""
    each = search_of(config).epochs_per_generation
    return max(1, -(-(epoch - (config.training.ramp_epochs or 0)) // each))


def _place(record: Mapping[str, Any]) -> tuple[int, int]:
    return record["epoch"], record.get("member", -1)


def _row(record: Mapping[str, Any], of: MemberRow, samples: float) -> dict[str, Any]:
    """One epoch of one member."""
    values = of.hyperparameters
    row = {
        "epoch": record["epoch"], "worker_id": of.member, "train/loss": record.get("train_loss"),
        "train/recon": record.get("train_nll"), "valid/recon": record.get("valid_nll"),
        "valid/recon_smth": record.get("valid_smoothed"), "valid/bps": record.get("valid_bits_per_spike"),
        "train/wt_l2": _per_sample(record.get("train_l2"), samples), "train/wt_l2/ramp": record.get("ramp"),
        "hp_metric": record.get("valid_smoothed"), "cur_epoch": record["epoch"],
    }  # fmt: skip
    for split in ("train", "valid"):
        parts = {
            name: _weighted(record.get(f"{split}_kl_{ours}"), values[f"{one}_kl_weight"], samples)
            for name, ours, one in (
                ("ic", "initial_condition", "initial_condition"),
                ("co", "inferred_inputs", "inferred_input"),
            )
        }
        row |= {f"{split}/wt_kl/{name}": value for name, value in parts.items()}
        known = [value for value in parts.values() if value is not None]
        row[f"{split}/wt_kl"] = sum(known) if len(known) == len(parts) else None
        row[f"{split}/wt_kl/ramp"] = record.get("ramp")
    for name, ours in HYPERPARAMETERS.items():
        row[name] = values[ours] / samples if ours.endswith("_weight") else values[ours]
    return row


def _per_sample(nats: float | None, samples: float) -> float | None:
    return None if nats is None else nats / samples


def _weighted(nats: float | None, weight: float, samples: float) -> float | None:
    """A divergence in nats per trial, weighted, for one sample."""
    return None if nats is None else nats * weight / samples
