"""Batch normalization over the devices that share a batch: one processor here, split in two."""

import json
import os
import subprocess
import sys

import pytest

_STEP = """
import json, sys
import numpy as np
import tensorflow as tf

devices = int(sys.argv[1])
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
from coralline.detector.training import whole_batch

class Task:
    class task_config:
        class losses:
            loss_weight = 1.0

    def build_losses(self, outputs, labels, aux_losses=None):  # as RetinaNetTask divides
        loss = tf.reduce_sum(tf.square(outputs) * labels["box_weights"][:, None, None, None])
        loss /= tf.reduce_sum(labels["box_weights"]) + 1.0
        return loss, loss, loss, loss

names = [device.name for device in tf.config.list_logical_devices("CPU")]
strategy = tf.distribute.MirroredStrategy(names) if devices > 1 else tf.distribute.get_strategy()
random = np.random.default_rng(5)
images = random.normal(3.0, 2.0, [4, 6, 6, 3]).astype(np.float32)
weights = np.array([1, 0, 5, 2], np.float32)  # images of one half have more positives than those of the other
tf.keras.utils.set_random_seed(3)
with strategy.scope():
    layers = [tf.keras.layers.Conv2D(4, 3), tf.keras.layers.BatchNormalization(momentum=0.9)]
    model = tf.keras.Sequential(layers)
    model.build([None, 6, 6, 3])
    optimizer = tf.keras.optimizers.legacy.SGD(0.1)
task = Task()
whole_batch.train_as_one_device(task, model, devices)

@tf.function(autograph=False)
def step(pixels, box_weights):
    def of_replica(pixels, box_weights):
        with tf.GradientTape() as tape:
            loss, *_ = task.build_losses(model(pixels, training=True), {"box_weights": box_weights})
            scaled = loss / devices
        optimizer.apply_gradients(zip(tape.gradient(scaled, model.trainable_variables), model.trainable_variables))
        return loss
    return strategy.reduce("MEAN", strategy.run(of_replica, args=(pixels, box_weights)), axis=None)

share = lambda array: strategy.experimental_distribute_values_from_function(
    lambda context: tf.constant(np.split(array, devices)[context.replica_id_in_sync_group])
) if devices > 1 else tf.constant(array)
losses = [float(step(share(images), share(weights))) for _ in range(3)]
print(json.dumps({"losses": losses, "weights": [np.ravel(w.numpy()).tolist() for w in model.variables]}))
"""


def trained(devices):
    environment = {**os.environ, "TF_USE_LEGACY_KERAS": "1"}
    command = [sys.executable, "-c", _STEP, str(devices)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_two_devices_take_the_steps_that_one_takes_and_average_the_same_moments():
    alone, shared = trained(1), trained(2)
    assert shared["losses"] == pytest.approx(alone["losses"], rel=1e-4)
    assert len(alone["weights"]) == 6
    for one, other in zip(shared["weights"], alone["weights"], strict=True):
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
