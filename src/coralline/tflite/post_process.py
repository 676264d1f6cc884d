"""The post-processing of the file that ships, for models that aren't files: the same kernel under the same settings.

A .tflite of one op, `TFLite_Detection_PostProcess`, is built in memory and run by the TFLite runtime, so that float and
QAT models are judged by exactly what a device does after the last convolution.
"""

from __future__ import annotations

import ai_edge_litert.schema_py_generated as schema
import flatbuffers
import numpy as np

from coralline.tflite.detections import Detections
from coralline.tflite.interpreter import make_interpreter
from coralline.tflite.post_process_op import CUSTOM_CODE, PostProcessing


class PostProcess:
    """Box encodings and class scores to detections.

    Args:
      anchors: float32 [A, 4], ycenter, xcenter, height, width, normalized.
      settings: of the op.
    """

    def __init__(self, anchors: np.ndarray, settings: PostProcessing):
        self.settings = settings
        self._interpreter = make_interpreter(_one_op_model(np.asarray(anchors, np.float32), settings), num_threads=1)
        self._inputs = [detail["index"] for detail in self._interpreter.get_input_details()]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def run(self, box_encodings: np.ndarray, class_scores: np.ndarray) -> Detections:
        """Detections of one image.

        Args:
          box_encodings: float32 [A, 4], ty, tx, th, tw.
          class_scores: float32 [A, num_classes + 1], after the sigmoid; column 0 (background) isn't looked at.
        """
        for index, value in zip(self._inputs, (box_encodings, class_scores), strict=True):
            self._interpreter.set_tensor(index, np.ascontiguousarray(value, np.float32)[None])
        self._interpreter.invoke()
        return Detections.from_outputs(*(self._interpreter.get_tensor(index) for index in self._outputs))


def _one_op_model(anchors: np.ndarray, settings: PostProcessing) -> bytes:
    model = schema.ModelT()
    model.version = 3
    model.description = "detection post-processing"
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode, code.version = CUSTOM_CODE, 1
    model.operatorCodes = [code]
    empty, constant = schema.BufferT(), schema.BufferT()
    constant.data = np.frombuffer(anchors.tobytes(), np.uint8)
    model.buffers = [empty, constant]

    rows = settings.max_detections * settings.max_classes_per_detection
    shapes = [
        ("box_encodings", [1, len(anchors), 4]),
        ("class_scores", [1, len(anchors), settings.num_classes + 1]),
        ("anchors", list(anchors.shape)),
        ("boxes", [1, rows, 4]),
        ("classes", [1, rows]),
        ("scores", [1, rows]),
        ("count", [1]),
    ]
    graph = schema.SubGraphT()
    graph.tensors = [_float_tensor(name, shape, buffer=int(name == "anchors")) for name, shape in shapes]
    op = schema.OperatorT()
    op.opcodeIndex, op.inputs, op.outputs = 0, [0, 1, 2], [3, 4, 5, 6]
    op.customOptions = np.frombuffer(settings.encode(), np.uint8)
    graph.operators, graph.inputs, graph.outputs = [op], [0, 1], [3, 4, 5, 6]
    model.subgraphs = [graph]

    builder = flatbuffers.Builder(1024 + anchors.nbytes)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _float_tensor(name: str, shape: list[int], buffer: int) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer, tensor.type = name, shape, buffer, schema.TensorType.FLOAT32
    return tensor
