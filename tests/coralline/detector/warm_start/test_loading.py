import dataclasses
import re

import numpy as np
import pytest

from coralline.detector import presets
from coralline.detector.network.pixels import normalize
from coralline.detector.warm_start.weights_source import WeightsSource
from coralline.foundation.errors import UserError

pytestmark = pytest.mark.slow


def build(classes=1, **changes):
    """A float model of the demo's preset, changed."""
    import tensorflow as tf

    from coralline.detector.network import model_garden as garden

    tf.keras.utils.set_random_seed(classes)
    preset = dataclasses.replace(presets.get("demo_160"), **changes)
    return garden.build_float_model(garden.build_task(preset, classes))


def fill(module, seed=1):
    """Any weights that keep features in bounds."""
    random = np.random.default_rng(seed)
    for v in module.variables:
        v.assign(v + random.uniform(0, 0.1, v.shape).astype(np.float32))


def values(module):
    return [v.numpy() for v in module.variables]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def no_images():
    raise AssertionError("moments are in the file")


@pytest.fixture(scope="module")
def model():
    return build()


def test_backbone_features_are_those_of_the_tflite_file(imagenet_tflite):
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from coralline.detector.network import model_garden as garden
    from coralline.detector.warm_start import loading

    preset = dataclasses.replace(presets.get("mobilenet_v2_256"), input_size=224, max_level=5)
    model = garden.build_task(preset, 1).build_model()
    pixels = np.random.default_rng(1).integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    pixels = tf.image.resize(tf.image.resize(pixels, [14, 14]), [224, 224]).numpy().astype(np.uint8)
    images = normalize(pixels)
    assert "52 convolutions" in loading.load_weights(WeightsSource("tflite", imagenet_tflite), model, lambda: images)
    inference, training = (model.backbone(images, training=mode)["5"].numpy() for mode in (False, True))
    interpreter = Interpreter(imagenet_tflite, experimental_preserve_all_tensors=True, num_threads=1)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    assert details["dtype"] == np.uint8
    interpreter.set_tensor(details["index"], pixels[:1])
    interpreter.invoke()
    last = [t for t in interpreter.get_tensor_details() if tuple(t["shape"]) == (1, 7, 7, 320)][-1]
    scale, zero = last["quantization"]
    reference = (interpreter.get_tensor(last["index"]).astype(np.float32) - zero) * scale
    assert np.corrcoef(reference.ravel(), inference[:1].ravel())[0, 1] > 0.95
    assert np.corrcoef(inference.ravel(), training.ravel())[0, 1] > 0.95


def test_a_backbone_of_another_width_is_refused_layer_by_layer_and_nothing_is_set(model, imagenet_tflite):
    from coralline.detector.warm_start import loading

    before = values(model)
    with pytest.raises(UserError, match="another backbone") as e:
        loading.load_weights(WeightsSource("tflite", imagenet_tflite), model, no_images)
    assert "expected: weights for the 52 variables" in str(e.value)
    assert re.search(r"\d+ that fit, and\n +\S+kernel: expected 3x3x3x16, found 3x3x3x32\n", str(e.value))
    assert re.search(r"and \d+ more$", e.value.found)
    assert same(before, values(model))


def test_the_layers_that_a_file_lacks_are_told():
    from coralline.detector.warm_start.weights import LayerFit, require_fit

    with pytest.raises(UserError, match="found: 1 that fit, and\n    b: expected 3x3, found nothing\n"):
        require_fit("file", [LayerFit("a", (3,), (3,)), LayerFit("b", (3, 3), None)])


@pytest.mark.parametrize("kind", ["h5", "keras", "saved_model"])
def test_keras_own_mobilenet_gives_the_same_features(model, tmp_path, kind):
    import tensorflow as tf

    from coralline.detector.warm_start import loading

    classifier = tf.keras.applications.MobileNetV2((160, 160, 3), alpha=0.35, weights=None, classes=5)
    fill(classifier)
    path = str(tmp_path / f"model.{kind}")
    classifier.save(path)
    source = WeightsSource("saved_model" if kind == "saved_model" else "keras_file", path)
    assert "52 convolutions" in loading.load_weights(source, model, no_images)
    image = np.random.default_rng(2).uniform(-1, 1, (1, 160, 160, 3)).astype(np.float32)
    # The last block's output, before the classifier's own convolution.
    expected = tf.keras.Model(classifier.input, classifier.get_layer("block_16_project_BN").output)(image).numpy()
    found = model.backbone(image, training=False)["5"].numpy()
    assert np.allclose(expected, found, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_keras_3_files_are_read_like_those_of_keras_2(tmp_path):
    import keras
    import tf_keras

    from coralline.detector.warm_start import keras_weights

    for library in (keras, tf_keras):
        layers, image = library.layers, library.Input((8, 8, 3))
        features = layers.BatchNormalization()(layers.Conv2D(4, 3, use_bias=False)(image))
        features = layers.BatchNormalization()(layers.DepthwiseConv2D(3, use_bias=False)(features))
        inner = library.Model(image, features)
        fill(inner)
        classifier = library.Sequential([library.Input((8, 8, 3)), inner, layers.Flatten(), layers.Dense(2)])
        for name in ("model.h5", "model.keras"):
            classifier.save(str(tmp_path / name))
            first, second = keras_weights.read_keras_file(str(tmp_path / name))
            depthwise, moving_variance = inner.layers[3].get_weights()[0], inner.layers[4].get_weights()[3]
            assert first.kernel.shape == (3, 3, 3, 4) and np.array_equal(second.kernel, depthwise)
            assert np.array_equal(second.after.variance, moving_variance)


def test_an_earlier_model_gives_backbone_and_neck_and_the_head_is_new(model, tmp_path):
    from coralline.detector.network import saved_model
    from coralline.detector.network.model_folder import WEIGHTS
    from coralline.detector.warm_start import loading

    earlier = build(classes=4)
    fill(earlier)
    saved_model.write_weights(earlier, tmp_path)
    head = values(model.head)
    told = loading.load_weights(WeightsSource("coralline", f"{tmp_path}/{WEIGHTS}"), model, no_images)
    assert "backbone and neck" in told
    assert same(values(earlier.backbone), values(model.backbone))
    assert same(values(earlier.decoder), values(model.decoder))
    assert same(head, values(model.head))


def test_an_earlier_model_of_the_same_classes_gives_its_head_too(model, tmp_path):
    from coralline.detector.network import saved_model
    from coralline.detector.network.model_folder import WEIGHTS
    from coralline.detector.warm_start import loading

    source = WeightsSource("coralline", f"{tmp_path}/{WEIGHTS}")
    earlier = build()
    fill(earlier, seed=3)
    saved_model.write_weights(earlier, tmp_path)
    assert "backbone, neck and head" in loading.load_weights(source, model, no_images, with_head=True)
    assert same(values(earlier), values(model))

    narrow, head = build(fpn_filters=24), values(model.head)
    saved_model.write_weights(narrow, tmp_path)
    assert "not the neck" in loading.load_weights(source, model, no_images, with_head=True)
    assert same(head, values(model.head)), "a head of other features isn't taken"


def test_another_neck_is_left_out_and_another_backbone_refused(model, tmp_path):
    from coralline.detector.network import saved_model
    from coralline.detector.network.model_folder import WEIGHTS
    from coralline.detector.warm_start import loading

    source = WeightsSource("coralline", f"{tmp_path}/{WEIGHTS}")
    narrow = build(fpn_filters=24)
    fill(narrow)
    saved_model.write_weights(narrow, tmp_path)
    decoder = values(model.decoder)
    assert "not the neck" in loading.load_weights(source, model, no_images)
    assert same(values(narrow.backbone), values(model.backbone)) and same(decoder, values(model.decoder))

    before = values(model)
    saved_model.write_weights(build(width_multiplier=0.5), tmp_path)
    with pytest.raises(UserError, match=r"another backbone[^$]*kernel: expected 1x1x48x8, found 1x1x48x16"):
        loading.load_weights(source, model, no_images)
    assert same(before, values(model))


def test_a_checkpoint_of_model_garden_takes_our_pixels_to_the_same_features(model, tmp_path):
    import tensorflow as tf
    from official.vision.ops import preprocess_ops

    from coralline.detector.warm_start import loading

    theirs = build(classes=2)
    fill(theirs)
    prefix = tf.train.Checkpoint(backbone=theirs.backbone, model=theirs).save(str(tmp_path / "ckpt"))
    loading.load_weights(WeightsSource("checkpoint", prefix), model, no_images)
    pixels = np.random.default_rng(1).integers(0, 256, (1, 160, 160, 3)).astype(np.uint8)
    normalized = preprocess_ops.normalize_image(pixels)
    expected = theirs.backbone(normalized, training=False)["4"].numpy()[0, 2:-2, 2:-2]
    found = model.backbone(normalize(pixels), training=False)["4"].numpy()[0, 2:-2, 2:-2]
    assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.999


def test_a_checkpoint_that_cannot_be_read_or_has_no_backbone_is_refused(model, tmp_path):
    import tensorflow as tf

    from coralline.detector.warm_start import loading

    other = tf.train.Checkpoint(weights=tf.Variable(1.0)).save(str(tmp_path / "other"))
    with pytest.raises(UserError, match="a `backbone`\n  found: one of save_counter, weights"):
        loading.load_weights(WeightsSource("checkpoint", other), model, no_images)
    prefix = tf.train.Checkpoint(backbone=model.backbone).save(str(tmp_path / "cut"))
    [data] = tmp_path.glob("cut*.data-*")
    data.write_bytes(data.read_bytes()[:-5000])
    before = values(model)
    with pytest.raises(UserError, match="found: one that can't be read"):
        loading.load_weights(WeightsSource("checkpoint", prefix), model, no_images)
    assert same(before, values(model))


def test_files_that_are_no_classifier_are_refused(tmp_path):
    import h5py
    import tensorflow as tf

    from coralline.detector.warm_start import keras_weights

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = [1.0]
    (tmp_path / "b.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:300])
    tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))]).save_weights(str(tmp_path / "c.weights.h5"))
    for name in ("a.h5", "b.h5", "c.weights.h5"):
        with pytest.raises(UserError, match="isn't a Keras classifier"):
            keras_weights.read_keras_file(str(tmp_path / name))
