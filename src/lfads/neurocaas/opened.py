"""A bucket by the place that users name it by."""

from pathlib import Path

from lfads.files import PathLike, address_of
from lfads.neurocaas.buckets import Bucket
from lfads.neurocaas.folder_bucket import FolderBucket
from lfads.neurocaas.stored_bucket import StoredBucket


def open_bucket(place: PathLike) -> Bucket:
    """A bucket at an address such as `s3://name` or `s3://name/folder`, or a folder of the same layout.

    Raises
    ------
    UserError
        If it is neither.
    """
    if address := address_of(place):
        return StoredBucket(address)
    return FolderBucket(Path(place))
