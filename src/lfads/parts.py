"""Parts by kind and name: those of this library, and those that installed packages add.

A part is what a model or a workflow is put together from: an observation, a prior, a generator, an
analysis. A package adds one through an entry point, whose group is `lfads.` and the kind:

    [project.entry-points."lfads.observations"]
    gamma = "my_package.gamma:Gamma"

Nothing is imported until a part is asked for; names are known without.
"""

import functools
import importlib
import inspect
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal, get_args

from lfads.checks import UserError, reason_of, suggestion

Kind = Literal[
    "observations", "priors", "generators", "augmentations", "simulations", "analyses", "baselines",
    "formats", "trackers",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
SINGULAR = {"analyses": "analysis"} | {kind: kind[:-1] for kind in KINDS if kind != "analyses"}

OURS: dict[Kind, dict[str, str]] = {
    "observations": {
        "poisson": "lfads.model.observations.poisson:Poisson",
        "negative_binomial": "lfads.model.observations.negative_binomial:NegativeBinomial",
        "bernoulli": "lfads.model.observations.bernoulli:Bernoulli",
        "gaussian": "lfads.model.observations.gaussian:Gaussian",
        "gamma": "lfads.model.observations.gamma:Gamma",
        "zero_inflated_gamma": "lfads.model.observations.zero_inflated_gamma:ZeroInflatedGamma",
    },
    "priors": {
        "autoregressive": "lfads.model.priors.autoregressive:Autoregressive",
        "gaussian": "lfads.model.priors.gaussian:Gaussian",
        "fixed_gaussian": "lfads.model.priors.gaussian:FixedGaussian",
        "learned_gaussian": "lfads.model.priors.gaussian:LearnedGaussian",
        "student_t": "lfads.model.priors.student_t:StudentT",
        "none": "lfads.model.priors.none:NoPrior",
    },
    "augmentations": {
        "coordinated_dropout": "lfads.augmentation.coordinated_dropout:CoordinatedDropout",
        "neuron_dropout": "lfads.augmentation.neuron_dropout:NeuronDropout",
        "spike_jitter": "lfads.augmentation.spike_jitter:SpikeJitter",
        "temporal_shift": "lfads.augmentation.temporal_shift:TemporalShift",
        "selective_backpropagation": (
            "lfads.augmentation.selective_backpropagation:SelectiveBackpropagation"
        ),
    },
    "generators": {
        "gru": "lfads.model.generators.gru:GRUGenerator",
        "vanilla_rnn": "lfads.model.generators.vanilla:VanillaRNN",
        "low_rank_rnn": "lfads.model.generators.low_rank:LowRankRNN",
        "residual_mlp": "lfads.model.generators.residual_mlp:ResidualMLP",
    },
    "simulations": {
        "lorenz": "lfads.simulate.lorenz:simulate_lorenz",
        "chaotic_rnn": "lfads.simulate.chaotic_rnn:simulate_chaotic_rnn",
        "chaotic_rnn_pulses": "lfads.simulate.catalogue:chaotic_rnn_pulses",
        "chaotic_rnn_strong": "lfads.simulate.catalogue:chaotic_rnn_strong",
        "chaotic_rnn_strong_pulses": "lfads.simulate.catalogue:chaotic_rnn_strong_pulses",
        "chaotic_rnn_sessions": "lfads.simulate.catalogue:chaotic_rnn_sessions",
        "pendulum": "lfads.simulate.pendulum:simulate_pendulum",
        "pendulum_traces": "lfads.simulate.catalogue:pendulum_traces",
        "integration_to_bound": "lfads.simulate.integration_to_bound:simulate_integration_to_bound",
        "flip_flop": "lfads.simulate.flip_flop:simulate_flip_flop",
        "reaching": "lfads.simulate.reaching:simulate_reaching",
        "reaching_jumps": "lfads.simulate.catalogue:reaching_jumps",
        "reaching_sessions": "lfads.simulate.catalogue:reaching_sessions",
        "oscillation": "lfads.simulate.oscillation:simulate_oscillation",
    },
    "analyses": {
        "decoding": "lfads.analysis.decoding:Decoding",
        "decoding_across": "lfads.analysis.decoding_across:DecodingAcross",
        "classification": "lfads.analysis.classification:Classification",
        "psth": "lfads.analysis.psth:PSTHs",
        "psth_correlations": "lfads.analysis.psth_correlations:PSTHCorrelations",
        "jpca": "lfads.analysis.jpca:JPCA",
        "dpca": "lfads.analysis.dpca:DPCA",
        "reaction_time": "lfads.analysis.reaction_time:ReactionTime",
        "cis_and_rotation": "lfads.analysis.cis_projection:CisAndRotation",
        "embedding": "lfads.analysis.embedding:Embedding",
        "inputs_around_events": "lfads.analysis.inputs_around_events:InputsAroundEvents",
        "coherence": "lfads.analysis.coherence:Coherence",
        "few_shot": "lfads.analysis.few_shot:FewShot",
        "video_initial_conditions": "lfads.analysis.video_initial_conditions:VideoInitialConditions",
        "video_rotations": "lfads.analysis.video_rotations:VideoRotations",
        "video_sessions": "lfads.analysis.video_sessions:VideoSessions",
        "fixed_points": "lfads.analysis.fixed_points:FixedPoints",
    },
    "formats": {
        "netcdf": "lfads.results.netcdf_format:NetCDF",
        "mat": "lfads.results.mat:Mat",
        "mat73": "lfads.results.mat73:Mat73",
        "lfads_torch": "lfads.formats.inferred.lfads_torch:LFADSTorch",
        "lfads_tf1": "lfads.formats.inferred.tensorflow1:LFADSTF1",
        "autolfads_tf2": "lfads.formats.inferred.tensorflow2:AutoLFADSTF2",
        "nwb": "lfads.recordings.nwb.results:NWB",
        "run_manager": "lfads.formats.inferred.run_manager:RunManager",
        "nlb": "lfads.nlb.submission:NLBSubmission",
    },
    "baselines": {
        "smoothing": "lfads.baselines.smoothing:Smoothing",
        "gpfa": "lfads.baselines.gpfa:GPFA",
        "vlgp": "lfads.baselines.vlgp:VLGP",
        "pflds": "lfads.baselines.pflds:PfLDS",
        "psth": "lfads.baselines.psth:PSTH",
        "constant": "lfads.baselines.constant:Constant",
    },
    "trackers": {
        "csv": "lfads.terminal.trackers.csv_table:CSV",
        "tensorboard": "lfads.terminal.trackers.tensorboard:TensorBoard",
        "wandb": "lfads.terminal.trackers.wandb:WandB",
    },
}
"""Where our own parts stand."""

_SLOW_S = 3.0  # a part that takes longer to import is named, since every command waits for it


@dataclass(frozen=True)
class Part:
    """Where a part stands, and which distribution brings it."""

    kind: Kind
    name: str
    target: str
    distribution: str = "lfads"
    version: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it comes with this library."""
        return self.distribution == "lfads"

    @property
    def title(self) -> str:
        """Kind, name and source, for a message."""
        return f"{SINGULAR[self.kind]} `{self.name}` of {self.source}"

    @property
    def source(self) -> str:
        """The distribution with its version; ours has that of this library."""
        return f"{self.distribution} {self.version or metadata.version('lfads')}"

    def load(self) -> Any:
        """The object itself.

        Raises
        ------
        UserError
            If a part of another package cannot be imported, naming that package.
        """
        if self.is_ours:
            return _imported(self.target)
        started = time.monotonic()
        try:
            found = _imported(self.target)
        except Exception as error:  # the package of somebody else may raise anything
            raise UserError(
                f"the {self.title} cannot be imported from {self.target}: {type(error).__name__}: "
                f"{reason_of(error)}. Mend or uninstall {self.distribution}"
            ) from error
        if (took := time.monotonic() - started) > _SLOW_S:
            warnings.warn(f"importing the {self.title} took {took:.0f} s", stacklevel=2)
        return found


@contextmanager
def named_if_it_fails(part: Part) -> Iterator[None]:
    """What a part of another package raises becomes a UserError that names it; ours keeps its traceback."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # the package of somebody else may raise anything
        if part.is_ours:
            raise
        said = f"{type(error).__name__}: {reason_of(error)}"
        raise UserError(f"the {part.title} raised {said}. Mend it, or ask its authors") from error


def parts(kind: Kind) -> dict[str, Part]:
    """All parts of a kind by name: ours, then those of other packages by theirs.

    A part of another package whose name is taken is left out, with a warning that names the package.
    """
    found = {name: Part(kind, name, target) for name, target in OURS.get(kind, {}).items()}
    for part in _installed(kind):
        if (there := found.get(part.name)) is not None:
            warnings.warn(
                f"{part.distribution} {part.version} brings the {SINGULAR[kind]} `{part.name}`, which "
                f"{there.distribution} has already: that of {there.distribution} is used",
                stacklevel=2,
            )
        else:
            found[part.name] = part
    return found


def part(kind: Kind, name: str, needed_by: str = "") -> Part:
    """The part of a kind and name; `needed_by` asks for it, if not the user.

    Raises
    ------
    UserError
        If there is none, naming those that there are.
    """
    there = parts(kind)
    if name not in there:
        where = f"{needed_by}: " if needed_by else ""
        raise UserError(
            f"{where}there is no {SINGULAR[kind]} `{name}`.{suggestion(name, there)} "
            "That of another package is there once that is installed"
        )
    return there[name]


def sources_of(used: Mapping[Kind, Iterable[str]]) -> dict[str, str]:
    """From `kind/name` of each part to the distribution and version that bring it, to be remembered.

    >>> list(sources_of({"simulations": ["lorenz"]}))
    ['simulations/lorenz']
    """
    return {
        f"{kind}/{name}": part(kind, name).source for kind, names in used.items() for name in names
    }


def require_parts(remembered: Mapping[str, str], where: str) -> None:
    """A UserError if parts that a run was made with are not there, saying what to install."""
    for key, source in remembered.items():
        kind, _, name = key.partition("/")
        if kind not in KINDS:
            continue
        distribution, _, version = source.partition(" ")
        there = parts(kind).get(name)
        made_with = f"{where} was made with the {SINGULAR[kind]} `{name}` of {source}"
        if there is None:
            raise UserError(
                f"{made_with}, which is not there: `pip install {distribution}=={version}`"
            )
        if there.distribution != distribution:
            raise UserError(f"{made_with}; that name is now one of {there.source}: uninstall that")
        if not there.is_ours and there.version != version:
            warnings.warn(f"{made_with}; what is installed is {there.source}", stacklevel=2)


def load(kind: Kind, name: str) -> Any:
    """The object of a kind and name; a UserError if there is none, or it cannot be imported."""
    return part(kind, name).load()


def made(kind: Kind, name: str, choices: Mapping[str, Any], needed_by: str = "") -> Any:
    """The object of a part that is a class, with its choices.

    Raises
    ------
    UserError
        If there is no such part or choice, or a value is refused.
    """
    return made_of(part(kind, name, needed_by), choices)


def made_of(which: Part, choices: Mapping[str, Any]) -> Any:
    """The object of a part that is a class, with its choices; raises as `made` does."""
    found = which.load()
    known = inspect.signature(found).parameters
    for choice in choices:
        if choice not in known:
            raise UserError(
                f"{SINGULAR[which.kind]} `{which.name}` has no choice `{choice}`."
                f"{suggestion(choice, known)}"
            )
    try:
        return found(**choices)
    except (TypeError, ValueError) as error:
        raise UserError(f"the {which.title}: {reason_of(error)}") from error


def _imported(target: str) -> Any:
    module, _, attribute = target.partition(":")
    if not attribute:
        raise UserError(f"expected `module:object`; got {target!r}")
    return getattr(importlib.import_module(module), attribute)


@functools.cache
def _entry_points() -> Any:  # of another type in Python 3.11 than later
    """All of them: looking through what is installed takes longer than anything else here."""
    return metadata.entry_points()


@functools.cache
def _installed(kind: Kind) -> tuple[Part, ...]:
    """Entry points of installed packages, in an order that does not depend on the file system."""
    found = [
        Part(kind, point.name, point.value, point.dist.name, point.dist.version)
        for point in _entry_points().select(group=f"lfads.{kind}")
        if point.dist is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.distribution)))
