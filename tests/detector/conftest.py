"""One small detector, float and quantization-aware, for all tests of this folder: building takes most of their time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from components.detector import presets

CLASSES = 3


@dataclasses.dataclass(frozen=True)
class BuiltDetector:
    preset: presets.Preset
    float_model: object
    qat_model: object
    images: np.ndarray


@pytest.fixture(scope="session")
def detector() -> BuiltDetector:
    import tensorflow as tf

    from components.detector import model_garden as garden
    from components.detector import quantization

    tf.keras.utils.set_random_seed(1)
    preset = presets.get("demo_160")
    float_model = garden.build_float_model(garden.build_task(preset, CLASSES))
    images = np.random.default_rng(1).integers(0, 256, (8, 160, 160, 3), dtype=np.uint8)
    _estimate_moments(float_model, garden.normalize(images))
    qat_model = garden.build_qat_model(garden.build_qat_task(preset, CLASSES), float_model)
    quantization.calibrate(qat_model, garden.normalize(images))
    return BuiltDetector(preset, float_model, qat_model, images)


def _estimate_moments(model: object, images: object) -> None:
    """An untrained model's features fade to nothing until batch norm knows its moments."""
    import tensorflow as tf

    norms = [layer for layer in model.submodules if isinstance(layer, tf.keras.layers.BatchNormalization)]  # type: ignore[attr-defined]
    for norm in norms:
        norm.momentum, norm.kept_momentum = 0.0, norm.momentum
    model(images, training=True)  # type: ignore[operator]
    for norm in norms:
        norm.momentum = norm.kept_momentum
