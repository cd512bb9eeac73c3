"""Step 2 of a submission: its data and settings are there and go together, and its group has hours left."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from lfads.checks import Problems, UserError, many
from lfads.config.imported_files import LARGEST_BYTES
from lfads.neurocaas.buckets import Bucket, Entry, entry_of
from lfads.neurocaas.budgets import budget_of
from lfads.neurocaas.job_config import read_job_config
from lfads.neurocaas.layout import base_name
from lfads.neurocaas.limits import DATASET_SIZE, MULTISESSION, Limits
from lfads.neurocaas.record import Record
from lfads.neurocaas.server import Server, done

ROOM_SHARE = 0.9
"""Of the room on the disk, that data of one submission may take."""


def validated(server: Server, record: Record) -> Record:
    """Step 2: data and settings are there and go together, and the group has hours left.

    Raises
    ------
    UserError
        With all that is wrong.
    """
    problems = Problems()
    limits = problems.attempt(_limits, server.bucket, record)
    sizes = [
        problems.attempt(
            _data_bytes, server.bucket, one.key, limits or Limits(), limits is not None
        )
        for one in record.datasets
    ]
    problems.raise_if_any()
    room = shutil.disk_usage(server.records.place).free * ROOM_SHARE
    if (total := sum(size or 0 for size in sizes)) > room:
        raise RuntimeError(
            f"the data take {total / 1e9:.3g} GB; the server has room for {room / 1e9:.3g} GB"
        )
    return _budgeted(server, record, limits or Limits()).said(done(2))


def _limits(bucket: Bucket, record: Record) -> Limits:
    """What the settings say to the platform."""
    found = entry_of(bucket, record.config)
    if found is None:
        raise UserError(f"there is no config {record.config} in the bucket")
    if found.num_bytes > LARGEST_BYTES:
        raise UserError(f"{record.config} is too large for a configuration")
    try:
        content = bucket.read(record.config)
    except FileNotFoundError:
        raise UserError(f"{record.config} is not in the bucket any more") from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / base_name(record.config)
        path.write_bytes(content)
        try:
            return read_job_config(path).limits
        except UserError as error:
            raise UserError(str(error).replace(f"{folder}/", "")) from error


def _data_bytes(bucket: Bucket, key: str, limits: Limits, is_known: bool) -> int:
    """How large data are that are there, and go with the settings where those are known."""
    files = files_at(bucket, key)
    if not files:
        raise UserError(f"there are no data {key} in the bucket")
    is_folder = files[0].key != key
    if is_known and is_folder and not limits.is_multisession:
        raise UserError(
            f"{key} is a folder: one model of its {many(len(files), 'file')} needs `{MULTISESSION}: True` "
            "in the config; models of their own need a list of files as `dataname`"
        )
    names = [base_name(one.key) for one in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{key} has several files of the name {twice[0]}: sessions are named by it")
    size = sum(one.num_bytes for one in files)
    if limits.data_bytes is not None and size > limits.data_bytes:
        raise UserError(
            f"{key} has {size / 1e9:.3g} GB, more than the {limits.data_bytes / 1e9:.3g} GB of "
            f"`{DATASET_SIZE}` in the config"
        )
    return size


def files_at(bucket: Bucket, key: str) -> list[Entry]:
    """The file of a key; or else all those below a folder."""
    found = bucket.entries(key)
    exact = [one for one in found if one.key == key]
    return exact or [one for one in found if one.key.startswith(f"{key.rstrip('/')}/")]


def _budgeted(server: Server, record: Record, limits: Limits) -> Record:
    """With the hours that its jobs may run, and that are reserved for them.

    A job without `__duration__` may use what its group has left; only what was said is reserved.
    """
    try:
        budget = budget_of(server.bucket, record.group)
    except UserError as error:  # no mistake of who submits
        raise RuntimeError(str(error)) from error
    jobs = len(record.datasets)
    hours = min(server.hours, limits.hours or server.hours)
    reserved = jobs * (limits.hours or 0.0)
    if budget is None:
        return replace(record, hours=hours, reserved_hours=reserved)
    left = budget - server.billing.hours_of(record.group) - server.open_hours(record)
    if left <= 0 or reserved > left:
        asked = f"{reserved:.3g} h are asked for" if reserved else "none is"
        raise UserError(
            f"the budget of {record.group} is {budget:.4g} h, of which {max(left, 0.0):.4g} h are left; "
            f"{asked if reserved else 'nothing more can run'}"
        )
    return replace(record, hours=min(hours, left / jobs), reserved_hours=reserved)
