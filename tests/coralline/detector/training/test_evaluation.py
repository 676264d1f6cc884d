"""How a model in training is scored: by what it finds in letterboxed images, and what TensorBoard shows of it."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from coralline.detector.inputs.image_records import ImageRecords
from coralline.detector.network import saved_model
from coralline.detector.training.evaluation import Evaluation, Sample
from coralline.scoring.inference import letterbox_all

pytestmark = pytest.mark.slow  # TensorFlow

SIDE = 32
ANCHORS = np.array([[0.25, 0.25, 0.5, 0.5], [0.25, 0.75, 0.5, 0.5]], np.float32)


def finds(score):
    """Raw outputs of a model that sees class 0 in the left anchor, with this logit."""
    logits = tf.constant([[[-9.0, score, -9.0], [-9.0, -9.0, -9.0]]])
    return saved_model.raw_function(lambda _: (tf.zeros([1, 2, 4]), logits), SIDE)


def evaluation_of(images, class_names=("a", "b"), **more):
    sample = Sample(letterbox_all(images, (SIDE, SIDE)), np.arange(len(images)) % 2 == 1)
    return Evaluation(sample, class_names, ANCHORS, **more)


@pytest.fixture
def image():
    """An image of 64 x 32 pixels with one box of class 0 in its left half."""
    import io

    from PIL import Image

    from coralline.scoring.labelled_images import LabelledImage

    content = io.BytesIO()
    Image.new("RGB", (64, 32), "red").save(content, "PNG")
    box = np.array([[0.0, 0.0, 1.0, 0.5]], np.float32)
    return LabelledImage("a.png", content.getvalue, box, np.array([0]), np.array([False]))


def test_boxes_are_scored_on_the_image_not_on_the_letterboxed_input(image):
    evaluation = evaluation_of([image])
    evaluated = evaluation.of(finds(4.0))
    assert evaluated.score == pytest.approx(1.0) and evaluated.figures.per_class == {"a": pytest.approx(1.0), "b": None}
    assert evaluation.of(finds(-9.0)).score == 0.0


def test_more_boxes_tell_smaller_differences(image):
    of_one, of_four = (evaluation_of([image] * count, ("a",)) for count in (1, 4))
    assert of_one.noise == 0.1 and of_four.noise == 0.05


def test_without_images_every_model_scores_nothing(image):
    evaluation = evaluation_of([])
    assert evaluation.of(finds(4.0)).score == 0.0


def test_halves_are_scored_where_they_are_cross_checked(image):
    wrong = dataclasses.replace(image, class_ids=np.array([1]))
    evaluated = evaluation_of([image, wrong, image, wrong], cross_checked=True).of(finds(4.0))
    assert evaluated.of_halves == (pytest.approx(1.0), 0.0)
    assert evaluation_of([image, wrong]).of(finds(4.0)).of_halves == ()


def test_a_sample_is_even_and_no_larger_than_asked_for(shapes_record):
    records = ImageRecords((shapes_record,))
    everything, some = Sample.of(records, 160, 99), Sample.of(records, 160, 3)
    assert everything.images.pixels.shape == (12, 160, 160, 3) and everything.in_second_half.sum() == 6
    names = [truth.name for truth in everything.images.ground_truths]
    assert [truth.name for truth in some.images.ground_truths] == [names[0], names[6], names[11]]
    held_out = Sample.of(ImageRecords((shapes_record,), frozenset((2, 5, 11))), 160, 2)
    assert [truth.name for truth in held_out.images.ground_truths] == [names[2], names[11]]
