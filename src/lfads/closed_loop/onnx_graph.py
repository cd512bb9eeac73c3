"""A network's step as an ONNX graph: values and state of a bin in, what is inferred and the next state out.

The state is one vector, all zeros at the beginning of a trial. Its first number counts bins; behind it
stand the first bins' values, which the initial condition is inferred from once they are all there, and what
is carried from bin to bin. In bins before that, rates and all else are NaN.
"""

from typing import Any

import numpy as np

from lfads.analysis.linear_decoder import LinearDecoder
from lfads.checks import UserError
from lfads.closed_loop.network import Affine, Gated, StepNetwork
from lfads.closed_loop.onnx_nodes import Graph, infos

OPSET, IR_VERSION = 17, 8
"""Old enough for runtimes of 2022 and later."""


def onnx_model(network: StepNetwork, decoder: LinearDecoder | None, about: str) -> Any:
    """The graph of a bin, as an ONNX model.

    Parameters
    ----------
    network
        That is written.
    decoder
        Of behaviour, which goes along; None for none.
    about
        Where the network is from.

    Raises
    ------
    UserError
        If the package is not installed.
    """
    onnx = onnx_package()
    graph, helper = Graph(onnx), onnx.helper
    kept = {"segment": network.first_bin * network.num_seen, **carried_sizes(network, decoder)}
    outputs = output_sizes(network, decoder)
    count, *values = graph.split("state", [1, *kept.values()])
    before = dict(zip(kept, values, strict=True))
    seen = _seen(graph, network)
    made = {**outputs, **{f"next_{name}": size for name, size in kept.items()}}
    graph.nodes.append(
        helper.make_node(
            "If",
            [_holds(graph, "Less", count, network.first_bin)],
            list(made),
            then_branch=_first_bins(graph.within(), network, before, seen, made),
            else_branch=_later_bins(graph.within(), network, decoder, count, before, seen, made),
        )
    )
    counted = graph.add("Add", count, graph.constant([1.0]))
    together = graph.joined(counted, *(f"next_{name}" for name in kept))
    graph.nodes.append(helper.make_node("Identity", [together], ["next_state"]))
    state = 1 + sum(kept.values())
    given = {"values": network.num_neurons, "external_inputs": network.num_external, "state": state}
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "bin",
            infos(onnx, {name: size for name, size in given.items() if size}),
            infos(onnx, outputs | {"next_state": state}),
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="lfads",
        doc_string=about,
    )
    helper.set_model_props(model, _properties(network, decoder))
    onnx.checker.check_model(model)
    return model


def onnx_package() -> Any:
    """The package; a UserError says how to install it."""
    try:
        import onnx
    except ImportError:
        raise UserError(
            "ONNX needs packages that are not installed: `pip install 'lfads[onnx]'`"
        ) from None
    return onnx


def carried_sizes(network: StepNetwork, decoder: LinearDecoder | None) -> dict[str, int]:
    """Names and sizes of what is carried from bin to bin, behind the values of the first bins."""
    sizes = {"generator": network.generator.size}
    if (driving := network.driving) is not None:
        sizes |= {"factors": network.num_factors, "controller": driving.controller.size}
        sizes |= {"encoder": driving.encoder.size}
        if driving.lag:
            sizes["waiting"] = driving.lag * driving.encoder.size
    if decoder is not None:
        sizes["past"] = decoder.memory * decoder.num_features
    return sizes


def output_sizes(network: StepNetwork, decoder: LinearDecoder | None) -> dict[str, int]:
    """Names and sizes of what is inferred."""
    sizes = {"rates": network.num_neurons, "factors": network.num_factors}
    if network.num_inferred:
        sizes["inferred_inputs"] = network.num_inferred
    if decoder is not None:
        sizes["decoded"] = len(decoder.channels)
    return sizes


def _seen(graph: Graph, network: StepNetwork) -> str:
    """What the encoders are shown of the bin; 0 where missing."""
    places = graph.constant(network.encoded, np.int64)
    chosen = graph.add("Gather", "values", places, axis=0)
    standard = graph.add("Sub", chosen, graph.constant(network.centre))
    standard = graph.add("Div", standard, graph.constant(network.scale))
    nothing = graph.constant(np.zeros(len(network.encoded)))
    seen = graph.add("Where", graph.add("IsNaN", chosen), nothing, standard)
    if network.read_in is not None:
        seen = graph.affine(seen, network.read_in)
    if network.num_external and network.external_to_encoders:
        seen = graph.joined(seen, "external_inputs")
    return seen


def _first_bins(
    graph: Graph, network: StepNetwork, before: dict[str, str], seen: str, made: dict[str, int]
) -> Any:
    """The branch of the first bins: what is seen is kept, and nothing is inferred."""
    found = {
        name: graph.add("Identity", graph.constant(np.full(n, np.nan))) for name, n in made.items()
    }
    found |= {f"next_{name}": graph.add("Identity", value) for name, value in before.items()}
    found["next_segment"] = _moved_on(graph, before["segment"], seen, network.num_seen)
    return graph.branch(list(found.values()), list(made.values()))


def _later_bins(
    graph: Graph,
    network: StepNetwork,
    decoder: LinearDecoder | None,
    count: str,
    before: dict[str, str],
    seen: str,
    made: dict[str, int],
) -> Any:
    """The branch of all other bins, the first of which begins with the initial condition."""
    limit, segment = network.state_limit, before["segment"]
    begins = _holds(graph, "Equal", count, network.first_bin)
    names = [name for name in before if name != "segment"]
    sizes = [made[f"next_{name}"] for name in names]
    now = [f"now_{name}" for name in names]
    inner = graph.within()
    goes_on = [inner.add("Identity", before[name]) for name in names]
    start = _start(graph.within(), network, segment, names, sizes)
    graph.nodes.append(
        graph.onnx.helper.make_node(
            "If", [begins], now, then_branch=start, else_branch=inner.branch(goes_on, sizes)
        )
    )
    state = dict(zip(names, now, strict=True))
    found = {"next_segment": graph.add("Identity", segment)}
    given = list[str]()
    if (driving := network.driving) is not None:
        encoder = graph.after(driving.encoder, seen, state["encoder"], limit)
        late = encoder
        if driving.lag:
            size = driving.encoder.size
            late = graph.add(
                "Slice", state["waiting"], *(graph.constant([n], np.int64) for n in (0, size))
            )
            found["next_waiting"] = _moved_on(graph, state["waiting"], encoder, size)
        shown = graph.joined(late, state["factors"])
        controller = graph.after(driving.controller, shown, state["controller"], limit)
        posterior = graph.affine(controller, driving.to_posterior)
        inferred, _ = graph.split(posterior, [network.num_inferred] * 2)
        found |= {"next_encoder": encoder, "next_controller": controller}
        found["inferred_inputs"] = inferred
        given.append(inferred)
    if network.num_external and not network.external_to_encoders:
        given.append("external_inputs")
    inputs = graph.joined(*given) if given else ""
    generator = graph.after(network.generator, inputs, state["generator"], limit)
    factors = graph.add("MatMul", generator, graph.constant(network.to_factors))
    found |= {"next_generator": generator, "factors": factors}
    if driving is not None:
        found["next_factors"] = graph.add("Identity", factors)
    found["rates"] = _rates(graph, network, factors)
    if decoder is not None:
        signal = found[decoder.signal]
        found["next_past"] = past = _past(graph, decoder, state["past"], signal, begins)
        found["decoded"] = _decoded(graph, decoder, past)
    return graph.branch([found[name] for name in made], list(made.values()))


def _rates(graph: Graph, network: StepNetwork, factors: str) -> str:
    """Predicted means in the unit of the data; spikes/s of counts."""
    read_out = graph.affine(factors, network.read_out)
    if network.is_exponential:
        per_s = graph.constant(1 / network.bin_width_s)
        return graph.add("Mul", graph.add("Exp", read_out), per_s)
    scaled = graph.add("Mul", read_out, graph.constant(network.mean_scale))
    return graph.add("Add", scaled, graph.constant(network.mean_offset))


def _start(
    graph: Graph, network: StepNetwork, segment: str, names: list[str], sizes: list[int]
) -> Any:
    """The branch of the bin that the initial condition is known in: what is carried into it."""
    shape = graph.constant([network.first_bin, network.num_seen], np.int64)
    bins = graph.add("Reshape", segment, shape)
    last = [
        _through(graph, of, bins, reverse, network.state_limit)
        for of, reverse in ((network.initial_forward, 0), (network.initial_backward, 1))
    ]
    code = graph.affine(graph.joined(*last), network.to_code)
    mean, _ = graph.split(code, [network.num_latents] * 2)
    generator = graph.affine(mean, network.to_generator)
    found = {"generator": generator}
    if (driving := network.driving) is not None:
        found["factors"] = graph.add("MatMul", generator, graph.constant(network.to_factors))
        for name, of in (("encoder", driving.encoder), ("controller", driving.controller)):
            found[name] = graph.add("Identity", graph.constant(of.first))
    for name, size in zip(names, sizes, strict=True):
        if name not in found:
            found[name] = graph.add("Identity", graph.constant(np.zeros(size)))
    return graph.branch([found[name] for name in names], sizes)


def _through(graph: Graph, of: Gated, bins: str, reverse: int, limit: float) -> str:
    """The last state of a GRU that runs through bins."""
    helper, body = graph.onnx.helper, graph.within()
    state, seen = body.name("state"), body.name("seen")
    new = body.after(of, seen, state, limit)
    given = infos(graph.onnx, {state: of.size, seen: of.num_inputs})
    made = infos(graph.onnx, {new: of.size})
    loop = helper.make_graph(body.nodes, body.name("bins"), given, made)
    return graph.add(
        "Scan", graph.constant(of.first), bins,
        body=loop, num_scan_inputs=1, scan_input_directions=[reverse],
    )  # fmt: skip


def _past(graph: Graph, decoder: LinearDecoder, past: str, signal: str, begins: str) -> str:
    """The last bins of the signal; in the first one it stands for what was before."""
    repeated = graph.joined(*[signal] * decoder.memory)
    moved = _moved_on(graph, past, signal, decoder.num_features)
    return graph.add("Where", begins, repeated, moved)


def _decoded(graph: Graph, decoder: LinearDecoder, past: str) -> str:
    """The decoder's channels, from the last bins of its signal, the oldest first."""
    lags, features, channels = decoder.weights.shape
    weights = np.zeros((decoder.memory, features, channels), np.float32)
    weights[decoder.memory - 1 - decoder.step * np.arange(lags)] = decoder.weights
    return graph.affine(past, Affine(weights.reshape(-1, channels), decoder.bias))


def _moved_on(graph: Graph, line: str, new: str, size: int) -> str:
    """A line of vectors without the first, and a new one behind it."""
    ends = graph.constant([size], np.int64), graph.constant([2**31 - 1], np.int64)
    return graph.joined(graph.add("Slice", line, *ends), new)


def _holds(graph: Graph, relation: str, value: str, number: int) -> str:
    """Whether a vector of one number stands in a relation to another."""
    found = graph.add(relation, value, graph.constant([number]))
    return graph.add("Squeeze", found, graph.constant([0], np.int64))


def _properties(network: StepNetwork, decoder: LinearDecoder | None) -> dict[str, str]:
    """What a program that reads the file may want to know."""
    found = {
        "bin_width_s": repr(float(network.bin_width_s)),
        "first_bin": str(network.first_bin),
        "unit_of_rates": "spikes/s" if network.is_exponential else "as recorded",
    }
    if decoder is not None:
        found["decoded"] = ", ".join(decoder.channels)
    return found
