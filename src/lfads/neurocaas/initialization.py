"""Step 1 of a submission: what is asked for, and a folder of results that is its own.

It may be done again from its beginning, as after a server was killed; so may every step.
"""

import json
from dataclasses import replace

from lfads.checks import UserError, first_of
from lfads.guarded.texts import json_object
from lfads.neurocaas.buckets import Bucket, Entry
from lfads.neurocaas.layout import CERTIFICATE, CLAIM, END, Folder, refused_results, results_of
from lfads.neurocaas.record import Dataset, Record, id_of
from lfads.neurocaas.server import STEPS, Server, done, refused
from lfads.neurocaas.submission import names_of, parsed, timestamp_of


def initialized(
    server: Server, identity: str, group: str, text: str, entry: Entry, now: float
) -> Record:
    """Step 1: what is asked for, and its own folder of results.

    Parameters
    ----------
    server
        What it works with.
    identity
        Of the submission.
    group
        Whose it is.
    text
        Of its file.
    entry
        Of its file.
    now
        Seconds since 1970.
    """
    bucket = server.bucket
    record = Record(
        id=id_of(identity), identity=identity, group=group, text=text, results="", seen_at=now
    )
    timestamp = timestamp_of(text)
    try:
        asked = parsed(text, group, bucket.name)
    except UserError as error:
        asked, mistake = None, error
    else:
        mistake = None
    folder = results_of(group, bucket.name, timestamp)
    folder = Folder(asked.results) if asked is not None and asked.results else folder
    aside = refused_results(group, bucket.name, timestamp, identity)
    owner = _owner(bucket, folder, identity, entry) if timestamp else "another"
    is_over = owner == "over"
    wanted = folder
    if owner == "another":
        folder = aside
        is_over = _owner(bucket, aside, identity, entry) == "over"
    if is_over:
        return replace(record, results=folder.prefix, stage="ended")
    _claim(bucket, folder, identity)
    record = replace(record, results=folder.prefix)
    if mistake is not None or asked is None:
        return refused(record, mistake or UserError("nothing was asked for"), f"{STEPS[1]} failed")
    if owner == "another":
        used = UserError(
            f"`timestamp` {timestamp!r} was used before: its results are in {wanted.prefix} and stay as "
            "they are. Choose a new one"
            if not asked.results
            else f"`resultpath` {wanted.prefix} holds other files, which stay as they are. Choose a new one"
        )
        return refused(record, used, "timestamp used before")
    names = names_of(asked.data)
    datasets = tuple(
        Dataset(key=key, name=name) for key, name in zip(asked.data, names, strict=True)
    )
    record = replace(record, datasets=datasets, config=asked.config).said(done(1))
    if asked.instance_type:
        note = (
            f"instance_type {asked.instance_type!r} is not used: jobs run on the server's machine"
        )
        record = record.said(f"[Job Manager] {note}")
    if asked.unknown:
        names = first_of([repr(name) for name in asked.unknown], 5)
        record = record.said(f"[Job Manager] fields that are not known change nothing: {names}")
    return record


def _owner(bucket: Bucket, folder: Folder, identity: str, entry: Entry) -> str:
    """Whose a folder of results is: `ours`, `another`'s, or of a submission that is `over`."""
    found = {one.key: one for one in bucket.entries(f"{folder.prefix}/")}
    if not found:
        return "ours"
    has_ended = folder.key(END) in found
    if folder.key(CLAIM) in found:
        is_ours = _claimed_by(bucket.read(folder.key(CLAIM))) == identity
        return ("over" if has_ended else "ours") if is_ours else "another"
    # Of another implementation of the contract: what it did since is not done again.
    last = [folder.key(END), folder.key(CERTIFICATE)]
    since = [found[key].modified_at for key in last if key in found]
    return "over" if max(since, default=0.0) >= entry.modified_at else "another"


def _claimed_by(content: bytes) -> object:
    """The identity of the submission that a folder belongs to; None where that cannot be read."""
    try:
        return json_object(content, CLAIM, "").get("identity")
    except UserError:
        return None


def _claim(bucket: Bucket, folder: Folder, identity: str) -> None:
    bucket.write(folder.key(CLAIM), json.dumps({"identity": identity}).encode())
