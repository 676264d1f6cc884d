"""The operations that a preset's .tflite file will hold, known before anything is trained. No TensorFlow.

It is drawn as the converter writes it: batch norm folded into the convolution before it (the feature pyramid's is a
1x1 depthwise convolution of its own), the head's pointwise convolutions once for each level, each with its own norm.
A test holds it against the file that is really exported, operation by operation, for every preset.

Source of the backbones: official/vision/modeling/backbones/mobilenet.py (MNV2_BLOCK_SPECS) and mobiledet.py
(MD_EdgeTPU_BLOCK_SPECS) of tf-models-official 2.16.0.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from coralline.detector.presets import Preset
from coralline.tflite.model_file import Graph, Model, Op, Tensor
from coralline.tflite.post_process_op import CUSTOM_CODE

# kernel, stride, channels, expansion, blocks in a row; the stride is the first one's.
_MOBILENET_V2 = (
    (3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (3, 2, 32, 6, 3), (3, 2, 64, 6, 4), (3, 1, 96, 6, 3), (3, 2, 160, 6, 3),
    (3, 1, 320, 6, 1),
)  # fmt: skip
# kernel, stride, channels, expansion, depthwise (else its first convolution is a full one), residual.
_MOBILEDET_EDGETPU = (
    (3, 2, 16, 8, False, False), (3, 1, 16, 4, False, True), (3, 1, 16, 8, False, True), (3, 1, 16, 4, False, True),
    (5, 2, 40, 8, False, False), (3, 1, 40, 4, False, True), (3, 1, 40, 4, False, True), (3, 1, 40, 4, False, True),
    (3, 2, 72, 8, True, False), (3, 1, 72, 8, True, True), (3, 1, 72, 4, False, True), (3, 1, 72, 4, False, True),
    (5, 1, 96, 8, True, False), (5, 1, 96, 8, True, True), (3, 1, 96, 8, True, True), (3, 1, 96, 8, True, True),
    (5, 2, 120, 8, True, False), (3, 1, 120, 8, True, True), (5, 1, 120, 4, True, True), (3, 1, 120, 8, True, True),
    (5, 1, 384, 8, True, False),
)  # fmt: skip
_VERSIONS = {
    "QUANTIZE": 1, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "ADD": 2, "RELU6": 2, "RESIZE_NEAREST_NEIGHBOR": 3,
    "RESHAPE": 1, "CONCATENATION": 2, "LOGISTIC": 2, "DEQUANTIZE": 2, CUSTOM_CODE: 1,
}  # fmt: skip


def draw(preset: Preset, num_classes: int) -> Model:
    """The model that a preset leads to, its weights zeros; `num_classes` real classes."""
    plan = _Plan()
    image = plan.tensor((1, preset.input_size, preset.input_size, 3), "UINT8")
    features = _backbone(plan, plan.op("QUANTIZE", [image], image.shape), preset)
    pyramid = _pyramid(plan, features, preset)
    boxes = _head(plan, pyramid, preset, 4)
    scores = _head(plan, pyramid, preset, num_classes + 1)
    scores = plan.op("LOGISTIC", [scores], scores.shape)
    encodings, scores = (plan.op("DEQUANTIZE", [raw], raw.shape, "FLOAT32") for raw in (boxes, scores))
    anchors = plan.constant((boxes.shape[1], 4), "FLOAT32", 4)
    plan.op(CUSTOM_CODE, [encodings, scores, anchors], (1, 1, 4), "FLOAT32")
    return plan.model(image)


def draw_backbone(preset: Preset) -> Model:
    """The backbone alone, which ends in the features of its last level."""
    plan = _Plan()
    image = plan.tensor((1, preset.input_size, preset.input_size, 3), "INT8")
    _backbone(plan, image, preset)
    return plan.model(image)


def _backbone(plan: _Plan, image: Tensor, preset: Preset) -> dict[int, Tensor]:
    """Feature level -> its last tensor."""
    if preset.backbone == "MobileDetEdgeTPU":
        return _mobiledet(plan, image, preset.width_multiplier)
    return _mobilenet(plan, image, preset.width_multiplier)


def _mobilenet(plan: _Plan, image: Tensor, width: float) -> dict[int, Tensor]:
    features, level = {}, 1
    x = plan.conv(image, _divisible(32 * width), 3, 2)
    for kernel, stride, channels, expansion, blocks in _MOBILENET_V2:
        for block in range(blocks):
            step = stride if block == 0 else 1
            level += step == 2
            x = _bottleneck(plan, x, _divisible(channels * width), kernel, step, expansion)
        features[level] = x
    return features


def _mobiledet(plan: _Plan, image: Tensor, width: float) -> dict[int, Tensor]:
    features, level = {}, 1
    x = plan.conv(image, _divisible(32 * width, protect=False), 3, 2)
    x = _tucker(plan, x, _divisible(16 * width, protect=False), 0.25, 0.75)
    for kernel, stride, channels, expansion, depthwise, residual in _MOBILEDET_EDGETPU:
        level += stride == 2
        channels = _divisible(channels * width, protect=False)
        x = _bottleneck(plan, x, channels, kernel, stride, expansion, depthwise, residual)
        features[level] = x
    return features


def _bottleneck(
    plan: _Plan,
    x: Tensor,
    channels: int,
    kernel: int,
    stride: int,
    expansion: int,
    depthwise: bool = True,
    residual: bool = True,
) -> Tensor:
    shortcut = x
    if expansion > 1:
        expanded = _divisible(x.shape[-1] * expansion)
        x = plan.conv(x, expanded, 1, 1) if depthwise else plan.conv(x, expanded, kernel, stride)
    if depthwise:
        x = plan.depthwise(x, kernel, stride)
    x = plan.conv(x, channels, 1, 1)
    return plan.add(x, shortcut) if residual and x.shape == shortcut.shape else x


def _tucker(plan: _Plan, x: Tensor, channels: int, into: float, out_of: float) -> Tensor:
    x = plan.conv(x, _divisible(x.shape[-1] * into, protect=False), 1, 1)
    x = plan.conv(x, _divisible(channels * out_of, protect=False), 3, 1)
    return plan.conv(x, channels, 1, 1)


def _divisible(channels: float, protect: bool = True) -> int:
    """Model Garden's `make_divisible` by 8; rounds off a tenth at most."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if protect and rounded < 0.9 * channels else rounded


def _pyramid(plan: _Plan, features: dict[int, Tensor], preset: Preset) -> dict[int, Tensor]:
    """Model Garden's FPN: lateral, top-down, post-hoc and coarser convolutions, each separable, then batch norm."""
    filters, top = preset.fpn_filters, min(max(features), preset.max_level)
    levels = {level: plan.separable(features[level], filters, kernel=1) for level in range(preset.min_level, top + 1)}
    for level in range(top - 1, preset.min_level - 1, -1):
        levels[level] = plan.add(plan.enlarged(levels[level + 1]), levels[level])
    levels = {level: plan.separable(x, filters) for level, x in levels.items()}
    for level in range(top + 1, preset.max_level + 1):
        below = levels[level - 1]
        if level > top + 1:
            below = plan.op("RELU6", [below], below.shape)
        levels[level] = plan.separable(below, filters, stride=2)
    return {level: plan.depthwise(x, 1, 1) for level, x in levels.items()}


def _head(plan: _Plan, pyramid: dict[int, Tensor], preset: Preset, depth: int) -> Tensor:
    """One of the two nets of the head, over all levels; `[1, anchors, depth]`."""
    tower = [plan.kernels(preset.head_filters, 3) for _ in range(preset.head_convs)]
    last = plan.kernels(depth * preset.anchors_per_cell(), 3)
    rows = []
    for x in pyramid.values():
        for kernels in (*tower, last):
            x = plan.separable(x, kernels.filters, kernels=kernels)
        count = math.prod(x.shape) // depth
        rows.append(plan.op("RESHAPE", [x, plan.constant((3,), "INT32", 4)], (1, count, depth)))
    return plan.op("CONCATENATION", rows, (1, sum(row.shape[1] for row in rows), depth))


@dataclasses.dataclass
class _Kernels:
    filters: int
    size: int
    depthwise: Tensor | None = None
    pointwise: Tensor | None = None


class _Plan:
    def __init__(self) -> None:
        self._tensors: list[Tensor] = []
        self._ops: list[Op] = []
        self._buffers: list[bytes] = [b""]

    def tensor(self, shape: tuple[int, ...], kind: str = "INT8", constant: bool = False, channels: int = 1) -> Tensor:
        quantized = kind in ("INT8", "UINT8")
        made = Tensor(
            index=len(self._tensors),
            name="",
            type=kind,
            shape=shape,
            dynamic=False,
            buffer=len(self._buffers) - 1 if constant else 0,
            constant=constant,
            variable=False,
            scales=(1.0,) * channels if quantized else (),
            zero_points=(0,) * channels if quantized else (),
        )
        self._tensors.append(made)
        return made

    def constant(self, shape: tuple[int, ...], kind: str, width: int, channels: int = 1) -> Tensor:
        self._buffers.append(bytes(math.prod(shape) * width))
        return self.tensor(shape, kind, constant=True, channels=channels)

    def op(self, name: str, inputs: list[Tensor], shape: tuple[int, ...], kind: str = "INT8") -> Tensor:
        made, options = self.tensor(shape, kind), dict[str, Any]()
        self._ops.append(
            Op(
                index=len(self._ops),
                name=name,
                custom=name == CUSTOM_CODE,
                version=_VERSIONS[name],
                inputs=tuple(tensor.index for tensor in inputs),
                outputs=(made.index,),
                options=options,
                custom_options=b"",
            )
        )
        return made

    def kernels(self, filters: int, size: int) -> _Kernels:
        return _Kernels(filters, size)

    def conv(self, x: Tensor, filters: int, kernel: int, stride: int, weights: Tensor | None = None) -> Tensor:
        weights = weights or self.constant((filters, kernel, kernel, x.shape[-1]), "INT8", 1, filters)
        bias = self.constant((filters,), "INT32", 4)
        return self.op("CONV_2D", [x, weights, bias], (*_strided(x.shape, stride), filters))

    def depthwise(self, x: Tensor, kernel: int, stride: int, weights: Tensor | None = None) -> Tensor:
        channels = x.shape[-1]
        weights = weights or self.constant((1, kernel, kernel, channels), "INT8", 1, channels)
        bias = self.constant((channels,), "INT32", 4)
        return self.op("DEPTHWISE_CONV_2D", [x, weights, bias], (*_strided(x.shape, stride), channels))

    def separable(
        self, x: Tensor, filters: int, kernel: int = 3, stride: int = 1, kernels: _Kernels | None = None
    ) -> Tensor:
        shared = kernels or _Kernels(filters, kernel)
        x = self.depthwise(x, shared.size, stride, shared.depthwise)
        shared.depthwise = self._tensors[self._ops[-1].inputs[1]]
        x = self.conv(x, filters, 1, 1, shared.pointwise)
        shared.pointwise = self._tensors[self._ops[-1].inputs[1]]
        return x

    def add(self, one: Tensor, other: Tensor) -> Tensor:
        return self.op("ADD", [one, other], one.shape)

    def enlarged(self, x: Tensor) -> Tensor:
        _, height, width, channels = x.shape
        size = self.constant((2,), "INT32", 4)
        return self.op("RESIZE_NEAREST_NEIGHBOR", [x, size], (1, 2 * height, 2 * width, channels))

    def model(self, image: Tensor) -> Model:
        """All of it as a model; its outputs are the last operation's."""
        graph = Graph("", tuple(self._tensors), tuple(self._ops), (image.index,), self._ops[-1].outputs)
        return Model(b"", "", (graph,), (), {}, tuple(self._buffers))


def _strided(shape: tuple[int, ...], stride: int) -> tuple[int, ...]:
    _, height, width, _ = shape
    return 1, -(-height // stride), -(-width // stride)
