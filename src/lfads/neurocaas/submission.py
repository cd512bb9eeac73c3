"""A submission: the JSON that asks for a job, every field of it checked."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfads.checks import Problems, UserError, first_of, suggestion
from lfads.guarded.texts import json_object
from lfads.neurocaas.buckets import is_safe
from lfads.neurocaas.layout import CONFIG_ENDINGS, RESULTS, SUBMITTED, base_name, is_timestamp

FIELDS = ("dataname", "configname", "timestamp", "instance_type", "resultpath")
MOST_DATA = 100
"""Of one submission: a job each."""

LONGEST_NAME = 200
"""Of a file: it is copied to a disk under its name."""


@dataclass(frozen=True)
class Submission:
    """What is asked for.

    Parameters
    ----------
    data
        Keys of data, a job each: files, or folders of sessions.
    config
        Key of the settings.
    timestamp
        Chosen by the user; names the folder of results.
    instance_type
        A machine of Amazon's, which is noted only.
    results
        Prefix of results, where it is another than that of the timestamp; empty otherwise.
    unknown
        Names of fields that the contract does not know, which change nothing.
    """

    data: tuple[str, ...]
    config: str
    timestamp: str
    instance_type: str = ""
    results: str = ""
    unknown: tuple[str, ...] = ()


def timestamp_of(text: str) -> str:
    """The timestamp of a submission, whatever else is wrong with it; empty if none can be read.

    >>> timestamp_of('{"timestamp": 17}'), timestamp_of('{"timestamp": "a/b"}'), timestamp_of("{")
    ('17', '', '')
    """
    try:
        return timestamp_in(json_object(text, SUBMITTED, ""))
    except UserError:
        return ""


def timestamp_in(values: Mapping[str, Any]) -> str:
    """The timestamp among the fields of a submission; empty if there is none that can be used."""
    value = _as_text(values.get("timestamp"))
    return value if is_timestamp(value) else ""


def parsed(text: str, group: str, bucket: str) -> Submission:
    """A submission of a group.

    Parameters
    ----------
    text
        Of the file.
    group
        Whose folder it lies in; data and settings must lie there, too.
    bucket
        The name of the bucket.

    Raises
    ------
    UserError
        If something is missing or wrong: all of it, together.

    Examples
    --------
    >>> parsed('{"dataname": "a/x.h5", "configname": "a/c.yaml", "timestamp": "1"}', "a", "b").data
    ('a/x.h5',)
    """
    values = json_object(
        text, "submit.json", 'Expected {"dataname": …, "configname": …, "timestamp": …}'
    )
    problems = Problems("submit.json")
    unknown = tuple(name for name in values if name not in FIELDS)
    for name in unknown:  # those of a website that is newer than the contract are no mistakes
        meant = difflib.get_close_matches(name, FIELDS, n=1)
        problems.require(not meant, f"there is no field `{name}`.{suggestion(name, FIELDS)}")
    data = problems.attempt(_data, values, group, bucket) or ()
    config = problems.attempt(_config, values, group, bucket) or ""
    timestamp = _as_text(values.get("timestamp"))
    problems.require(
        is_timestamp(timestamp),
        "`timestamp` must be a text of letters, digits and . _ : + - that is new for each submission; got "
        f"{values.get('timestamp')!r}",
    )
    instance = values.get("instance_type") or ""
    problems.require(isinstance(instance, str), f"`instance_type` must be text; got {instance!r}")
    results = problems.attempt(_results, values, group, bucket) or ""
    problems.raise_if_any()
    return Submission(data, config, timestamp, instance, results, unknown)


def _data(values: Mapping[str, Any], group: str, bucket: str) -> tuple[str, ...]:
    given = values.get("dataname")
    found = given if isinstance(given, list) else [given]
    if not found or len(found) > MOST_DATA:
        raise UserError(f"`dataname` must be 1 to {MOST_DATA} keys; got {len(found)}")
    keys = tuple(_key("dataname", value, group, bucket) for value in found)
    names = names_of(keys)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"`dataname` names {first_of(twice, 3)} twice: states and results are kept by names of files"
        )
    return keys


def names_of(data: tuple[str, ...]) -> list[str]:
    """Names of data sets in keys of states: of a single one as NeuroCAAS has it, of several each its own.

    >>> names_of(("lab/inputs/a.h5",)), names_of(("lab/inputs/week/",))
    (['a.h5'], [''])
    >>> names_of(("lab/inputs/one/", "lab/inputs/two/"))
    ['one', 'two']
    """
    if len(data) == 1:
        return [base_name(data[0])]
    return [base_name(key.rstrip("/")) for key in data]


def _config(values: Mapping[str, Any], group: str, bucket: str) -> str:
    key = _key("configname", values.get("configname"), group, bucket)
    if not key.lower().endswith(CONFIG_ENDINGS):
        raise UserError(f"`configname` must end with {', '.join(CONFIG_ENDINGS)}; got {key!r}")
    return key


def _results(values: Mapping[str, Any], group: str, bucket: str) -> str:
    given = values.get("resultpath")
    if not given:
        return ""
    key = _key("resultpath", given, group, bucket).rstrip("/")
    if not key.startswith(f"{group}/{RESULTS}/"):
        raise UserError(f"`resultpath` must be a folder below {group}/{RESULTS}/; got {given!r}")
    return key


def _key(name: str, value: Any, group: str, bucket: str) -> str:
    """A key within the folder of the group, also where it is given as an address of the bucket."""
    if not isinstance(value, str) or not value:
        raise UserError(f"`{name}` must be a key such as {group}/inputs/data.h5; got {value!r}")
    key = value.removeprefix(f"s3://{bucket}/")
    if not is_safe(key.removesuffix("/")) or not key.startswith(f"{group}/"):
        raise UserError(
            f"`{name}` must be a key within {group}/ of this bucket ({bucket}); got {value!r}"
        )
    if len(base_name(key.rstrip("/")).encode()) > LONGEST_NAME:
        raise UserError(f"`{name}` has a name of more than {LONGEST_NAME} bytes: {value[:80]!r}…")
    return key


def _as_text(value: Any) -> str:
    """A text, or a whole number as one."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else value if isinstance(value, str) else ""
