"""Presets: architecture, input size and training schedule, each with what it costs and what to expect of it.

Costs and scores were measured on 2 CPU cores; docs/benchmarks.md says on which machine.
"""

from __future__ import annotations

import dataclasses
import difflib
from typing import Literal

from coralline.foundation.errors import UserError

MOST_ANCHORS_PER_CELL = 18
"""Twice those of the presets."""


@dataclasses.dataclass(frozen=True)
class PublicWeights:
    """Weights that others have published, for `model.warm_start`: what they were trained on, and their address."""

    name: str
    address: str


@dataclasses.dataclass(frozen=True)
class Preset:
    """A RetinaNet with a separable FPN and head: every op of it maps to the Edge TPU.

    Attributes:
      name: as the configuration gives it.
      summary: one line for people.
      input_size: height and width in pixels; a multiple of `2**max_level`, or Model Garden would enlarge it silently.
      backbone: MobileNetV2, or MobileDetEdgeTPU (arxiv.org/abs/2004.14525), as Model Garden names them.
      width_multiplier: of the backbone's channels (alpha).
      min_level, max_level: feature levels; the stride of level l is `2**l` pixels.
      fpn_filters, head_filters, head_convs: size of neck and head.
      anchor_size: base anchor side in strides; num_scales and aspect_ratios (width over height) multiply it.
      float_steps, qat_steps, batch_size, learning_rate, qat_learning_rate: schedule (Adam, cosine decay).
      float_epochs, most_float_steps: the float phase has this many epochs if these are more than its steps,
        but no more than this many steps.
      warm_starts: public weights of this very backbone.
      scale_jitter: least and greatest random scale of an image while training.
    """

    name: str
    summary: str
    input_size: int
    backbone: Literal["MobileNetV2", "MobileDetEdgeTPU"]
    width_multiplier: float
    min_level: int
    max_level: int
    fpn_filters: int
    head_filters: int
    head_convs: int
    anchor_size: float
    num_scales: int
    aspect_ratios: tuple[float, ...]
    float_steps: int
    float_epochs: int
    most_float_steps: int
    qat_steps: int
    batch_size: int
    learning_rate: float
    qat_learning_rate: float
    scale_jitter: tuple[float, float]
    warm_starts: tuple[PublicWeights, ...]

    @property
    def coarsest_stride(self) -> int:
        """Pixels; the input's height and width are a multiple of it."""
        return int(2**self.max_level)

    def float_steps_for(self, training_images: int) -> int:
        """How long the float phase is on so much data."""
        epochs = -(-self.float_epochs * training_images // self.batch_size)
        return max(self.float_steps, min(epochs, self.most_float_steps))

    def anchors_per_cell(self) -> int:
        return self.num_scales * len(self.aspect_ratios)


# Addresses: Model Garden's official/projects/qat/vision/README.md (the .tflite and the COCO checkpoint) and its
# tutorials (the ImageNet checkpoint); keras/src/applications/mobilenet_v2.py.
_GARDEN = "https://storage.googleapis.com/tf_model_garden/vision"
_KERAS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2"
_MOBILENET_V2_100 = (
    PublicWeights(
        "ImageNet, Model Garden, int8 .tflite", f"{_GARDEN}/mobilenet/v2_1.0_int8/mobilenet_v2_1.00_224_int8.tflite"
    ),
    PublicWeights("ImageNet, Keras, .h5", f"{_KERAS}/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5"),
    PublicWeights(
        "ImageNet, Model Garden, checkpoint", "gs://tf_model_garden/vision/mobilenet/v2_1.0_float/ckpt-180648"
    ),
    PublicWeights(
        "COCO boxes, Model Garden, checkpoint, to be unpacked",
        f"{_GARDEN}/qat/mobilenetv2_ssd_coco/mobilenetv2_ssd_i256_ckpt.tar.gz",
    ),
)
_MOBILENET_V2_035 = (
    PublicWeights("ImageNet, Keras, .h5", f"{_KERAS}/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224.h5"),
)

_DEFAULT = Preset(
    name="mobilenet_v2_256",
    summary="The default; warm-started, 8 minutes and AP .63 / AP50 .99 on 200 raccoons; 3.0 MB.",
    input_size=256,
    backbone="MobileNetV2",
    width_multiplier=1.0,
    min_level=3,
    max_level=7,
    fpn_filters=128,
    head_filters=128,
    head_convs=4,
    anchor_size=3.0,
    num_scales=3,
    aspect_ratios=(1.0, 2.0, 0.5),
    float_steps=800,
    float_epochs=12,  # with which detectors are commonly trained on from ImageNet (Detectron's 1x schedule)
    most_float_steps=2000,
    qat_steps=120,
    batch_size=8,
    learning_rate=2e-3,
    qat_learning_rate=2e-4,
    scale_jitter=(0.8, 1.25),
    warm_starts=_MOBILENET_V2_100,
)
_LARGER = dataclasses.replace(
    _DEFAULT,
    name="mobilenet_v2_320",
    summary="For smaller objects; warm-started, 10 minutes and AP .61 / AP50 .97 on 200 raccoons.",
    input_size=320,
    max_level=6,
)
_MOBILEDET = dataclasses.replace(
    _LARGER,
    name="mobiledet_edgetpu_320",
    summary="For accuracy on the device: full convolutions, which the Edge TPU runs fast and a CPU doesn't.",
    backbone="MobileDetEdgeTPU",
    float_steps=600,
    warm_starts=(),
)
_MICROSCOPIC = dataclasses.replace(
    _LARGER,
    name="mobilenet_v2_035_192",
    summary="For microscopic budgets; from scratch, 3 minutes and AP .40 / AP50 .85 on 200 raccoons.",
    input_size=192,
    width_multiplier=0.35,
    warm_starts=_MOBILENET_V2_035,
    fpn_filters=64,
    head_filters=64,
    head_convs=2,
    float_steps=900,
    learning_rate=4e-3,
    qat_learning_rate=4e-4,
)
_DEMO = dataclasses.replace(
    _MICROSCOPIC,
    name="demo_160",
    summary="Tiny, from scratch, for the demo: 2 minutes and AP .58 to .70 / AP50 .84 to .95 on drawn shapes; 0.55 MB.",
    input_size=160,
    min_level=4,
    max_level=5,
    fpn_filters=48,
    head_filters=48,
    anchor_size=2.3,
    float_steps=450,
    float_epochs=1,
    most_float_steps=450,
    qat_steps=100,
    learning_rate=6e-3,
    qat_learning_rate=3e-4,
    scale_jitter=(0.9, 1.1),
)
PRESETS = {preset.name: preset for preset in (_DEMO, _MICROSCOPIC, _DEFAULT, _LARGER, _MOBILEDET)}
DEFAULT = _DEFAULT.name


def get(name: str) -> Preset:
    """The preset of that name.

    Raises:
      UserError: there is none; names the nearest.
    """
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1)
    raise UserError(
        "unknown preset",
        expected="one of " + ", ".join(PRESETS),
        found=name,
        fix=f"did you mean `{near[0]}`?" if near else "set model.preset to one of these",
    )
