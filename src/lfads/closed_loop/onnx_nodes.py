"""Graphs of ONNX, put together node by node: what `onnx_graph` writes a network's step with."""

from typing import Any

import numpy as np

from lfads.closed_loop.network import Affine, Gated, Plain


class Graph:
    """Nodes and constants that are added one after another; a value is known by its name."""

    def __init__(self, onnx: Any, constants: list[Any] | None = None, prefix: str = "") -> None:
        self.onnx, self.nodes = onnx, list[Any]()
        self.constants = list[Any]() if constants is None else constants
        self._prefix, self._number = prefix, 0

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """A constant."""
        array = np.asarray(values, dtype)
        name = f"c{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """The value of an operator."""
        return self.several(operator, 1, *inputs, **attributes)[0]

    def several(self, operator: str, number: int, *inputs: str, **attributes: Any) -> list[str]:
        """The values of an operator that gives several."""
        self._number += 1
        names = [f"{self._prefix}v{self._number}_{k}" for k in range(number)]
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, names, **attributes))
        return names

    def within(self) -> "Graph":
        """A graph for a branch of this one, which sees its values and shares its constants."""
        self._number += 1
        return Graph(self.onnx, self.constants, f"{self._prefix}b{self._number}_")

    def name(self, word: str) -> str:
        """A name that no other graph has."""
        return f"{self._prefix}{word}"

    def branch(self, outputs: list[str], sizes: list[int]) -> Any:
        """This graph as a branch that gives these values."""
        made = infos(self.onnx, dict(zip(outputs, sizes, strict=True)))
        return self.onnx.helper.make_graph(self.nodes, self.name("branch"), [], made)

    def affine(self, values: str, of: Affine) -> str:
        """x W + b."""
        product = self.add("MatMul", values, self.constant(of.weights))
        return self.add("Add", product, self.constant(of.bias))

    def joined(self, *parts: str) -> str:
        """Vectors one behind another."""
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=0)

    def split(self, values: str, sizes: list[int]) -> list[str]:
        """Parts of a vector."""
        if len(sizes) == 1:
            return [values]
        return self.several("Split", len(sizes), values, self.constant(sizes, np.int64), axis=0)

    def clipped(self, values: str, limit: float) -> str:
        """Within ±limit."""
        return self.add("Clip", values, self.constant(-limit), self.constant(limit))

    def after(self, of: Gated | Plain, inputs: str, state: str, limit: float) -> str:
        """The state of a recurrent network after a bin."""
        beside = self.joined(inputs, state) if of.num_inputs else state
        if isinstance(of, Plain):
            return self.clipped(
                self.add("Tanh", self.affine(beside, Affine(of.weights, of.bias))), limit
            )
        gates = self.add("Sigmoid", self.affine(beside, Affine(of.gates, of.gates_bias)))
        update, reset = self.split(gates, [of.size, of.size])
        kept = self.add("Mul", reset, state)
        beside = self.joined(inputs, kept) if of.num_inputs else kept
        new = self.add("Tanh", self.affine(beside, Affine(of.candidate, of.candidate_bias)))
        # z h + (1 - z) n = n + z (h - n)
        moved = self.add("Mul", update, self.add("Sub", state, new))
        return self.clipped(self.add("Add", new, moved), limit)


def infos(onnx: Any, sizes: dict[str, int]) -> list[Any]:
    """Descriptions of vectors."""
    return [onnx.helper.make_tensor_value_info(name, 1, [size]) for name, size in sizes.items()]
