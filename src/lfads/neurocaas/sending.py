"""Send files to a bucket that are not in it yet, and replace nothing unasked."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lfads.checks import UserError, reason_of
from lfads.neurocaas.buckets import Away, Bucket, Entry, Heard, entry_of, patiently
from lfads.neurocaas.layout import CONFIGS
from lfads.paths import regular_file

MOST_COMPARED_BYTES = 2**28
"""Of a file that is read back to see whether it is the same, where the bucket does not say so."""

Say = Callable[[str], None]
Sent = Callable[[str], Heard]
"""Is told the name of a file that is sent; what it gives back, how much of it was."""


def send_config(send: "Sending", group: str, path: Path, name: str, timestamp: str) -> str:
    """Send a configuration; beside another one of its name, under one of its own."""
    key = f"{group}/{CONFIGS}/{name}"
    there = entry_of(send.bucket, key)
    if there is not None and send.is_same(there, path) is not True:
        stem, dot, suffix = name.rpartition(".")
        key = f"{group}/{CONFIGS}/{stem}-{timestamp}{dot}{suffix}"
        send.say(f"another {name} is in the bucket: this one is sent as {key}")
        there = None
    if there is None:
        send.file(path, key)
    return key


class Sending:
    """Sends files that are not in a bucket yet."""

    def __init__(self, bucket: Bucket, overwrite: bool, say: Say, sent: Sent) -> None:
        self.bucket, self.overwrite, self.say, self.sent = bucket, overwrite, say, sent

    def data(self, path: Path, key: str) -> str:
        """Send data unless they are there; others of the name are replaced only if that was asked for."""
        regular_file(path, "expected data")
        there = entry_of(self.bucket, key)
        same = None if there is None else self.is_same(there, path)
        if same:
            self.say(f"{key} is there already")
        elif there is None or self.overwrite:
            self.file(path, key)
        else:
            what = "others" if same is False else "perhaps others"
            raise UserError(
                f"{self.bucket.place} has {key} already, and these are {what}: rename the file, give the "
                "key to use what is there, or `overwrite=True` to replace it"
            )
        return key

    def is_same(self, there: Entry, path: Path) -> bool | None:
        """Whether a file is what lies in the bucket; None if that cannot be told."""
        if there.num_bytes != path.stat().st_size:
            return False
        if digest(path) in there.version:  # as S3 has it of files that were sent in one piece
            return True
        if there.num_bytes > MOST_COMPARED_BYTES:
            return None
        try:
            return self.bucket.read(there.key) == path.read_bytes()
        except (Away, FileNotFoundError) as error:  # inputs of NeuroCAAS can be written only
            self.say(f"{there.key} cannot be compared: {reason_of(error)}")
            return None

    def file(self, path: Path, key: str) -> None:
        """Send a file."""
        patiently(
            lambda: self.bucket.send(path, key, self.sent(key)), f"sending {path.name}", self.say
        )


def digest(path: Path) -> str:
    """The MD5 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
