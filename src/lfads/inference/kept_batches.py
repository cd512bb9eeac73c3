"""Finished batches of a long inference, kept in a folder, so that one that was broken off goes on.

A batch is a file of plain arrays, whose name and header carry a digest of all that its numbers depend on:
weights, settings, data, options, and how trials were dealt to batches. What does not fit is not used.
"""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import equinox as eqx
import jax
import numpy as np
from jaxtyping import PyTree

from lfads.checks import UserError
from lfads.files import fingerprint
from lfads.model.lfads import LFADS
from lfads.training.batching import TrialArrays
from lfads.training.checkpoint import read_checkpoint, write_checkpoint
from lfads.training.folder import versions

Tree = TypeVar("Tree", bound=PyTree)

DIGITS_IN_NAME = 16
_BATCH = "batch"


def kept(folder: Path, digest: str, number: int, template: Tree, make: Callable[[], Tree]) -> Tree:
    """A batch as it was kept; otherwise it is made, and kept.

    Parameters
    ----------
    folder
        Of the batches.
    digest
        Of all that they depend on.
    number
        Of the batch.
    template
        Shapes and dtypes of its arrays.
    make
        Gives the batch.
    """
    path = folder / f"{digest[:DIGITS_IN_NAME]}-{number:05d}.npz"
    with contextlib.suppress(UserError):  # there is none, or it is damaged
        trees, header = read_checkpoint(path, {_BATCH: template})
        if header.get("digest") == digest:
            return trees[_BATCH]
    made = make()
    write_checkpoint(path, {_BATCH: made}, {"digest": digest, "batch": number})
    return made


def with_rows(forms: Tree, number: int) -> Tree:
    """Shapes and dtypes of arrays of another number of trials."""
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct((number, *x.shape[1:]), x.dtype), forms)


def digest_of(model: LFADS, trials: TrialArrays, options: Any) -> str:
    """Of a network, trials, and options, which are told apart as text."""
    arrays = eqx.filter(model, eqx.is_array)
    leaves = jax.tree_util.tree_leaves_with_path((arrays, trials))
    named = {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}
    said = json.dumps([repr((model.config, model.shapes)), repr(options), versions()])
    return fingerprint({**named, "options": np.array(said)})


def remove_batches(folder: Path) -> None:
    """Remove the batches that are kept in a folder, and the folder, if nothing else is in it."""
    for path in folder.glob("*.npz"):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
