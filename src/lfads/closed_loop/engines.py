"""What infers a bin: JAX, as `run.stream()` does; C, built by this machine's compiler; or ONNX Runtime.

All give the same numbers. C is the fastest, and needs a compiler; ONNX Runtime needs the extra `onnx`.
"""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from lfads.analysis.linear_decoder import LinearDecoder
from lfads.checks import UserError
from lfads.closed_loop.c_source import c_files, fields_of
from lfads.closed_loop.network import StepNetwork
from lfads.inference.streaming import Stream, StreamedBin

Which = Literal["auto", "c", "onnx", "jax"]
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-O3", "-std=c99", "-shared", "-fPIC")
FOR_THIS_PROCESSOR = "-march=native"
SECONDS_TO_BUILD = 300


@runtime_checkable
class Engine(Protocol):
    """What infers bins one after another."""

    name: str

    def begin(self, trial: int) -> None:
        """Begin a new trial; its number chooses the posterior samples, of an engine that draws some."""
        ...

    def step(
        self, values: Float[np.ndarray, " neuron"], external: Float[np.ndarray, " external_input"]
    ) -> StreamedBin | None:
        """Infer the next bin from its values, unchecked; None in bins that give nothing yet."""
        ...


class JAXEngine:
    """The network itself."""

    name = "jax"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.begin(0)

    def begin(self, trial: int) -> None:
        """Begin a new trial; numbers that are too large for its noise, such as times, are wrapped."""
        self._stream.begin(trial % 2**31)

    def step(self, values: np.ndarray, external: np.ndarray) -> StreamedBin | None:
        """Infer the next bin."""
        return self._stream.advance(values, external)


class CEngine:
    """The network's step in C, built here."""

    name = "c"

    def __init__(
        self,
        network: StepNetwork,
        flags: tuple[str, ...] = (),
        decoder: LinearDecoder | None = None,
    ) -> None:
        self._network = network
        self._library = built(network, flags, decoder)
        size = 1 + sum(size for _, size in fields_of(network, decoder))
        self._state = np.zeros(size, np.float32)
        channels = 0 if decoder is None else len(decoder.channels)
        sizes = [network.num_neurons, network.num_factors, network.num_inferred, channels]
        self._ends = [int(end) for end in np.cumsum(sizes)]
        self._out = np.zeros(self._ends[-1], np.float32)
        self._step = self._library.lfads_step
        self._step.argtypes = [ctypes.c_void_p] * 5
        self._library.lfads_begin.argtypes = [ctypes.c_void_p] * 2
        self._places = self._state.ctypes.data, self._out.ctypes.data
        self.begin(0)

    def begin(self, trial: int, latent_noise: np.ndarray | None = None) -> None:
        """Begin a new trial, at the posterior's mean or with noise for a sample of it."""
        noise = None if latent_noise is None else latent_noise.ctypes.data
        self._library.lfads_begin(self._places[0], noise)

    def step(
        self, values: np.ndarray, external: np.ndarray, noise: np.ndarray | None = None
    ) -> StreamedBin | None:
        """Infer the next bin, at the posterior's mean or with noise for a sample of it."""
        state, out = self._places
        measured = external.ctypes.data if external.size else None
        drawn = None if noise is None else noise.ctypes.data
        if not self._step(state, values.ctypes.data, measured, drawn, out):
            return None
        rates, factors, inputs, _ = self._ends
        made = self._out.copy()
        inferred = made[factors:inputs] if self._network.num_inferred else None
        return StreamedBin(made[:rates], made[rates:factors], inferred)

    @property
    def decoded(self) -> Float[np.ndarray, " channel"]:
        """Of the last bin."""
        return self._out[self._ends[2] :].copy()


def compiler() -> str | None:
    """Where a C compiler is on this machine; None if there is none."""
    return next((found for name in COMPILERS if (found := shutil.which(name))), None)


def built(
    network: StepNetwork, flags: tuple[str, ...] = (), decoder: LinearDecoder | None = None
) -> ctypes.CDLL:
    """A library of the step, for this machine.

    Raises
    ------
    UserError
        If there is no compiler, or it fails.
    """
    found = compiler()
    if found is None:
        raise UserError(
            f"there is no C compiler ({', '.join(COMPILERS)}) on this machine: install one, or choose "
            "another with `engine='onnx'` or `engine='jax'`"
        )
    with tempfile.TemporaryDirectory() as folder:
        for name, text in c_files(network, decoder, "step", "for this machine").items():
            (Path(folder) / name).write_text(text, encoding="ascii")
        target = Path(folder) / "step.so"
        words = [found, *FLAGS, *flags, "step.c", "-o", target.name, "-lm"]
        try:
            done = subprocess.run(
                words, cwd=folder, capture_output=True, text=True, timeout=SECONDS_TO_BUILD,
                check=False,
            )  # fmt: skip
            said = done.stderr.strip()[:300] if done.returncode else ""
            if not done.returncode:
                return ctypes.CDLL(str(target))
        except (
            OSError,
            subprocess.SubprocessError,
        ) as error:  # such as a folder that nothing runs in
            said = str(error)
        raise UserError(
            f"{found} could not build the network's step: {said}. Choose another with `engine='jax'`"
        )


class ONNXEngine:
    """The network's step in ONNX Runtime, on one core."""

    name = "onnx"

    def __init__(self, network: StepNetwork, decoder: LinearDecoder | None = None) -> None:
        from lfads.closed_loop.onnx_graph import onnx_model

        runtime = onnx_runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = onnx_model(network, decoder, "for this machine").SerializeToString()
        providers = ["CPUExecutionProvider"]
        self._session = runtime.InferenceSession(model, options, providers=providers)
        self._network = network
        self._names = [one.name for one in self._session.get_outputs()]
        state = next(one for one in self._session.get_inputs() if one.name == "state")
        self._first = np.zeros(state.shape, np.float32)
        self.begin(0)

    def begin(self, trial: int) -> None:
        """Begin a new trial."""
        self._state = self._first

    def step(self, values: np.ndarray, external: np.ndarray) -> StreamedBin | None:
        """Infer the next bin."""
        given: dict[str, Any] = {"values": values, "state": self._state}
        if external.size:
            given["external_inputs"] = external
        before = self._state[0] < self._network.first_bin
        found = dict(zip(self._names, self._session.run(None, given), strict=True))
        self._state = found["next_state"]
        if before:
            return None
        self.decoded = found.get("decoded")
        return StreamedBin(found["rates"], found["factors"], found.get("inferred_inputs"))


def onnx_runtime() -> Any:
    """ONNX Runtime; a UserError says how to install it."""
    try:
        import onnxruntime
    except ImportError:
        raise UserError(
            "ONNX needs packages that are not installed: `pip install 'lfads[onnx]'`"
        ) from None
    return onnxruntime


def engine_of(
    which: Which, network_of: Callable[[], StepNetwork], stream: Stream, num_samples: int
) -> Engine:
    """The engine that is asked for, or the fastest there is.

    Parameters
    ----------
    which
        `auto` takes C where a compiler builds it and the network can be written in it, and JAX otherwise.
    network_of
        Takes the network apart; a UserError where it cannot be.
    stream
        The network itself.
    num_samples
        That are averaged; only JAX draws samples.

    Raises
    ------
    UserError
        If it is not there, or draws no samples.
    """
    if which == "jax" or (which == "auto" and (num_samples or compiler() is None)):
        return JAXEngine(stream)
    if num_samples:
        raise UserError(
            f"`engine={which!r}` is at the posterior's means: `num_samples=0`; `engine='jax'` averages "
            f"{num_samples} samples"
        )
    try:
        network = network_of()
        if which == "auto":
            return CEngine(network, (FOR_THIS_PROCESSOR,))
    except UserError:  # parts of another package, or a compiler that fails
        if which == "auto":
            return JAXEngine(stream)
        raise
    return ONNXEngine(network) if which == "onnx" else CEngine(network, (FOR_THIS_PROCESSOR,))
