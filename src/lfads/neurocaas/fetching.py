"""Results of a job, from a bucket onto this machine: each file within one folder, and nowhere else."""

from pathlib import Path

from lfads.checks import UserError
from lfads.neurocaas.archive import unpack
from lfads.neurocaas.buckets import Bucket, Entry, is_safe, patiently, silent
from lfads.neurocaas.layout import HIDDEN, PROCESS_RESULTS, Folder
from lfads.neurocaas.sending import Say, Sent
from lfads.neurocaas.standing import is_result
from lfads.paths import printable


def fetch_results(
    bucket: Bucket,
    folder: Folder,
    out: Path,
    *,
    keep_packed: bool = False,
    overwrite: bool = False,
    say: Say = lambda text: None,
    sent: Sent = lambda name: silent,
) -> list[Path]:
    """Fetch what a job left, and what it said; archives are unpacked beside.

    Parameters
    ----------
    bucket
        That has them.
    folder
        Of the job.
    out
        Folder to write to, new or empty.
    keep_packed
        Leave archives as they are.
    overwrite
        Write into a folder that holds other files, too.
    say, sent
        As in `submit`.

    Raises
    ------
    UserError
        If there is nothing, a name leads out of the folder, or an archive is damaged.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"{printable(out)}: expected a folder for results; it is a file")
    if out.is_dir() and any(out.iterdir()) and not overwrite:
        raise UserError(
            f"{printable(out)} is not empty: choose a new folder, or `overwrite=True` to write into it"
        )
    found = patiently(lambda: bucket.entries(f"{folder.prefix}/"), "listing results", say)
    files = {one: out / name_on_disk(folder, one) for one in found if is_shown(folder, one.key)}
    if not files:
        raise UserError(
            f"{folder.prefix} has nothing yet: `lfads neurocaas status` says how the job stands"
        )
    written: list[Path] = []
    for one, path in files.items():
        patiently(lambda k=one.key, p=path: bucket.fetch(k, p, sent(k)), f"fetching {one.key}", say)
        written.append(path)
    if not keep_packed:
        for path in [path for path in written if path.suffix.lower() == ".zip"]:
            written += unpack(path, path.with_suffix(""))
    return written


def name_on_disk(folder: Folder, entry: Entry) -> str:
    """Where in a folder a file goes: results at its top, the rest as it is.

    Colons, which not every disk has in names, become `_`.

    Raises
    ------
    UserError
        If its name leads out of the folder.
    """
    key = entry.key.removeprefix(f"{folder.prefix}/")
    name = key.removeprefix(f"{PROCESS_RESULTS}/")
    if not is_safe(name):
        raise UserError(
            f"{printable(entry.key)}: its name leads out of a folder; it is not fetched"
        )
    return name.replace(":", "_")


def is_shown(folder: Folder, key: str) -> bool:
    """Whether a file of a job is for its user: results, the certificate, states."""
    if key.startswith(folder.key(f"{PROCESS_RESULTS}/")):
        return is_result(folder, key)
    return not key.startswith(folder.key(f"{HIDDEN}/"))
