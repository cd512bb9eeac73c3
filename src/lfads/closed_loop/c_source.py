"""A network's step as one file of C99, with its weights, and a small header.

No library but that of mathematics is needed, nothing is allocated, and all state is in a struct that the
caller has. Products are made in blocks of 32 columns, for which weights are laid out one after another, so
that a compiler keeps the sums in registers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from lfads.analysis.linear_decoder import LinearDecoder
from lfads.closed_loop.c_text import HEADER, MATRIX_RULES, NETWORK_RULES, STEP
from lfads.closed_loop.network import Affine, Gated, Plain, StepNetwork

BLOCK = 32
"""Columns of a block; `c_text` has the number, too."""

PER_LINE = 12


def c_files(
    network: StepNetwork, decoder: LinearDecoder | None, stem: str, about: str
) -> dict[str, str]:
    """Texts of `STEM.c` and `STEM.h`.

    Parameters
    ----------
    network
        That is written.
    decoder
        Of behaviour, which goes along; None for none.
    stem
        Of the files.
    about
        Where the network is from, for the comment at their beginning.
    """
    sizes = sizes_of(network, decoder)
    about = about.replace("*/", "* /")
    guard = "".join(c if c.isalnum() and c.isascii() else "_" for c in stem).upper()
    header = HEADER.format(
        about=about,
        guard=f"LFADS_{guard}_H",
        sizes="\n".join(f"#define LFADS_{name} {value}" for name, value in sizes.items()),
        outputs="\n    ".join(outputs_of(network, decoder)),
        unit="spikes/s" if network.is_exponential else "the data's unit",
        fields="\n    ".join(
            f"float {name}[{size}];" for name, size in fields_of(network, decoder)
        ),
    )
    body = "\n".join(
        [
            f'/* {about} */\n#include "{stem}.h"\n#include <math.h>\n#include <stddef.h>\n',
            *weights_of(network, decoder),
            MATRIX_RULES,
            *(rule for name, rule in NETWORK_RULES.items() if name in rules_of(network)),
            step_of(network, decoder),
        ]
    )
    return {f"{stem}.h": header, f"{stem}.c": body}


def sizes_of(network: StepNetwork, decoder: LinearDecoder | None) -> dict[str, Any]:
    """Names and values of the header's constants."""
    return {
        "NUM_NEURONS": network.num_neurons,
        "NUM_ENCODED": len(network.encoded),
        "NUM_SEEN": network.num_seen,
        "NUM_EXTERNAL": network.num_external,
        "NUM_FACTORS": network.num_factors,
        "NUM_INPUTS": network.num_inferred,
        "NUM_LATENTS": network.num_latents,
        "NUM_DECODED": 0 if decoder is None else len(decoder.channels),
        "FIRST_BIN": network.first_bin,
        "BIN_WIDTH_S": repr(float(network.bin_width_s)),
    }


def outputs_of(network: StepNetwork, decoder: LinearDecoder | None) -> Iterator[str]:
    """Declarations of what a bin gives beside rates."""
    yield "float factors[LFADS_NUM_FACTORS];"
    if network.num_inferred:
        yield "float inferred_inputs[LFADS_NUM_INPUTS];"
    if decoder is not None:
        yield "float decoded[LFADS_NUM_DECODED];"


def fields_of(network: StepNetwork, decoder: LinearDecoder | None) -> Iterator[tuple[str, int]]:
    """Names and sizes of what is carried from bin to bin."""
    yield "segment", network.first_bin * network.num_seen
    yield "forward", network.initial_forward.size
    yield "latent_noise", network.num_latents
    yield "generator", network.generator.size
    yield "factors", network.num_factors
    if (driving := network.driving) is not None:
        yield "encoder", driving.encoder.size
        yield "waiting", max(1, driving.lag) * driving.encoder.size
        yield "controller", driving.controller.size
    if decoder is not None:
        yield "past", decoder.memory * decoder.num_features


def rules_of(network: StepNetwork) -> set[str]:
    """Names of the functions that the step calls."""
    return {"gated", "plain"} if isinstance(network.generator, Plain) else {"gated"}


def weights_of(network: StepNetwork, decoder: LinearDecoder | None) -> Iterator[str]:
    """Declarations of all weights."""
    places = ", ".join(map(str, network.encoded))
    yield f"static const int encoded[LFADS_NUM_ENCODED] = {{{places}}};"
    yield _vector("centre", network.centre)
    yield _vector("scale", network.scale)
    if network.read_in is not None:
        yield from _affine("read_in", network.read_in)
    yield from _gated("initial_forward", network.initial_forward)
    yield from _gated("initial_backward", network.initial_backward)
    yield from _affine("to_code", network.to_code)
    yield from _affine("to_generator", network.to_generator)
    if (driving := network.driving) is not None:
        yield from _gated("encoder", driving.encoder)
        yield from _gated("controller", driving.controller)
        yield from _affine("to_posterior", driving.to_posterior)
    if isinstance(network.generator, Plain):
        yield from _affine("generator", Affine(network.generator.weights, network.generator.bias))
    else:
        yield from _gates("generator", network.generator)
    yield _matrix("to_factors", network.to_factors)
    yield from _affine("read_out", network.read_out)
    if not network.is_exponential:
        yield _vector("mean_offset", network.mean_offset)
        yield _vector("mean_scale", network.mean_scale)
    if decoder is not None:
        flat = decoder.weights.reshape(-1, len(decoder.channels))
        yield from _affine("decoder", Affine(flat, decoder.bias))


def step_of(network: StepNetwork, decoder: LinearDecoder | None) -> str:
    """The two functions of the header."""
    driving, generator = network.driving, network.generator
    widest = max(g.num_inputs + g.size for g in _recurrent(network))
    to_encoders = network.num_external > 0 and network.external_to_encoders
    values: Mapping[str, Any] = {
        "less": " - LFADS_NUM_EXTERNAL" if to_encoders else "",
        "limit": _number(network.state_limit),
        "floor": _number(network.posterior_variance_floor),
        "block": BLOCK,
        "widest_seen": widest,
        "widest_units": max(g.size for g in _recurrent(network)),
        "initial": network.initial_forward.size,
        "initial_backward": network.initial_backward.size,
        "generator": generator.size,
        "generator_inputs": generator.num_inputs,
        "encoder": 0 if driving is None else driving.encoder.size,
        "controller": 0 if driving is None else driving.controller.size,
        "lag": 0 if driving is None else driving.lag,
        "rate": _number(1 / network.bin_width_s),
        "features": 0 if decoder is None else decoder.num_features,
        "lags": 0 if decoder is None else decoder.weights.shape[0],
        "step": 0 if decoder is None else decoder.step,
        "memory": 0 if decoder is None else decoder.memory,
        "signal": "factors" if decoder is None else decoder.signal,
    }
    on = {
        "read_in": network.read_in is not None,
        "not_read_in": network.read_in is None,
        "shows_plain": not to_encoders,
        "to_encoders": to_encoders,
        "to_generator": network.num_external > 0 and not network.external_to_encoders,
        "driven": driving is not None,
        "lagged": driving is not None and driving.lag > 0,
        "unlagged": driving is not None and driving.lag == 0,
        "plain": isinstance(generator, Plain),
        "gated": not isinstance(generator, Plain),
        "exponential": network.is_exponential,
        "linear": not network.is_exponential,
        "decoded": decoder is not None,
    }
    return _filled(STEP, values, on)


def _filled(template: str, values: Mapping[str, Any], on: Mapping[str, bool]) -> str:
    """A template with its values (`@name@`); lines that begin with `?name ` stand where that holds."""
    lines = []
    for line in template.splitlines():
        if line.startswith("?"):
            name, _, line = line[1:].partition(" ")
            if not on[name]:
                continue
        lines.append(line)
    text = "\n".join(lines) + "\n"
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


def _recurrent(network: StepNetwork) -> list[Gated | Plain]:
    found = [network.initial_forward, network.initial_backward, network.generator]
    if network.driving is not None:
        found += [network.driving.encoder, network.driving.controller]
    return found


def _gated(name: str, of: Gated) -> Iterator[str]:
    yield from _gates(name, of)
    yield _vector(f"{name}_first", of.first)


def _gates(name: str, of: Gated) -> Iterator[str]:
    yield from _affine(f"{name}_gates", Affine(of.gates, of.gates_bias))
    yield from _affine(f"{name}_candidate", Affine(of.candidate, of.candidate_bias))


def _affine(name: str, of: Affine) -> Iterator[str]:
    yield _matrix(name, of.weights)
    yield _vector(f"{name}_bias", np.pad(of.bias, (0, -of.bias.size % BLOCK)))


def _matrix(name: str, weights: np.ndarray) -> str:
    """Blocks of columns one after another, each row by row; zeros fill the last one."""
    rows, columns = weights.shape
    padded = np.pad(weights, ((0, 0), (0, -columns % BLOCK)))
    blocks = padded.reshape(rows, -1, BLOCK).swapaxes(0, 1)
    return _vector(name, blocks.reshape(-1))


def _vector(name: str, values: np.ndarray) -> str:
    words = [_number(value) for value in values.reshape(-1)] or ["0.0f"]  # C has no empty arrays
    lines = [", ".join(words[at : at + PER_LINE]) for at in range(0, len(words), PER_LINE)]
    return f"static const float {name}[{len(words)}] = {{\n" + ",\n".join(lines) + "};"


def _number(value: Any) -> str:
    """A number as C's float, whole to the last bit."""
    text = f"{float(np.float32(value)):.9g}"
    return f"{text}f" if any(c in text for c in ".en") else f"{text}.0f"
