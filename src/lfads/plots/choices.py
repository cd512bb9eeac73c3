"""What users choose to be drawn: neurons by number or name, factors and inputs by number."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Int

from lfads.checks import UserError, first_of, is_whole, suggestion
from lfads.plots.style import as_label


class ChosenNeurons(NamedTuple):
    """Positions of neurons, and what they are called: as they were chosen."""

    positions: Int[np.ndarray, " chosen"]
    names: list[str]


def chosen_neurons(
    posterior: xr.Dataset, neurons: Sequence[int | str] | None, otherwise: Int[np.ndarray, " _"]
) -> ChosenNeurons:
    """The neurons that a user named, by number or by `name` in the posterior, or others."""
    if neurons is None:
        return ChosenNeurons(otherwise, [f"neuron {k}" for k in otherwise])
    wanted = [neurons] if isinstance(neurons, str) else list(neurons)
    num = posterior.sizes["neuron"]
    known = posterior["name"].to_numpy().astype(str).tolist() if "name" in posterior.coords else []
    positions = [_position(word, num, known) for word in wanted]
    if not positions:
        raise UserError(f"`neurons` must name at least one of {_there('neurons', num, known)}")
    names = [as_label(w, 14) if isinstance(w, str) else f"neuron {w}" for w in wanted]
    return ChosenNeurons(np.array(positions), names)


def chosen_numbers(
    word: str, wanted: Sequence[int] | None, num: int, otherwise: Int[np.ndarray, " _"]
) -> Int[np.ndarray, " chosen"]:
    """Numbers of factors or inputs, whichever `word` says, that a user named, or others."""
    if wanted is None:
        return otherwise
    wrong = [k for k in wanted if not (is_whole(k) and 0 <= k < num)]
    if wrong or not len(wanted):
        got = first_of(wrong) or "none"
        raise UserError(f"`{word}` must be numbers from 0 to {num - 1}; got {got}")
    return np.asarray(wanted)


def _position(word: int | str, num: int, known: list[str]) -> int:
    if is_whole(word) and 0 <= int(word) < num:
        return int(word)
    if isinstance(word, str) and known.count(word) == 1:
        return known.index(word)
    if isinstance(word, str) and word in known:
        raise UserError(f"`neurons`: {known.count(word)} neurons are named `{word}`; give numbers")
    close = suggestion(word, known) if isinstance(word, str) and len(known) else ""
    hint = close if "Did you mean" in close else ""
    raise UserError(f"`neurons`: there is no {word!r}; {_there('there are', num, known)}.{hint}")


def _there(word: str, num: int, known: list[str]) -> str:
    names = f", named {first_of(known)}" if known else ", without names"
    return f"{word} 0 to {num - 1}{names}"
