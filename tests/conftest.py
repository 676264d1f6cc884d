"""A detector small enough to be understood at a glance, for tests that need a .tflite with the standard contract."""

import ai_edge_litert.schema_py_generated as schema
import flatbuffers
import numpy as np
import pytest

from components.tflite.post_process_op import CUSTOM_CODE, PostProcessOptions

SIZE = 32
_OPS = schema.BuiltinOperator
_TYPES = schema.TensorType


@pytest.fixture(scope="session")
def quadrant_detector():
    """`quadrant_detector(...) -> bytes`: finds the colour of each quadrant of a 32x32 image.

    Four anchors are the quadrants; a quadrant's mean green is the score of class 0, its mean blue that of class 1, its
    mean red that of the background. Ops: AVERAGE_POOL_2D, RESHAPE, DEQUANTIZE, TFLite_Detection_PostProcess.
    """
    return _quadrant_detector


def _quadrant_detector(
    *,
    output_order=(0, 1, 2, 3),
    signature=("detection_boxes", "detection_classes", "detection_scores", "num_detections"),
    num_classes=2,
    input_type="UINT8",
    pool_version=2,
    pool_activation=0,
    score_threshold=0.25,
):
    kind, half = getattr(_TYPES, input_type), SIZE // 2
    anchors = np.array([[y, x, 0.5, 0.5] for y in (0.25, 0.75) for x in (0.25, 0.75)], np.float32)
    scale = (1 / 255, 0)
    tensors = [
        _tensor("image", [1, SIZE, SIZE, 3], kind, scale=scale),
        _tensor("pooled", [1, 2, 2, 3], kind, scale=scale),
        _tensor("shape", [3], _TYPES.INT32, buffer=1),
        _tensor("rows", [1, 4, 3], kind, scale=scale),
        _tensor("raw_scores", [1, 4, 3], _TYPES.FLOAT32),
        _tensor("encodings", [1, 4, 4], _TYPES.FLOAT32, buffer=2),
        _tensor("anchors", [4, 4], _TYPES.FLOAT32, buffer=3),
        _tensor("boxes", [1, 10, 4], _TYPES.FLOAT32),
        _tensor("classes", [1, 10], _TYPES.FLOAT32),
        _tensor("scores", [1, 10], _TYPES.FLOAT32),
        _tensor("count", [1], _TYPES.FLOAT32),
    ]
    pool = schema.Pool2DOptionsT()
    pool.strideH = pool.strideW = pool.filterHeight = pool.filterWidth = half
    pool.padding, pool.fusedActivationFunction = schema.Padding.VALID, pool_activation
    options = PostProcessOptions(10, score_threshold, 0.5, num_classes, (10.0, 10.0, 5.0, 5.0)).encode()
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs = tensors, [0]
    graph.outputs = [7 + i for i in output_order]
    graph.operators = [
        _op(0, [0], [1], schema.BuiltinOptions.Pool2DOptions, pool),
        _op(1, [1, 2], [3]),
        _op(2, [3], [4]),
        _op(3, [5, 4, 6], [7, 8, 9, 10], custom=options),
    ]
    model = schema.ModelT()
    model.version, model.description, model.subgraphs = 3, "quadrants", [graph]
    model.operatorCodes = [
        _code(_OPS.AVERAGE_POOL_2D, pool_version),
        _code(_OPS.RESHAPE, 1),
        _code(_OPS.DEQUANTIZE, 2),
        _code(_OPS.CUSTOM, 1, CUSTOM_CODE),
    ]
    constants = [b"", np.array([1, 4, 3], np.int32), np.zeros((1, 4, 4), np.float32), anchors]
    model.buffers = [_buffer(values) for values in constants]
    model.signatureDefs = [_signature(signature)]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name, shape, kind, buffer=0, scale=None):
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
    if scale and kind in (_TYPES.UINT8, _TYPES.INT8):
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale[0]], [scale[1]]
    return tensor


def _op(code, inputs, outputs, options_type=0, options=None, custom=None):
    op = schema.OperatorT()
    op.opcodeIndex, op.inputs, op.outputs = code, inputs, outputs
    op.builtinOptionsType, op.builtinOptions = options_type, options
    op.customOptions = None if custom is None else np.frombuffer(custom, np.uint8)
    return op


def _code(builtin, version, custom=None):
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode = builtin, min(builtin, 127)
    code.version, code.customCode = version, custom
    return code


def _buffer(values):
    buffer = schema.BufferT()
    data = values if isinstance(values, bytes) else values.tobytes()
    buffer.data = np.frombuffer(data, np.uint8) if data else None
    return buffer


def _signature(names):
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_entry("images", 0)]
    signature.outputs = [_entry(name, 7 + i) for i, name in enumerate(names)]
    return signature


def _entry(name, tensor):
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry
