"""Weights in a .tflite file of the same backbone. No TensorFlow for local files."""

from __future__ import annotations

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from coralline.detector.warm_start.weights import Convolution
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.tflite import model_file

_DTYPES = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32, schema.TensorType.FLOAT32: np.float32}


def read_tflite_weights(path: str) -> bytes:
    """The content of a whole .tflite file.

    Raises:
      OSError: it can't be read.
      UserError: it isn't a whole .tflite file.
    """
    content = storage.read_bytes(path)
    try:
        model_file.read_model(content)
    except UserError as e:
        raise UserError(
            f"the warm start can't be used: {e.what}",
            file=path,
            expected=e.expected,
            found=e.found,
            fix="give model.warm_start a file or folder with weights of the preset's backbone",
        ) from e
    return content


def read_convolutions(path: str) -> list[Convolution]:
    """All convolutions in execution order, dequantized; raises as `read_tflite_weights`."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(read_tflite_weights(path), 0))
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    found = []
    for operator in graph.operators:
        code = codes[operator.opcodeIndex]
        if code not in (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D):
            continue
        kernel, bias = (_dequantize(path, model, graph.tensors[i]) for i in operator.inputs[1:3])
        order = (1, 2, 3, 0)
        found.append(Convolution(np.ascontiguousarray(kernel.transpose(order)), bias))
    return found


def _dequantize(path: str, model: Any, tensor: Any) -> np.ndarray:
    if tensor.type not in _DTYPES:
        raise UserError(
            "the warm start can't be used: its weights are of a type that isn't read",
            file=path,
            expected="int8 or float32 weights",
            found=f"type {tensor.type} of TensorFlow Lite's schema",
            fix="give model.warm_start another file of that backbone",
        )
    values = np.frombuffer(bytes(model.buffers[tensor.buffer].data), _DTYPES[tensor.type]).reshape(tensor.shape)
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None:
        return values.astype(np.float32)
    scale = np.asarray(quantization.scale, np.float32)
    zero = np.asarray(quantization.zeroPoint, np.float32)
    if scale.size > 1:
        shape = [1] * values.ndim
        shape[quantization.quantizedDimension] = scale.size
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return (values.astype(np.float32) - zero) * scale
