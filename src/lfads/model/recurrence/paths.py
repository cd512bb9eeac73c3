"""Two ways through time: the compiled kernels of `lfads-kernels`, or a scan of JAX.

The kernels are for CPUs and for gated recurrent units of float32. Where a run of bins is not for them, it
is scanned; the numbers are the same up to rounding.
"""

import functools
import importlib
import importlib.util
from types import ModuleType
from typing import Literal

from jaxtyping import Array

from lfads.checks import UserError

Path = Literal["native", "scan"]

PACKAGE = "lfads_kernels"
INSTALL = "pip install 'lfads[fast]'"


@functools.cache
def kernels() -> ModuleType:
    """The package of compiled kernels, ready to be called.

    Raises
    ------
    UserError
        If it cannot be used here, as on another machine of a cluster.
    """
    checked_path("native", "cpu")
    return importlib.import_module(PACKAGE)


def why_not_native(platform: str) -> str:
    """Why kernels cannot be used on devices of a platform; empty if they can."""
    if platform != "cpu":
        return f"compiled kernels are for CPUs, and the device is of platform {platform!r}"
    if importlib.util.find_spec(PACKAGE) is None:
        return f"the package lfads-kernels is not installed ({INSTALL})"
    try:
        return importlib.import_module(PACKAGE).why_not()
    except (OSError, ImportError, AttributeError) as error:  # such as a C library that is too old
        return f"the package lfads-kernels cannot be loaded here ({error})"


def fastest(platform: str, generator: str) -> tuple[Path, str]:
    """The way to take where none is asked for, and the reason."""
    why = why_not_native(platform)
    if why:
        return "scan", why
    if generator != "gru":
        return "scan", f"compiled kernels are for the generator gru, not {generator}"
    package = importlib.import_module(PACKAGE)
    if not package.is_faster():
        return "scan", f"compiled kernels gain too little on this processor ({package.processor()})"
    return "native", f"compiled kernels for {package.processor()}"


def usable(path: Path, platform: str) -> Path:
    """The way of a run, or a scan where there are no kernels for it."""
    return "scan" if path == "native" and why_not_native(platform) else path


def checked_path(path: Path, platform: str) -> None:
    """A UserError if kernels are asked for and cannot be used."""
    why = why_not_native(platform) if path == "native" else ""
    if why:
        raise UserError(
            f"[training] `recurrence` is 'native', but {why}. A run that was trained so goes on only "
            "where it can be; a new one may choose 'scan'"
        )


def is_native(path: Path, inputs: Array) -> bool:
    """Whether a run over bins of inputs, time first, is one for the kernels.

    A single bin, as in a stream, is too little for them: weights are laid out anew in each call.
    """
    return path == "native" and inputs.dtype.name == "float32" and inputs.shape[0] > 1
