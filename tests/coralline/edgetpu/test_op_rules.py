"""Each rule by a small graph of its own; the graphs are made of records, no file is needed."""

import numpy as np
import pytest

from coralline.edgetpu import mapping, op_rules
from coralline.tflite.model_file import Graph, Model, Op, Tensor

IMAGE = (1, 8, 8, 4)


class Drawing:
    """A graph under construction: `tensor(...)` and `op(...)` give indices."""

    def __init__(self):
        self.tensors, self.ops, self.buffers = [], [], [b""]

    def tensor(self, shape=IMAGE, kind="INT8", values=None, **kwargs):
        if values is not None:
            self.buffers.append(values.tobytes())
            shape, kind = values.shape, str(values.dtype).upper()
        fields = {"variable": False, "scales": (0.1,), "zero_points": (0,), **kwargs}
        buffer = len(self.buffers) - 1 if values is not None else 0
        index = len(self.tensors)
        dynamic = any(size < 0 for size in shape)
        self.tensors.append(Tensor(index, f"t{index}", kind, tuple(shape), dynamic, buffer, buffer > 0, **fields))
        return index

    def op(self, name, inputs, output=None, version=1, custom=False, **options):
        output = self.tensor() if output is None else output
        self.ops.append(Op(len(self.ops), name, custom, version, tuple(inputs), (output,), options, b""))
        return output

    def model(self):
        graph = Graph("", tuple(self.tensors), tuple(self.ops), (0,), (len(self.tensors) - 1,))
        return Model(b"", "", (graph,), (), {}, tuple(self.buffers))


def ints(*values):
    return np.array(values, np.int32)


def reason(name, shapes=(IMAGE,), output=IMAGE, constants=(), constants_first=False, kinds=None, version=1, **options):
    drawing = Drawing()
    kinds = kinds or ["INT8"] * (len(shapes) + 1)
    inputs = [drawing.tensor(shape, kind) for shape, kind in zip(shapes, kinds, strict=False)]
    fixed = [drawing.tensor(values=values) for values in constants]
    inputs = fixed + inputs if constants_first else inputs + fixed
    drawing.op(name, inputs, drawing.tensor(output, kinds[-1]), version, **options)
    model = drawing.model()
    return op_rules.why_not_mapped(model.main.ops[0], model)


@pytest.mark.parametrize(
    ("case", "maps"),
    [
        ({"name": "ADD", "shapes": (IMAGE, IMAGE)}, True),
        ({"name": "LEAKY_RELU"}, False),
        ({"name": "ADD", "shapes": (IMAGE, IMAGE), "kinds": ["INT8", "INT8", "INT16"]}, False),
        ({"name": "RESHAPE", "shapes": ((2, 8, 8, 4),)}, False),
        ({"name": "RESHAPE", "shapes": ((1, 1, 8, 8, 4),)}, True),
        ({"name": "RESHAPE", "shapes": ((1, -1, 8, 4),)}, False),
        ({"name": "MAX_POOL_2D", "fusedActivationFunction": 1}, False),
        ({"name": "MAX_POOL_2D", "fusedActivationFunction": 0}, True),
        ({"name": "CONV_2D", "dilationWFactor": 2, "dilationHFactor": 2}, True),
        ({"name": "CONV_2D", "dilationWFactor": 2, "dilationHFactor": 1}, False),
        ({"name": "CONV_2D", "constants": [np.ones((4, 3, 3, 4), np.int8), ints(0, 0, 0, 0)]}, True),
        ({"name": "CONV_2D", "shapes": (IMAGE, (4, 3, 3, 4))}, False),
        ({"name": "FULLY_CONNECTED", "shapes": ((1, 4), (10, 4)), "output": (1, 10)}, False),
        ({"name": "SOFTMAX", "shapes": ((1, 10),), "output": (1, 10)}, True),
        ({"name": "SOFTMAX", "shapes": ((1, 16001),), "output": (1, 16001)}, False),
        ({"name": "SOFTMAX"}, False),
        ({"name": "MEAN", "constants": [ints(1, 2)]}, True),
        ({"name": "MEAN", "constants": [ints(0)]}, False),
        ({"name": "MEAN", "constants": [ints(-1)]}, True),
        ({"name": "MEAN", "shapes": ((1, 8, 8, 3),), "constants": [ints(3)]}, False),
        ({"name": "SUM", "constants": [ints(0, 1)]}, False),
        ({"name": "PAD", "constants": [np.array([[0, 0], [1, 1], [1, 1], [0, 4]], np.int32)]}, True),
        ({"name": "PAD", "constants": [np.array([[0, 1], [0, 0], [0, 0], [0, 0]], np.int32)]}, False),
        ({"name": "SPLIT", "constants": [ints(3)], "constants_first": True}, True),
        ({"name": "SPLIT", "constants": [ints(0)], "constants_first": True}, False),
        ({"name": "CONCATENATION", "constants": [np.zeros(IMAGE, np.int8)]}, True),
        ({"name": "CONCATENATION", "constants": [np.ones(IMAGE, np.int8)]}, False),
        ({"name": "CONCATENATION", "shapes": (IMAGE, IMAGE), "constants": [np.zeros(IMAGE, np.int8)]}, False),
        ({"name": "RESIZE_NEAREST_NEIGHBOR", "output": (1, 16, 16, 4)}, True),
        ({"name": "RESIZE_NEAREST_NEIGHBOR", "output": (1, 72, 64, 4)}, False),
        ({"name": "RESIZE_BILINEAR", "shapes": ((1, 1, 1, 4),), "output": (1, 4, 4, 4)}, False),
        ({"name": "STRIDED_SLICE", "constants": [ints(0), ints(4), ints(1)]}, True),
        ({"name": "STRIDED_SLICE", "constants": [ints(0), ints(4), ints(2)]}, False),
        ({"name": "STRIDED_SLICE", "constants": [ints(0), ints(4), ints(1)], "newAxisMask": 1}, False),
        ({"name": "FULLY_CONNECTED", "constants": [np.ones((10, 4), np.int8)], "output": (1, 10)}, True),
        ({"name": "FULLY_CONNECTED", "constants": [np.ones((10, 4), np.int8)], "output": (7, 10)}, False),
        ({"name": "PRELU", "constants": [np.ones((1, 1, 4), np.int8)]}, True),
        ({"name": "PRELU", "shapes": (IMAGE, (1, 1, 4))}, False),
        ({"name": "PRELU", "constants": [np.ones((8, 8, 4), np.int8)]}, False),
        ({"name": "TILE", "version": 1}, True),
        ({"name": "QUANTIZE", "kinds": ["UINT8", "INT8"]}, True),
        ({"name": "QUANTIZE", "kinds": ["FLOAT32", "INT8"]}, False),
        ({"name": "DEQUANTIZE", "kinds": ["INT8", "FLOAT32"]}, False),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "maps" if value else "stays",
)
def test_takes_what_is_documented_and_no_more(case, maps):
    assert (reason(**case) is None) == maps


def test_a_stray_dequantize_and_a_float_quantize_have_the_compilers_own_statuses():
    assert reason("DEQUANTIZE", kinds=["INT8", "FLOAT32"])[0] == "Operation is working on an unsupported data type"
    assert reason("QUANTIZE", kinds=["FLOAT32", "INT8"])[0].endswith("due to some unspecified limitation")
    assert reason("LEAKY_RELU")[0] == "Operation not supported"


@pytest.mark.parametrize("constant", [True, False])
def test_a_transposed_convolution_maps_with_constant_weights(constant):
    drawing = Drawing()
    shape, weights = drawing.tensor(values=ints(1, 16, 16, 4)), np.ones((4, 2, 2, 4), np.int8)
    kernel = drawing.tensor(values=weights) if constant else drawing.tensor(weights.shape)
    drawing.op("TRANSPOSE_CONV", [shape, kernel, drawing.tensor()], drawing.tensor((1, 16, 16, 4)))
    model = drawing.model()
    assert (op_rules.why_not_mapped(model.main.ops[0], model) is None) == constant


def test_per_channel_fully_connected_is_refused():
    drawing = Drawing()
    weights = drawing.tensor(values=np.ones((10, 4), np.int8), scales=(0.1,) * 10, zero_points=(0,) * 10)
    drawing.op("FULLY_CONNECTED", [drawing.tensor((1, 4)), weights], drawing.tensor((1, 10)))
    model = drawing.model()
    assert "per channel" in op_rules.why_not_mapped(model.main.ops[0], model)[1]


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        ("CONV_2D", 5, 6),
        ("DEPTHWISE_CONV_2D", 6, 7),
        ("FULLY_CONNECTED", 9, 10),
        ("ADD", 4, 5),
        ("MUL", 5, 6),
        ("CONCATENATION", 3, 4),
        ("TRANSPOSE", 5, 6),
        ("TILE", 2, 3),
        ("CAST", 1, 2),
        ("DEQUANTIZE", 4, 5),
        ("QUANTIZE", 2, 3),
        ("STRIDED_SLICE", 6, 7),
        ("SLICE", 5, 6),
        ("GATHER", 5, 6),
        ("PAD", 4, 5),
        ("ARG_MAX", 2, 3),
        ("EXP", 1, 2),
        ("TRANSPOSE_CONV", 3, 4),
        ("GELU", None, 1),
        ("STABLEHLO_ADD", None, 1),
        ("CALL", None, 1),
    ],
)
def test_an_op_version_newer_than_the_compiler_refuses_the_whole_file(name, known, unknown):
    for version, refused in ((known, False), (unknown, True)):
        if version is not None:
            drawing = Drawing()
            after = drawing.op("RELU", [drawing.tensor()])
            drawing.op(name, [after, after], version=version)
            predicted = mapping.predict_model(drawing.model())
            assert (predicted.failure is not None) == refused
            assert (predicted.mapped == 0) == refused


def test_cpu_ops_before_the_first_mapped_op_do_no_harm():
    drawing = Drawing()
    cast = drawing.op("CAST", [drawing.tensor()])
    drawing.op("RELU", [drawing.op("CONV_2D", [cast])])
    assert [op["op"] for op in mapping.predict_model(drawing.model()).cpu] == ["CAST"]


def test_what_depends_on_a_break_stays_on_the_cpu_and_branches_beside_it_map():
    drawing = Drawing()
    first = drawing.op("CONV_2D", [drawing.tensor()])
    broken = drawing.op("LEAKY_RELU", [first])
    after = drawing.op("CONV_2D", [broken])
    beside = drawing.op("CONV_2D", [first])
    drawing.op("ADD", [beside, after])
    predicted = mapping.predict_model(drawing.model())
    assert [op["index"] for op in predicted.cpu] == [1, 2, 4]
    assert predicted.cpu[1]["why"] == (
        "More than one subgraph is not supported: it depends on op 1 LEAKY_RELU, which runs on the CPU"
    )
    assert (predicted.mapped, predicted.total, predicted.subgraphs) == (2, 5, 1)


def test_parameters_beyond_the_chip_are_streamed():
    drawing = Drawing()
    weights = drawing.tensor(values=np.zeros((2048, 1, 1, 4096), np.int8))
    drawing.op("CONV_2D", [drawing.tensor(), weights])
    predicted = mapping.predict_model(drawing.model())
    assert predicted.cached == mapping.CACHE_BYTES and predicted.cached + predicted.streamed == 2048 * 4096
