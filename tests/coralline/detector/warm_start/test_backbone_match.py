"""Whether a file's weights are a backbone's, before TensorFlow is there."""

import dataclasses
import subprocess
import sys

import h5py
import numpy as np
import pytest

from coralline.detector import presets
from coralline.detector.warm_start import backbone_match
from coralline.detector.warm_start.weights_source import WeightsSource
from coralline.foundation.errors import UserError

PRESET, NARROW = presets.get("mobilenet_v2_256"), presets.get("demo_160")


def write_keras(path, kernels):
    """An .h5 file as Keras writes it, with these kernels, each with its batch norm."""
    with h5py.File(path, "w") as file:
        names = []
        for number, shape in enumerate(kernels):
            group = file.create_group(f"conv_{number}")
            depthwise = shape[-1] == 1
            parts = {"depthwise_kernel" if depthwise else "kernel": shape}
            parts |= dict.fromkeys(
                ("gamma", "beta", "moving_mean", "moving_variance"), (shape[-2 if depthwise else -1],)
            )
            for part, of in parts.items():
                group[f"conv_{number}/{part}:0"] = np.zeros(of, np.float32)
            group.attrs["weight_names"] = [f"conv_{number}/{part}:0".encode() for part in parts]
            names.append(f"conv_{number}".encode())
        file.attrs["layer_names"] = names
    return WeightsSource("keras_file", str(path))


def test_a_classifier_of_the_backbone_fits_and_one_of_another_width_is_told_layer_by_layer(imagenet_tflite):
    backbone_match.require_backbone(WeightsSource("tflite", imagenet_tflite), PRESET)
    with pytest.raises(UserError, match="another backbone") as e:
        backbone_match.require_backbone(WeightsSource("tflite", imagenet_tflite), NARROW)
    assert "convolution 1: expected 3x3x3x16, found 3x3x3x32\n" in e.value.found


def test_a_keras_file_is_matched_likewise(tmp_path):
    expected = backbone_match.kernels(NARROW)
    backbone_match.require_backbone(write_keras(tmp_path / "whole.h5", expected), NARROW)
    with pytest.raises(UserError, match="convolution 52: expected 1x1x112x1280, found nothing"):
        backbone_match.require_backbone(write_keras(tmp_path / "cut.h5", expected[:-1]), NARROW)


def test_a_file_without_a_convolution_is_refused(tmp_path, quadrant_detector):
    (tmp_path / "a.tflite").write_bytes(quadrant_detector())
    with pytest.raises(UserError, match="another backbone"):
        backbone_match.require_backbone(WeightsSource("tflite", str(tmp_path / "a.tflite")), PRESET)


def test_what_only_tensorflow_reads_is_left_to_the_training(tmp_path):
    for kind in ("saved_model", "checkpoint", "coralline"):
        backbone_match.require_backbone(WeightsSource(kind, str(tmp_path / "nothing")), PRESET)


def test_imports_no_tensorflow(tmp_path):
    write_keras(tmp_path / "whole.h5", backbone_match.kernels(NARROW))
    code = """if True:
        import sys
        from coralline.detector import presets
        from coralline.detector.warm_start import backbone_match
        from coralline.detector.warm_start.weights_source import WeightsSource
        backbone_match.require_backbone(WeightsSource("keras_file", sys.argv[1]), presets.get("demo_160"))
        assert "tensorflow" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "whole.h5")], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet_v2_256", "demo_160", "mobiledet_edgetpu_320"])
def test_kernels_are_those_of_the_backbone_that_is_trained(name):
    from coralline.detector.network import model_garden as garden

    preset = dataclasses.replace(presets.get(name), fpn_filters=16, head_filters=16, head_convs=1)
    backbone = garden.build_task(preset, 1).build_model().backbone
    kernels = [v for v in backbone.variables if v.name.split("/")[-1].startswith(("kernel", "depthwise_kernel"))]
    assert backbone_match.kernels(preset) == [tuple(v.shape) for v in kernels]
