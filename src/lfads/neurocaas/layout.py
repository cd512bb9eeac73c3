"""Keys of a bucket as NeuroCAAS lays it out: a folder for each group, and in it inputs to results."""

import hashlib
import re
from typing import NamedTuple

INPUTS, CONFIGS, SUBMISSIONS, RESULTS = "inputs", "configs", "submissions", "results"
CONFIG_ENDINGS = (".yaml", ".yml", ".json", ".toml")
SUBMITTED = "submit.json"
"""How keys of submissions end."""

CERTIFICATE = "logs/certificate.txt"
PROCESS_RESULTS = "process_results"
END, UPDATE = f"{PROCESS_RESULTS}/end.txt", f"{PROCESS_RESULTS}/update.txt"
END_TEXT = b"end of analysis marker"
HIDDEN = "internal_ec2_logs"
"""Of a folder of results, what clients do not show."""

CLAIM = f"{HIDDEN}/submission.json"
"""Which submission a folder of results belongs to."""

BILLING, ACTIVE = "logs", "logs/active"
"""At the top of a bucket: what jobs took."""

NO_GROUPS = frozenset({"logs", "active"})
"""Names that no group can have: what jobs took is in folders of these."""

BUDGETS = "budgets.json"
"""Beside the groups: hours that each may use."""

MARK = f"{BILLING}/.lfads-serves.json"
"""Which process serves a bucket."""

_TIMESTAMP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}")


class Folder(NamedTuple):
    """The folder of results of a submission."""

    prefix: str

    def key(self, name: str) -> str:
        """Of a file in it."""
        return f"{self.prefix}/{name}"

    def status(self, name: str) -> str:
        """Where the status of a data set is."""
        return self.key(f"logs/DATASET_NAME:{name}_STATUS.txt")

    def result(self, name: str) -> str:
        """Where a result is."""
        return self.key(f"{PROCESS_RESULTS}/{name}")


def results_of(group: str, bucket: str, timestamp: str) -> Folder:
    """The folder of results of a submission, by its timestamp.

    >>> results_of("lab", "autolfads-torch", "1700000000").prefix
    'lab/results/job__autolfads-torch_1700000000'
    """
    return Folder(f"{group}/{RESULTS}/job__{bucket}_{timestamp}")


def refused_results(group: str, bucket: str, timestamp: str, identity: str) -> Folder:
    """The folder of a submission that may not use that of its timestamp, or has none.

    >>> refused_results("lab", "autolfads-torch", "", "lab/submissions/submit.json@1").prefix
    'lab/results/job__autolfads-torch_refused-5757cc'
    """
    digest = hashlib.blake2b(identity.encode(), digest_size=3).hexdigest()
    name = f"{timestamp}_refused-{digest}" if timestamp else f"refused-{digest}"
    return results_of(group, bucket, name)


def is_timestamp(text: str) -> bool:
    """Whether a text can name a folder of results.

    >>> is_timestamp("1700000000"), is_timestamp("../x"), is_timestamp("")
    (True, False, False)
    """
    return _TIMESTAMP.fullmatch(text) is not None


def base_name(key: str) -> str:
    """What stands behind the last slash, as status files are named by: of a folder nothing.

    >>> base_name("lab/inputs/monday.h5"), base_name("lab/inputs/week/")
    ('monday.h5', '')
    """
    return key.rpartition("/")[2]
