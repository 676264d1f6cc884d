"""Several devices compute what one would: batch norm and loss go by the whole batch, not by each device's share of it.

Model Garden divides a loss by the positive anchors of the device's own images, and Keras normalizes by their moments,
so that the same batch on twice the devices would train another model. Keras' own synchronized batch norm takes the
variance as the difference of two large sums, three collectives a layer, and averages another variance than the fused
kernel that one device uses; here it is one collective a layer, of sums around the moving mean, and the same average.
"""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf


def train_as_one_device(task: Any, model: Any, replicas: int) -> None:
    """Makes the training step of a task and a model the same on any number of devices; before it is traced.

    Losses and weights then differ by no more than the order of additions. Sums of moments and of positive anchors are
    exchanged in each step, one after another for each layer.

    Args:
      task: Model Garden's; changed in place.
      model: its model; changed in place.
      replicas: the number of devices, each with as many images of a batch.
    """
    if replicas > 1:
        _share_positives(task, replicas)
        for layer in model.submodules:
            if isinstance(layer, tf.keras.layers.BatchNormalization):
                _share_moments(layer, replicas)


def _sum_over_devices(value: tf.Tensor) -> tf.Tensor:
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def _share_positives(task: Any, replicas: int) -> None:
    build_losses, weight = task.build_losses, task.task_config.losses.loss_weight

    def of_whole_batch(outputs: Any, labels: dict[str, Any], aux_losses: Any = None) -> tuple[tf.Tensor, ...]:
        total, *parts = build_losses(outputs, labels, aux_losses)
        # `RetinaNetTask.build_losses` has divided by the device's own positives and one; the mean of the losses of all
        # devices is to be the sum of all, divided by all positives and one.
        own = tf.reduce_sum(labels["box_weights"])
        factor = replicas * (own + 1.0) / (_sum_over_devices(own) + 1.0)
        _, _, model_loss = parts
        return (total + weight * (factor - 1.0) * model_loss, *(part * factor for part in parts))

    task.build_losses = of_whole_batch


def _share_moments(layer: Any, replicas: int) -> None:
    """Replaces a layer's moments by those of all devices' images, and their moving averages."""
    layer.fused = False
    values: list[Any] = [0.0]  # As many as the moments were taken of that are about to be averaged.
    average = layer._assign_moving_average

    def moments(inputs: tf.Tensor, axes: list[int], keep_dims: bool, mask: Any = None) -> tuple[tf.Tensor, tf.Tensor]:
        assert mask is None and not keep_dims
        around = tf.stop_gradient(tf.convert_to_tensor(layer.moving_mean))
        moved = inputs - around
        count = tf.cast(tf.reduce_prod([tf.shape(inputs)[axis] for axis in axes]) * replicas, inputs.dtype)
        values[0] = count
        sums = tf.stack([tf.reduce_sum(moved, axes), tf.reduce_sum(tf.square(moved), axes)])
        mean, mean_square = tf.unstack(_sum_over_devices(sums) / count)
        return around + mean, tf.maximum(mean_square - tf.square(mean), 0.0)

    def assign(variable: Any, value: tf.Tensor, momentum: float, inputs_size: Any) -> Any:
        # The kernel for one device (FusedBatchNormV3) averages the unbiased variance, and normalizes by the other.
        if variable is layer.moving_variance:
            value = value * (values[0] / (values[0] - 1.0))
        return average(variable, value, momentum, inputs_size)

    layer._calculate_mean_and_var = functools.wraps(layer._calculate_mean_and_var)(moments)
    layer._assign_moving_average = assign
