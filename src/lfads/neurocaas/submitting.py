"""Submit a job to a bucket: what is not there is sent, and last of all what asks for the job."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfads.checks import UserError
from lfads.neurocaas.buckets import Bucket, is_safe, patiently, silent
from lfads.neurocaas.job_config import doubts_of, limits_in
from lfads.neurocaas.job_data import ENDINGS
from lfads.neurocaas.layout import (
    CONFIG_ENDINGS,
    CONFIGS,
    INPUTS,
    NO_GROUPS,
    SUBMISSIONS,
    SUBMITTED,
    Folder,
    results_of,
)
from lfads.neurocaas.limits import MULTISESSION
from lfads.neurocaas.sending import Say, Sending, Sent, send_config
from lfads.neurocaas.submission import parsed
from lfads.paths import printable, regular_file

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class Submitted:
    """A job that was asked for.

    Parameters
    ----------
    folder
        Where its results will be.
    timestamp
        Which names it.
    data, config
        Keys.
    """

    folder: Folder
    timestamp: str
    data: tuple[str, ...]
    config: str


def submit(
    bucket: Bucket,
    group: str,
    data: Sequence[str | Path],
    config: str | Path,
    *,
    name: str = "",
    instance_type: str = "",
    overwrite: bool = False,
    say: Say = lambda text: None,
    sent: Sent = lambda name: silent,
) -> Submitted:
    """Ask for a job.

    Parameters
    ----------
    bucket
        To submit to.
    group
        Whose folder of the bucket is used.
    data
        Files, a job each; or a folder or files of sessions, where the configuration says `multisession`. Of
        each a path of this machine, or a key that is in the bucket.
    config
        Path, or key.
    name
        Of the submission, and of a folder of sessions.
    instance_type
        A machine of Amazon's, for NeuroCAAS itself.
    overwrite
        Send data in the place of others of their names.
    say
        Told what is sent.
    sent
        As described.

    Raises
    ------
    UserError
        If something is not there, does not go together, or would replace other data.
    """
    check_group(bucket, group)
    check_name(name)
    if not data:
        raise UserError(
            "expected data: files, a folder of sessions, or keys in the bucket; got none"
        )
    timestamp = new_timestamp(bucket, group)
    if not any(bucket.entries(f"{group}/{one}/") for one in (INPUTS, CONFIGS)):
        say(f"{group} has nothing in {bucket.place} yet: is the name of the group right?")
    send = Sending(bucket, overwrite, say, sent)
    local = _local_config(config, group, say)
    multisession = local is not None and limits_in(local).is_multisession
    config_key = "" if local else _key_there(bucket, group, str(config), "a configuration")
    keys = _data_keys(send, group, data, multisession, local is None, name or timestamp)
    if local is not None:
        config_key = send_config(send, group, local, local.name, timestamp)
    return ask_for(
        bucket, group, keys, config_key, timestamp, name=name, instance_type=instance_type, say=say
    )


def ask_for(
    bucket: Bucket,
    group: str,
    data: Sequence[str],
    config: str,
    timestamp: str,
    *,
    name: str = "",
    instance_type: str = "",
    say: Say = lambda text: None,
) -> Submitted:
    """Write what asks for a job of data and a configuration that are in the bucket.

    Raises
    ------
    UserError
        If a server would refuse it.
    """
    values: dict[str, object] = {
        "dataname": data[0] if len(data) == 1 else list(data), "configname": config,
        "timestamp": timestamp,
    }  # fmt: skip
    if instance_type:
        values["instance_type"] = instance_type
    text = json.dumps(values, indent=1) + "\n"
    parsed(text, group, bucket.name)  # before it is there
    key = f"{group}/{SUBMISSIONS}/{f'{name}-' if name else ''}{timestamp}_{SUBMITTED}"
    patiently(lambda: bucket.write(key, text.encode()), f"writing {key}", say)
    return Submitted(results_of(group, bucket.name, timestamp), timestamp, tuple(data), config)


def check_name(name: str) -> None:
    """A UserError for what cannot be part of the name of a file; nothing is no name."""
    if name and not _NAME.fullmatch(name):
        raise UserError(
            f"`name=` must be letters, digits, . _ -; got {name!r}: it is part of names of files"
        )


def check_group(bucket: Bucket, group: str) -> None:
    """A UserError for what cannot be the folder of a group."""
    if not is_safe(group) or "/" in group or group in (*NO_GROUPS, ""):
        raise UserError(
            f"a group is the name of a folder at the top of {bucket.place}, and none of "
            f"{', '.join(sorted(NO_GROUPS))}; got {group!r}"
        )


def new_timestamp(bucket: Bucket, group: str) -> str:
    """One that no job of the group has: milliseconds since 1970."""
    number = int(time.time() * 1000)
    while bucket.entries(f"{results_of(group, bucket.name, str(number)).prefix}/"):
        number += 1
    return str(number)


def _local_config(config: str | Path, group: str, say: Say) -> Path | None:
    """The configuration on this machine, read once; None if a key is meant."""
    path = Path(config).expanduser()
    if not path.exists() and str(config).startswith(f"{group}/"):
        return None
    path = regular_file(path, "expected a configuration", missing="there is no configuration file")
    if path.suffix.lower() not in CONFIG_ENDINGS:
        raise UserError(f"{printable(path)}: a configuration ends in {', '.join(CONFIG_ENDINGS)}")
    if doubts := doubts_of(path):  # what is no configuration is refused here
        say(f"servers of lfads will refuse this, others may not: {doubts}")
    return path


def _data_keys(
    send: Sending,
    group: str,
    data: Sequence[str | Path],
    multisession: bool,
    open_: bool,
    name: str,
) -> tuple[str, ...]:
    """Keys of all data, which are in the bucket then.

    `open_`: what the configuration says is not known here, since it is in the bucket only.
    """
    paths = [Path(one).expanduser() for one in data]
    if not any(path.exists() for path in paths):
        return tuple(_key_there(send.bucket, group, str(one), "data") for one in data)
    for path, one in zip(paths, data, strict=True):
        if not path.exists():
            raise UserError(
                f"{printable(str(one))}: there are no such data on this machine; files here and keys of "
                "the bucket cannot be given together"
            )
    folders = [path for path in paths if path.is_dir()]
    if not folders and not multisession:
        return tuple(send.data(path, f"{group}/{INPUTS}/{path.name}") for path in paths)
    if folders and (len(paths) > 1 or not (multisession or open_)):
        raise UserError(
            f"{printable(folders[0])} is a folder: one folder of sessions needs `{MULTISESSION}: True` in "
            "the configuration; for a job of each file give the files"
        )
    files = _sessions(folders[0]) if folders else paths
    prefix = f"{group}/{INPUTS}/{folders[0].resolve().name if folders else name}/"
    names = {path.name for path in files}
    others = [
        one.key for one in send.bucket.entries(prefix) if one.key.removeprefix(prefix) not in names
    ]
    if others:
        raise UserError(
            f"{prefix} has other files already, such as {others[0]}, which would be sessions, too: rename "
            "the folder"
        )
    for path in files:
        send.data(path, f"{prefix}{path.name}")
    return (prefix,)


def _sessions(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not files:
        raise UserError(
            f"{printable(folder)}: holds no data: expected files of {', '.join(ENDINGS)}"
        )
    return files


def _key_there(bucket: Bucket, group: str, given: str, what: str) -> str:
    """A key of the bucket, also given as an address, where something lies."""
    key = given.removeprefix(f"s3://{bucket.name}/").removeprefix(f"{bucket.place}/")
    if not key.startswith(f"{group}/") or not is_safe(key.removesuffix("/")):
        raise UserError(
            f"{printable(given)}: expected {what} on this machine, or a key within {group}/ of "
            f"{bucket.place}"
        )
    folder = f"{key.rstrip('/')}/"
    if not any(one.key == key or one.key.startswith(folder) for one in bucket.entries(key)):
        raise UserError(f"{bucket.place} has no {what} {printable(key)}")
    return key
