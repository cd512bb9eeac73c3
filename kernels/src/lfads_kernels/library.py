"""The library for this processor: found, compared with JAX's interface, and registered with it once."""

import ctypes
import functools
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

import jax

FOLDER = Path(__file__).parent
PROCESSOR_VARIABLE = "LFADS_KERNELS_PROCESSOR"
FUNCTIONS = ("gru_forward", "gru_backward", "controlled_forward", "controlled_backward")
ENDING = ".dylib" if sys.platform == "darwin" else ".so"

GAIN = MappingProxyType({"avx512": 1.4, "avx2": 1.0, "neon": None})
"""Times as fast as without, a training step at the sizes of the default network; None: not measured."""

WORTHWHILE = 1.3
"""Gains below this are not worth other numbers in the last bits."""


def target(function: str, dtype: str) -> str:
    """The name by which JAX knows a function for float32 or float64."""
    return f"lfads_kernels_{function}" + ("" if dtype == "float32" else "_double")


@functools.cache
def processor() -> str:
    """The kind of this processor that there is a library for; empty if there is none.

    `LFADS_KERNELS_PROCESSOR` names another one that it runs, too.
    """
    path = FOLDER / f"liblfads_processor{ENDING}"
    if not path.is_file():
        return ""
    find = ctypes.CDLL(str(path)).lfads_processor
    find.restype = ctypes.c_char_p
    found = find().decode()
    asked = os.environ.get(PROCESSOR_VARIABLE, "").strip()
    runs = {"avx512": ("avx512", "avx2"), "avx2": ("avx2",), "neon": ("neon",)}.get(found, ())
    return asked if asked in runs else found


@functools.cache
def why_not() -> str:
    """Why nothing of this can be used here; empty if it can, and then JAX knows the functions."""
    name = processor()
    if not name:
        return "there is no library for this processor: it needs AVX2 with FMA, or 64-bit ARM"
    path = FOLDER / f"liblfads_{name}{ENDING}"
    if not path.is_file():
        return f"{path.name} is missing: install lfads-kernels again"
    return register(path, "float32")


def register(path: Path, dtype: str) -> str:
    """Tell JAX of a library's functions; why that cannot be, or nothing.

    A library of a newer interface than JAX's would keep the whole backend from starting, so that versions
    are compared before.
    """
    library = ctypes.CDLL(str(path))
    theirs, ours = interface_of_jax(), int(library.lfads_interface_version())
    if ours // 1000 != theirs // 1000 or ours > theirs:
        return (
            f"it is built for version {ours // 1000}.{ours % 1000} of JAX's foreign functions, and jaxlib "
            f"{version('jaxlib')} has {theirs // 1000}.{theirs % 1000}: install a newer jaxlib"
        )
    for function in FUNCTIONS:
        capsule = jax.ffi.pycapsule(getattr(library, f"lfads_{function}"))
        jax.ffi.register_ffi_target(target(function, dtype), capsule, platform="cpu")
    return ""


def interface_of_jax() -> int:
    """The version of foreign functions of the installed jaxlib, 1000 * major + minor; 0 if it says none."""
    header = Path(jax.ffi.include_dir()) / "xla" / "ffi" / "api" / "c_api.h"
    if not header.is_file():
        return 0
    said = dict(re.findall(r"#define XLA_FFI_API_(MAJOR|MINOR) (\d+)", header.read_text("utf-8")))
    return 1000 * int(said.get("MAJOR", 0)) + int(said.get("MINOR", 0))


def is_faster() -> bool:
    """Whether training gains enough on this processor, as measured."""
    return (GAIN.get(processor()) or 0) >= WORTHWHILE
