"""`fitlog.csv`: a row for each epoch of each member of a population, in the columns of AutoLFADS.

Likelihoods are nats per bin and neuron; terms and weights of KL and L2 are for one bin of one neuron, as
there: ours, of the sum over a trial, divided by its bins and neurons.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lfads.files import write_text
from lfads.search.record import MemberRow, read_population
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
    rows = read_population(search / "population.csv")
    generations = _generations(rows)
    records = read_metrics(search / "epochs.jsonl")
    for record in sorted(records, key=lambda one: (one["epoch"], one["member"])):
        row = generations.get((record["epoch"], record["member"]))
        if row is not None:
            yield _row(record, row, samples_per_trial)


def _generations(rows: list[MemberRow]) -> dict[tuple[int, int], MemberRow]:
    raise NotImplementedError


def _row(record: Mapping[str, Any], of: MemberRow, samples: float) -> dict[str, Any]:
    raise NotImplementedError
