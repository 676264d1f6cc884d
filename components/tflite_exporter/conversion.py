"""TensorFlow Lite conversion of the quantization-aware SavedModel, with the post-processing op at its end."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from coralline.tflite.contract import PYCORAL_NAMES
from coralline.tflite.post_process_op import CUSTOM_CODE, PostProcessing

# Coral's and TensorFlow's names of the outputs, in the order in which devices read them. Sorted, as it happens, so
# that a dictionary of them keeps this order through TensorFlow.
OUTPUT_NAMES = ("detection_boxes", "detection_classes", "detection_scores", "num_detections")


def convert(saved_model: str, anchors: np.ndarray, settings: PostProcessing) -> bytes:
    """The int8 TFLite model of a raw SavedModel.

    Args:
      saved_model: folder with a flat, one-image signature: `image [1, H, W, 3]` float32 to `boxes` and `logits`.
      anchors: `[anchors, 4]` float32, ycenter, xcenter, height, width, normalized.
      settings: of the post-processing op.

    Returns:
      The file's content: uint8 input, outputs in the standard order.
    """
    module, serve = _serving_function(saved_model, anchors, settings)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([serve], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.uint8
    converter.allow_custom_ops = True
    return _standard_output_order(converter.convert())


def _serving_function(saved_model: str, anchors: np.ndarray, settings: PostProcessing) -> tuple[tf.Module, Any]:
    module = tf.Module()
    module.raw = tf.saved_model.load(saved_model)
    raw_model = module.raw.signatures["serving_default"]
    image_spec = raw_model.structured_input_signature[1]["image"]
    detections = settings.max_detections

    @tf.function(experimental_implements=_implements(settings), autograph=False)
    def post_process(boxes: tf.Tensor, scores: tf.Tensor, anchors: tf.Tensor) -> tuple[tf.Tensor, ...]:
        # Its body is never run: the converter puts the op in its place.
        return tf.zeros([1, detections, 4]), tf.zeros([1, detections]), tf.zeros([1, detections]), tf.zeros([1])

    @tf.function(input_signature=[image_spec], autograph=False)
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = raw_model(image=image)
        outputs = post_process(raw["boxes"], tf.sigmoid(raw["logits"]), tf.constant(anchors))
        return dict(zip(OUTPUT_NAMES, outputs, strict=True))

    module.serve = serve
    return module, serve.get_concrete_function()


def _standard_output_order(content: bytes) -> bytes:
    """Puts the graph's outputs into the order of the post-processing op; signature names stay with their tensors.

    The signature gets pycoral's names beside them: its `get_objects` looks outputs up by name once a file has a
    signature, and ends in a KeyError without. A signature may name a tensor twice.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = model.subgraphs[0]
    op = next(o for o in graph.operators if model.operatorCodes[o.opcodeIndex].customCode == CUSTOM_CODE.encode())
    graph.outputs = op.outputs
    for signature in model.signatureDefs:
        signature.outputs += [_named(name, tensor) for name, tensor in zip(PYCORAL_NAMES, op.outputs, strict=True)]
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _named(name: str, tensor: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry


def _implements(settings: PostProcessing) -> str:
    """The annotation by which the converter knows the op (`experimental_implements`).

    TensorFlow 2.16's converter drops a `detections_per_class`: the kernel's default of 100 holds.
    """
    y, x, h, w = settings.box_coder_scales
    attributes = {
        "max_detections": f"i: {settings.max_detections}",
        "max_classes_per_detection": f"i: {settings.max_classes_per_detection}",
        "use_regular_nms": f"b: {str(settings.use_regular_nms).lower()}",
        "nms_score_threshold": f"f: {settings.score_threshold}",
        "nms_iou_threshold": f"f: {settings.iou_threshold}",
        "y_scale": f"f: {y}",
        "x_scale": f"f: {x}",
        "h_scale": f"f: {h}",
        "w_scale": f"f: {w}",
        "num_classes": f"i: {settings.num_classes}",
    }
    listed = " ".join(f'attr {{ key: "{key}" value {{ {value} }} }}' for key, value in attributes.items())
    return f'name: "{CUSTOM_CODE}" {listed}'
