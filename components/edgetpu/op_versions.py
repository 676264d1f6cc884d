"""Which versions of an op the Edge TPU compiler knows; it refuses a whole file that holds a newer one.

The last compiler, 16.0.384591198, is built on the TFLite runtime of TensorFlow 2.6. Source of what that knows:
tensorflow/lite/tools/versioning/runtime_version.cc, every (op, version) whose runtime is 2.6.0 or older.
"""

from __future__ import annotations

import ai_edge_litert.schema_py_generated as schema

# The last builtin of TensorFlow 2.6; codes beyond it came later (GELU, STABLEHLO_*, ...).
_LAST_BUILTIN = schema.BuiltinOperator.BROADCAST_ARGS

# The newest version known, for ops that have more than one.
_NEWEST = {
    "ABS": 4, "ADD": 4, "ARG_MAX": 2, "ARG_MIN": 2, "AVERAGE_POOL_2D": 3, "BATCH_MATMUL": 4, "BATCH_TO_SPACE_ND": 3,
    "BIDIRECTIONAL_SEQUENCE_LSTM": 3, "BIDIRECTIONAL_SEQUENCE_RNN": 3, "BROADCAST_TO": 3, "CONCATENATION": 3,
    "CONV_2D": 5, "DEPTHWISE_CONV_2D": 6, "DEPTH_TO_SPACE": 2, "DEQUANTIZE": 4, "DIV": 2, "EMBEDDING_LOOKUP": 3,
    "EQUAL": 3, "FAKE_QUANT": 2, "FILL": 3, "FLOOR_DIV": 2, "FULLY_CONNECTED": 9, "GATHER": 5, "GATHER_ND": 3,
    "GREATER": 2, "GREATER_EQUAL": 2, "L2_NORMALIZATION": 2, "LEAKY_RELU": 2, "LESS": 2, "LESS_EQUAL": 2,
    "LOGISTIC": 3, "LOG_SOFTMAX": 2, "LSTM": 4, "MAXIMUM": 4, "MAX_POOL_2D": 3, "MEAN": 3, "MINIMUM": 4,
    "MIRROR_PAD": 2, "MUL": 5, "NOT_EQUAL": 3, "PACK": 3, "PAD": 4, "PADV2": 4, "QUANTIZE": 2, "REDUCE_MAX": 3,
    "REDUCE_MIN": 3, "REDUCE_PROD": 2, "RELU": 3, "RELU6": 3, "RESIZE_BILINEAR": 4, "RESIZE_NEAREST_NEIGHBOR": 4,
    "REVERSE_V2": 3, "RNN": 3, "RSQRT": 2, "SELECT": 2, "SLICE": 5, "SOFTMAX": 3, "SPACE_TO_BATCH_ND": 3,
    "SPACE_TO_DEPTH": 2, "SPARSE_TO_DENSE": 3, "SPLIT": 4, "SPLIT_V": 2, "SQUARED_DIFFERENCE": 2, "SQUEEZE": 2,
    "STRIDED_SLICE": 6, "SUB": 5, "SUM": 2, "SVDF": 4, "TANH": 3, "TILE": 2, "TOPK_V2": 2, "TRANSPOSE": 5,
    "TRANSPOSE_CONV": 3, "UNIDIRECTIONAL_SEQUENCE_LSTM": 3, "UNIDIRECTIONAL_SEQUENCE_RNN": 3, "UNPACK": 4,
}  # fmt: skip


def newest_known(builtin: str) -> int:
    """The newest version of a builtin that the compiler knows; 0 when it doesn't know the op at all."""
    if getattr(schema.BuiltinOperator, builtin) > _LAST_BUILTIN:
        return 0
    return _NEWEST.get(builtin, 1)
