"""The detector as Model Garden's own task: configuration, float model, and the quantization-aware one made of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf
from official.projects.qat.vision.configs import common as qat_common
from official.projects.qat.vision.configs import retinanet as qat_configs
from official.projects.qat.vision.modeling import factory as qat_factory
from official.projects.qat.vision.tasks import retinanet as qat_task
from official.vision.configs import backbones, common, decoders
from official.vision.configs import retinanet as configs
from official.vision.ops import anchor as anchor_ops
from official.vision.tasks import retinanet as float_task

from coralline.detector.library_faults import autograph_cost, decoder_weights, kernel_ranges, tucker_block
from coralline.detector.presets import Preset

autograph_cost.leave_library_layers_alone()
kernel_ranges.give_each_channel_a_range()
tucker_block.teach_tucker_block()


def model_config(preset: Preset, num_classes: int) -> configs.RetinaNet:
    """Model Garden's RetinaNet for a preset; `num_classes` real classes (Model Garden counts the background too)."""
    return configs.RetinaNet(
        num_classes=num_classes + 1,
        input_size=[preset.input_size, preset.input_size, 3],
        min_level=preset.min_level,
        max_level=preset.max_level,
        anchor=configs.Anchor(
            num_scales=preset.num_scales, aspect_ratios=list(preset.aspect_ratios), anchor_size=preset.anchor_size
        ),
        backbone=_backbone(preset),
        # use_keras_layer: else upsampling is a 6-D reshape and a TILE that the Edge TPU doesn't take.
        decoder=decoders.Decoder(
            type="fpn",
            fpn=decoders.FPN(num_filters=preset.fpn_filters, use_separable_conv=True, use_keras_layer=True),
        ),
        head=configs.RetinaNetHead(
            num_convs=preset.head_convs, num_filters=preset.head_filters, use_separable_conv=True
        ),
        norm_activation=common.NormActivation(
            activation="relu6", norm_momentum=0.97, norm_epsilon=0.001, use_sync_bn=False
        ),
    )


def _backbone(preset: Preset) -> backbones.Backbone:
    if preset.backbone == "MobileDetEdgeTPU":
        mobiledet = backbones.MobileDet(model_id=preset.backbone, filter_size_scale=preset.width_multiplier)
        return backbones.Backbone(type="mobiledet", mobiledet=mobiledet)
    mobilenet = backbones.MobileNet(model_id=preset.backbone, filter_size_scale=preset.width_multiplier)
    return backbones.Backbone(type="mobilenet", mobilenet=mobilenet)


def build_task(preset: Preset, num_classes: int) -> float_task.RetinaNetTask:
    """The float task (loss, training step); its data is given to the training loop directly."""
    return float_task.RetinaNetTask(configs.RetinaNetTask(model=model_config(preset, num_classes)))


def build_qat_task(preset: Preset, num_classes: int) -> qat_task.RetinaNetTask:
    """The same task for the quantization-aware phase."""
    task = qat_configs.RetinaNetTask(
        model=model_config(preset, num_classes),
        quantization=qat_common.Quantization(quantize_detection_decoder=True, quantize_detection_head=True),
    )
    return qat_task.RetinaNetTask(task)


def build_float_model(task: float_task.RetinaNetTask) -> Any:
    """The float Keras model with all of its variables created."""
    model = task.build_model()
    model(tf.zeros([1, *task.task_config.model.input_size]), training=True)
    return model


def build_qat_model(task: qat_task.RetinaNetTask, float_model: Any) -> Any:
    """The quantization-aware Keras model with the float model's weights, backbone, decoder and head."""
    model = qat_factory.build_qat_retinanet(float_model, task.task_config.quantization, task.task_config.model)
    decoder_weights.copy_decoder_weights(float_model.decoder, model.decoder)
    return model


@dataclasses.dataclass(frozen=True)
class Anchors:
    """All anchors, levels in rising order and cells row by row, as the flattened outputs have them.

    Attributes:
      ycenter_xcenter_h_w: `[anchors, 4]` float32, normalized to the input.
    """

    ycenter_xcenter_h_w: np.ndarray


def build_anchors(preset: Preset) -> Anchors:
    """The anchors of a preset, from Model Garden's own generator."""
    size = preset.input_size
    levels = anchor_ops.Anchor(
        min_level=preset.min_level,
        max_level=preset.max_level,
        num_scales=preset.num_scales,
        aspect_ratios=list(preset.aspect_ratios),
        anchor_size=preset.anchor_size,
        image_size=(size, size),
    ).multilevel_boxes
    boxes = np.concatenate([np.reshape(levels[key], [-1, 4]) for key in sorted(levels, key=int)]) / size
    ymin, xmin, ymax, xmax = boxes.astype(np.float32).T
    return Anchors(np.stack([(ymin + ymax) / 2, (xmin + xmax) / 2, ymax - ymin, xmax - xmin], axis=1))


def head_outputs(model: Any, images: tf.Tensor) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
    """Class logits and box encodings by feature level, in inference; see `raw_outputs` for the images."""
    features = model.decoder(model.backbone(images, training=False), training=False)
    scores, boxes, _ = model.head(features, training=False)
    return scores, boxes


def loss(task: Any, model: Any, images: tf.Tensor, labels: dict[str, Any]) -> float:
    """The task's loss of a batch, in inference: batch norm by its moving moments, ranges as they are."""
    scores, boxes = head_outputs(model, images)
    total, *_ = task.build_losses({"cls_outputs": scores, "box_outputs": boxes}, labels)
    return float(total)


def raw_outputs(model: Any, images: tf.Tensor, num_classes: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The network's raw outputs for every anchor, before suppression.

    Args:
      model: a float or QAT model.
      images: `[batch, H, W, 3]` float32, normalized.
      num_classes: real classes.

    Returns:
      Box encodings `[batch, anchors, 4]` (ty, tx, th, tw against the anchors, all scales 1) and class logits
      `[batch, anchors, num_classes + 1]`, column 0 the background, which is never trained to be positive.
    """
    scores, boxes = head_outputs(model, images)
    batch = images.shape[0] if images.shape[0] is not None else tf.shape(images)[0]

    def flatten(levels: dict[str, tf.Tensor], depth: int) -> tf.Tensor:
        return tf.concat([tf.reshape(levels[k], [batch, -1, depth]) for k in sorted(levels, key=int)], axis=1)

    return flatten(boxes, 4), flatten(scores, num_classes + 1)
