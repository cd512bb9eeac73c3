"""What was asked of a job: one of our commands, its data by fingerprint, its settings; and its identity."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lfads.checks import Problems

OUT: Mapping[str, str] = {
    "train": "run",
    "search": "run",
    "adapt": "run",
    "leave-one-out": "run",
    "baseline": "run",
    "infer": "posterior.nc",
    "report": "report.html",
    "analyse": "analyses",
    "compare": "compared",
    "reproduce": "reproduced",
    "evaluate": "",
    "null": "",
    "calibrate": "",
    "export": "",
    "neurocaas run": "result",
}
"""Commands that may be jobs, and what they write into the job's folder; some write beside their run."""

OF_SERVICES = ("neurocaas run",)
"""Commands that a service of ours queues. They take where they write as their last word, and go on by
themselves with what is there."""

SETTINGS_COMMANDS = ("train", "search", "adapt", "leave-one-out")
RESUMED = (*SETTINGS_COMMANDS, "null", "calibrate")
"""Commands that go on with `--resume`; others begin anew."""

TRAINED = ("train", "search", "leave-one-out")
"""Commands whose inputs are data files alone."""

ON_RUNS = (
    "infer", "evaluate", "report", "analyse", "null", "calibrate", "adapt", "compare", "export"
)  # fmt: skip
"""Commands whose first input is a run."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A command, without where it writes to.

    Parameters
    ----------
    command
        Of `lfads`, such as `train`.
    inputs
        Its words without a flag: files by their absolute paths, runs, names. `job:ID` stands for what the
        job of that id writes.
    settings
        Tables of settings that were given, as in config.toml.
    options
        Further words, such as `("--num-samples", "100")`.
    out
        Where the result is kept, an address such as s3://bucket/run; the job's folder if empty.
    data
        Fingerprints of data files, by path.
    version
        Of this library.
    """

    command: str
    inputs: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    out: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    def __post_init__(self) -> None:
        problems = Problems("job")
        problems.require(
            self.command in OUT,
            f"`command=` must be one of {', '.join(OUT)}; got {self.command!r}",
        )
        ours = [word for word in self.options if word.partition("=")[0] in _OURS]
        problems.require(
            not ours,
            f"a job says by itself where it writes and whether it resumes: leave out {ours}",
        )
        problems.require(
            not self.settings or self.command in SETTINGS_COMMANDS,
            f"`{self.command}` takes no settings",
        )
        problems.raise_if_any()

    def needed_jobs(self) -> list[str]:
        """Ids of jobs whose results it takes."""
        return [word.removeprefix(OF_JOB) for word in self.inputs if word.startswith(OF_JOB)]

    def identity(self) -> str:
        """A digest of command, data, settings and version: two jobs that ask for the same share it."""
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


OF_JOB = "job:"
_OURS = {"--out", "--resume", "--config"}


def asked_of(values: Mapping[str, Any]) -> Asked:
    """What `dataclasses.asdict` made of it, read from JSON."""
    texts = {name: tuple(map(str, values[name])) for name in ("inputs", "options")}
    return Asked(**{**values, **texts})


def words_of(asked: Asked, folder: Path, inputs: Sequence[str], *, resume: bool) -> list[str]:
    """The words after `lfads` that do the job.

    Parameters
    ----------
    asked
        The command.
    folder
        Of the job; `config.toml` in it holds the settings.
    inputs
        Those of `asked`, with runs in the place of jobs.
    resume
        Go on with what is there.

    Examples
    --------
    >>> asked = Asked(command="train", inputs=("/data/a.h5",), settings={"seed": 1})
    >>> words_of(asked, Path("/jobs/one"), asked.inputs, resume=True)[2:]
    ['--config', '/jobs/one/config.toml', '--out', '/jobs/one/run', '--resume']
    """
    words = [*asked.command.split(), *inputs]
    if asked.settings and asked.command == "adapt":
        words += _flags(asked.settings)
    elif asked.settings:
        words += ["--config", str(folder / "config.toml")]
    if OUT[asked.command]:
        out = asked.out or str(folder / OUT[asked.command])
        words += [out] if asked.command in OF_SERVICES else ["--out", out]
    if resume and asked.command in RESUMED:
        words.append("--resume")
    return [*words, *asked.options]


def _flags(settings: Mapping[str, Any], prefix: str = "--") -> list[str]:
    """Settings as flags, for the command that reads no file."""
    words: list[str] = []
    for name, value in settings.items():
        typed = f"{prefix}{name.replace('_', '-')}"
        if isinstance(value, Mapping):
            words += _flags(value, f"{typed}.")
        else:
            words += [typed, str(value)]
    return words
