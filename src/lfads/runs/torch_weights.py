"""Weights in checkpoints of PyTorch and Lightning, as an `.npz` of their state dictionary.

Such a file is a pickle, which could run code when it is opened. Only PyTorch itself opens it, version
2.6 or later with `weights_only=True`, which builds nothing but tensors and plain containers, in a process
of its own; what it cannot open so is refused. The Python with PyTorch may be another one than ours.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfads.checks import UserError
from lfads.files import PathLike
from lfads.paths import printable, regular_file

SUFFIXES = (".ckpt", ".pt", ".pth", ".bin")
SECONDS = 300
WRITE_ONE = (
    "Where the network was trained, write one: `numpy.savez('weights.npz', **{k: v.numpy() for k, v in "
    "model.state_dict().items()})`"
)
_CHILD = """
import re, sys
try:
    import numpy, torch
except ImportError as error:
    sys.exit("it has no " + str(error.name))
version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
if version < (2, 6):
    sys.exit("it has PyTorch " + torch.__version__ + ", and 2.6 or later is needed")
try:
    found = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
except Exception as error:
    kind = re.search(r"GLOBAL ([\\w.]+)", str(error))
    what = "it holds a " + kind[1] if kind else type(error).__name__
    sys.exit("PyTorch does not open it as weights alone (" + what + ")")
state = found.get("state_dict", found) if isinstance(found, dict) else {}
tensors = {str(k): v for k, v in state.items() if isinstance(v, torch.Tensor)}
if not tensors:
    sys.exit("it holds no state dictionary")
numpy.savez(sys.argv[2], **{k: v.detach().to(torch.float64).numpy() for k, v in tensors.items()})
"""


def is_of_torch(path: Path) -> bool:
    """Whether a file is, or is called as, a checkpoint of PyTorch."""
    if path.suffix.lower() in SUFFIXES:
        return True
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/data.pkl") for name in archive.namelist())


@contextmanager
def as_npz(path: Path, python: PathLike | None) -> Iterator[Path]:
    """An `.npz` of the weights in a checkpoint, which lasts as long as the block.

    Parameters
    ----------
    path
        Of the checkpoint.
    python
        That has PyTorch; ours by default.

    Raises
    ------
    UserError
        If there is no PyTorch, or it does not open the file as weights alone.
    """
    shown = printable(regular_file(path, "expected weights"))
    if python is None and importlib.util.find_spec("torch") is None:
        raise UserError(
            f"{shown} is a checkpoint of PyTorch, which is opened by PyTorch alone, and that is not "
            "installed here: name a Python that has it, `torch_python='…/bin/python'`, or give an .npz. "
            f"{WRITE_ONE}"
        )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "weights.npz"
        command = [os.fspath(python or sys.executable), "-", str(path.absolute()), str(out)]
        try:
            done = subprocess.run(
                command, input=_CHILD, cwd=folder, capture_output=True, text=True, timeout=SECONDS,
                check=False,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise UserError(
                f"`torch_python=` {printable(command[0])} cannot be run: {error}"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise UserError(
                f"{shown} was not opened within {SECONDS} s: is it a network?"
            ) from error
        if done.returncode or not out.is_file():
            said = (done.stderr.strip() or "it ended without a word").splitlines()[-1]
            raise UserError(
                f"{shown} is not opened by the Python {printable(command[0])}: {said}. Nothing else opens "
                f"a pickle here; give an .npz. {WRITE_ONE}"
            )
        yield out
