"""Takes ONNX Runtime's dynamic quantisation out of a graph: integer products become products of dequantised weights,
which a runtime may then compute in bf16.
"""

from collections import defaultdict

import numpy as np
import onnx
from onnx import helper, numpy_helper

_PRODUCTS = {"ConvInteger": "Conv", "MatMulInteger": "MatMul"}


class _Graph:
    def __init__(self, graph: onnx.GraphProto):
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        self.maker = {name: node for node in graph.node for name in node.output}
        self.readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self.readers[name].append(node)

    def value(self, name: str) -> np.ndarray:
        return numpy_helper.to_array(self.constants[name])

    def add(self, name: str, value: np.ndarray) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name)
        return name

    def only_reader(self, name: str, kind: str) -> onnx.NodeProto:
        (reader,) = self.readers[name]
        if reader.op_type != kind:
            raise ValueError(f"expected {kind} to read {name}, got {reader.op_type}; this graph is quantised otherwise")
        return reader

    def product(self, node: onnx.NodeProto) -> onnx.NodeProto:
        """DynamicQuantizeLinear -> integer product [-> Add of a bias] -> Cast -> Mul by both scales, as one product."""
        shown, weight, _, zero_point = node.input
        (reader,) = self.readers[node.output[0]]
        inputs = [self.maker[shown].input[0], weight + ".float"]
        total = node.output[0]
        if reader.op_type == "Add":
            inputs.append(self.add(node.name + ".bias", self._bias(reader, total)))
            total = reader.output[0]
        cast = self.only_reader(total, "Cast").output[0]
        scaled = self.only_reader(cast, "Mul")
        scales = self.maker[next(name for name in scaled.input if name != cast)]
        scale = self.value(next(name for name in scales.input if name in self.constants))
        along = (-1,) + (1,) * (self.value(weight).ndim - 1) if node.op_type == "ConvInteger" else (-1,)
        levels = self.value(weight).astype(np.float32) - self.value(zero_point).astype(np.float32).reshape(along)
        self.add(inputs[1], levels * scale.reshape(along))
        made = helper.make_node(_PRODUCTS[node.op_type], inputs, list(scaled.output), name=node.name)
        made.attribute.extend(node.attribute)
        return made

    def _bias(self, adder: onnx.NodeProto, total: str) -> np.ndarray:
        """The bias behind an Add: it was divided by the scales, rounded and shaped."""
        node = self.maker[next(name for name in adder.input if name != total)]
        while node.op_type != "Div":
            node = self.maker[node.input[0]]
        return self.value(node.input[0]).reshape(-1)

    def recurrent(self, node: onnx.NodeProto) -> onnx.NodeProto:
        """DynamicQuantizeLSTM, whose matrices are transposed, as LSTM."""
        shown, over, back, bias, sizes, state, cell, peepholes, *quantised = node.input
        matrices = []
        for name, scale, zero_point in ((over, *quantised[:2]), (back, *quantised[2:])):
            per = [
                self.value(n).astype(np.float32).reshape(self.value(name).shape[0], 1, -1) for n in (scale, zero_point)
            ]
            levels = self.value(name).astype(np.float32) - per[1]
            matrices.append(self.add(name + ".float", (levels * per[0]).transpose(0, 2, 1)))
        inputs = [shown, *matrices, bias, sizes, state, cell, peepholes]
        while not inputs[-1]:
            inputs.pop()
        made = helper.make_node("LSTM", inputs, list(node.output), name=node.name)
        made.attribute.extend(node.attribute)
        return made


def without_quantisation(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with float32 weights, nodes in order and what nothing reads left out. Raises ValueError if its
    quantisation has another form.
    """
    graph = _Graph(model.graph)
    replaced: dict[str, onnx.NodeProto] = {}
    for node in model.graph.node:
        if node.op_type in _PRODUCTS:
            made = graph.product(node)
        elif node.op_type == "DynamicQuantizeLSTM":
            made = graph.recurrent(node)
        else:
            continue
        replaced |= {name: made for name in made.output}
    used = {output.name for output in model.graph.output}
    nodes: list[onnx.NodeProto] = []
    for node in reversed(model.graph.node):
        if used.isdisjoint(node.output):
            continue
        nodes.append(replaced.get(node.output[0], node))
        used.update(nodes[-1].input)
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    for field, items in (
        ("node", nodes[::-1]),
        ("initializer", [tensor for name, tensor in graph.constants.items() if name in used]),
        ("value_info", []),
    ):
        changed.graph.ClearField(field)
        getattr(changed.graph, field).extend(items)
    return changed
