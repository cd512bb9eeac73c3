"""Several kinds of channels together: spikes, field potentials, muscles, each with its own observation.

A channel's modality is a fixed value of its own, so that one network has channels of several; the
families of the modalities compute on all channels, and each channel takes what its own family says.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool

from lfads.checks import UserError, first_of
from lfads.data.modalities import are_counts
from lfads.model.observations.named import families_of
from lfads.model.observations.observation import (
    Moments,
    Observation,
    Parameters,
    Start,
)

MODALITY = "modality"
"""The value of each channel's modality: its place among those that the setting names."""


class Modalities(Observation):
    """Each channel by the observation of its modality; values of families are `FAMILY_NAME`."""

    kind = "real"

    def __init__(
        self,
        named: Iterable[tuple[str, str]],
        families: Mapping[str, Observation],
        places: np.ndarray | None = None,
    ) -> None:
        """`named` are modalities and names of their observations; `places` those of known channels."""
        self.names, self.of_names = zip(*named, strict=True)
        self.families, self.places = families, places
        each = self.families.items()
        self.num_read_outs = max(one.num_read_outs for one in self.families.values())
        self.learned = tuple(f"{name}_{own}" for name, one in each for own in one.learned)
        self.fixed = (MODALITY, *(f"{name}_{own}" for name, one in each for own in one.fixed))
        self.of_neurons = (
            MODALITY, *(f"{name}_{own}" for name, one in each for own in one.of_neurons),
        )  # fmt: skip
        self.over_time = tuple(f"{name}_{own}" for name, one in each for own in one.over_time)

    def of_channels(self, modalities: np.ndarray | None) -> "Modalities":
        """The same, of channels whose modalities are known.

        Raises
        ------
        UserError
            If there are none, or others than it names.
        """
        named = first_of(self.names)
        if modalities is None:
            raise UserError(
                f"[model] `observation` names the modalities {named}; the data name none: save groups of "
                "channels as `signals/NAME`"
            )
        if missing := sorted(set(modalities.tolist()) - set(self.names)):
            raise UserError(
                f"[model] `observation` names the modalities {named}; the data hold "
                f"{first_of(missing)}, too"
            )
        places = np.array([self.names.index(one) for one in modalities.tolist()])
        return Modalities(zip(self.names, self.of_names, strict=True), self.families, places)

    def log_links(self, number: int) -> Bool[np.ndarray, " neuron"]:
        """That of each channel's family."""
        found = np.zeros(number, bool)
        for _, family, here in self._each(self._places(self)):
            found[here] = family.log_link
        return found

    def start(self, moments: Moments) -> Start:
        """That of each family, of its channels."""
        number = len(moments.mean)
        places = np.zeros(number, int)
        if moments.modality is not None:
            places = self._places(self.of_channels(moments.modality))
        biases = np.zeros((self.num_read_outs, number))
        own = {name: np.ones(number) for name in self.own_names} | {MODALITY: places.astype(float)}
        for name, family, here in self._each(places):
            beside = (moments.share_positive, moments.least_positive)
            of_family = (None if one is None else one[here] for one in beside)
            start = family.start(Moments(moments.mean[here], moments.variance[here], *of_family))
            for row, values in enumerate(start.biases):
                biases[row, here] = values
            for key, values in start.own.items():
                own[f"{name}_{key}"][here] = values
        return Start(tuple(biases), own)

    def parameters(self, read_outs: tuple[Any, ...], own: Parameters, xp: Any) -> Parameters:
        """The mean, and the parameters of each family, of its channels; 0 of others."""
        found: dict[str, Any] = {"mean": xp.zeros_like(read_outs[0]), MODALITY: own[MODALITY]}
        for name, family in self.families.items():
            here = self._is_of(name, own[MODALITY], xp)
            part = family.parameters(
                tuple(xp.where(here, one, 0) for one in read_outs[: family.num_read_outs]),
                _of_family(name, own, here, xp),
                xp,
            )
            found["mean"] = xp.where(here, part["mean"], found["mean"])
            found |= {f"{name}_{k}": xp.where(here, v, 0) for k, v in part.items() if k != "mean"}
        return found

    def log_density(self, values: Any, parameters: Parameters, xp: Any) -> Any:
        """That of each channel's family."""
        return self._chosen(
            lambda family, values, part: family.log_density(values, part, xp),
            parameters,
            xp,
            values,
        )

    def variance(self, parameters: Parameters, xp: Any) -> Any:
        """That of each channel's family."""
        return self._chosen(lambda family, _, part: family.variance(part, xp), parameters, xp)

    def sample(self, key: Any, parameters: Any) -> Any:
        """That of each channel's family."""
        import jax.numpy as jnp
        import jax.random as jr

        keys = dict(zip(self.families, jr.split(key, len(self.families)), strict=True))
        by_family = {id(family): keys[name] for name, family in self.families.items()}
        return self._chosen(
            lambda family, _, part: family.sample(by_family[id(family)], part).astype(jnp.float32),
            parameters,
            jnp,
        )

    def seen(self, values: Any, own: Parameters, xp: Any) -> Any:
        """What encoders see of each channel by its family."""
        found = xp.zeros_like(values * 1.0)
        for name, family in self.families.items():
            here = self._is_of(name, own[MODALITY] + xp.zeros_like(found), xp)
            seen = family.seen(xp.where(here, values, 1.0), _of_family(name, own, here, xp), xp)
            found = xp.where(here, seen, found)
        return found

    def penalty(self, own: Parameters, xp: Any) -> Any:
        """That of each family, of its channels."""
        total = xp.zeros_like(own[MODALITY])
        for name, family in self.families.items():
            if family.has_own("penalty"):
                here = self._is_of(name, own[MODALITY], xp)
                cost = family.penalty(_of_family(name, own, here, xp), xp)
                total = total + xp.where(here, cost, 0)
        return total

    def exact(self, values: Any, xp: Any) -> Parameters:
        """That of each family."""
        found: dict[str, Any] = {"mean": values}
        for name, family in self.families.items():
            exact = family.exact(values, xp)
            found |= {f"{name}_{k}": v for k, v in exact.items() if k != "mean"}
        return found

    def unsuitable_of(self, values: np.ndarray, known: np.ndarray) -> str:
        """The first modality whose values its family cannot hold, and why."""
        known = np.broadcast_to(known, values.shape)
        for place, (modality, name) in enumerate(zip(self.names, self.of_names, strict=True)):
            here, family = self._places(self) == place, self.families[name]
            some = values[:, :, here][known[:, :, here]]
            if family.kind == "counts" and not are_counts(some):
                return (
                    f"`{modality}` holds values that are no counts, and is `{name}`: choose another "
                    "observation of it"
                )
            if why := family.unsuitable(some):
                return f"`{modality}`, which is `{name}`: {why}"
        return ""

    def nll_of_constant(self, values: Any, known: Any) -> float:
        """Summed over the families, of their channels."""
        known, total = np.broadcast_to(known, values.shape), 0.0
        for _, family, here in self._each(self._places(self)):
            own = values[:, :, here]
            own = np.round(own).astype(np.uint16) if family.kind == "counts" else own
            total += family.nll_of_constant(own, known[:, :, here])
        return total

    def _chosen(self, of: Any, parameters: Parameters, xp: Any, values: Any = None) -> Any:
        """What a function says of each channel's family, others being given 1 for everything."""
        modality = parameters[MODALITY]
        values = xp.ones_like(parameters["mean"]) if values is None else values
        found = xp.zeros_like(parameters["mean"] * 1.0)
        for name, family in self.families.items():
            here = self._is_of(name, modality + xp.zeros_like(found), xp)
            part = _of_family(name, parameters, here, xp)
            part["mean"] = xp.where(here, parameters["mean"], 1.0)
            found = xp.where(here, of(family, xp.where(here, values, 1.0), part), found)
        return found

    def _is_of(self, name: str, places: Any, xp: Any) -> Any:
        """True for channels of a family."""
        found = xp.zeros_like(places) > 0
        for place, family in enumerate(self.of_names):
            if family == name:
                found = found | (xp.abs(places - place) < 0.5)
        return found

    def _each(self, places: np.ndarray) -> Iterable[tuple[str, Observation, np.ndarray]]:
        """Families that channels have, with a mask of these."""
        for name, family in self.families.items():
            here = self._is_of(name, places.astype(float), np)
            if here.any():
                yield name, family, here

    @staticmethod
    def _places(bound: "Modalities") -> np.ndarray:
        if bound.places is None:
            raise TypeError("the modalities of these channels are not known: `of_channels` first")
        return bound.places


def _of_family(name: str, values: Parameters, here: Any, xp: Any) -> dict[str, Any]:
    """A family's own values by its own names; 1 where channels are of another."""
    own = {k.removeprefix(f"{name}_"): v for k, v in values.items() if k.startswith(f"{name}_")}
    return {k: None if v is None else xp.where(here, v, 1.0) for k, v in own.items()}


def usual_families(names: np.ndarray, values: np.ndarray, known: np.ndarray) -> str:
    """The setting for channels of these modalities: counts are Poisson, others Gaussian."""
    found = []
    for name in dict.fromkeys(names.tolist()):
        here = names == name
        some = values[:, :, here][np.broadcast_to(known, values.shape)[:, :, here]]
        found.append(f"{name}={'poisson' if are_counts(some) else 'gaussian'}")
    return " + ".join(found)


def weights_of_modalities(text: str, observation: str) -> tuple[float, ...]:
    """What a nat of each modality weighs, in the order of the observation; none if all weigh 1.

    Raises
    ------
    UserError
        If the text is no weights, or names a modality that there is none of.

    Examples
    --------
    >>> weights_of_modalities("lfp=0.1", "spikes=poisson + lfp=gaussian")
    (1.0, 0.1)
    """
    if not text.strip():
        return ()
    where = "[objective] `modality_weights`"
    weights = {name: 1.0 for name, _ in families_of(observation)}
    if not weights:
        raise UserError(f"{where} weighs modalities, and these data have one: leave it out")
    for each in text.split("+"):
        name, _, number = (part.strip() for part in each.partition("="))
        if name not in weights:
            raise UserError(
                f"{where}: there is no modality `{name}`; there is {first_of(weights)}. Write "
                '`"lfp=0.1 + emg=2"`'
            )
        try:
            weights[name] = float(number)
        except ValueError:
            weights[name] = -1.0
        if not 0 <= weights[name] < np.inf:
            raise UserError(f"{where}: the weight of `{name}` must be 0 or more; got {number!r}")
    return tuple(weights.values())
