"""Models as they're judged: the published one in this run's class ids, each at its own input size."""

import numpy as np
import pytest
from PIL import Image

from components.evaluator.judged_models import FileModel, published_model
from coralline.foundation.errors import UserError
from coralline.scoring import inference
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite import metadata
from coralline.tflite.detector import Detector


@pytest.fixture
def bundle(tmp_path, quadrant_detector):
    """`bundle(labels) -> folder` with a model that finds green as class 0 and blue as class 1."""

    def publish(labels):
        content = metadata.write_metadata(
            quadrant_detector(), labels=labels, score_threshold=0.25, name="quadrants", description=""
        )
        (tmp_path / "model.tflite").write_bytes(content)
        return str(tmp_path)

    return publish


def green_and_blue():
    pixels = np.zeros((1, 32, 32, 3), np.uint8)
    pixels[0, :16, :16, 1] = pixels[0, 16:, 16:, 2] = 255
    return pixels


def test_published_classes_are_brought_to_this_runs_order_by_name(bundle):
    model, known = published_model(bundle("leaf\nsky\n"), ["sky", "leaf"])
    (found,) = model.detect(green_and_blue())
    assert known == ("sky", "leaf")
    boxes = found.boxes_ymin_xmin_ymax_xmax
    corners = {tuple(box[:2]): class_id for box, class_id in zip(boxes, found.class_ids, strict=True)}
    assert corners == {(0, 0): 1, (0.5, 0.5): 0}


def test_classes_that_this_run_no_longer_has_are_left_out(bundle):
    model, _ = published_model(bundle("leaf\nsky\n"), ["sky"])
    (found,) = model.detect(green_and_blue())
    assert found.class_ids.tolist() == [0]


def test_classes_that_the_published_model_does_not_know_are_told(bundle):
    assert published_model(bundle("leaf\nsky\n"), ["sun", "leaf"])[1] == ("leaf",)


def test_boxes_come_back_on_the_original_image_not_on_the_letterboxed_one(tmp_path, quadrant_detector):
    path = tmp_path / "wide.png"
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[:, :100, 1] = 255  # fills the upper left quadrant of the square input
    Image.fromarray(pixels).save(path)
    boxes = np.array([[0, 0, 1, 0.5]], np.float32)
    image = LabelledImage("wide.png", path.read_bytes, boxes, np.array([0]), np.array([False]))
    evaluated = inference.run_models({"int8": FileModel(Detector(quadrant_detector()))}, [image])
    (truth,), (found,) = evaluated.ground_truths, evaluated.detections["int8"]
    assert (truth.height, truth.width) == (100, 200)
    assert found.boxes_ymin_xmin_ymax_xmax[0] == pytest.approx(boxes[0], abs=0.01)


def test_undecodable_image_is_one_message_with_its_name(quadrant_detector):
    none = np.zeros((0, 4), np.float32)
    image = LabelledImage("broken.jpg", lambda: b"not an image", none, np.zeros(0, int), np.zeros(0, bool))
    with pytest.raises(UserError, match=r"broken\.jpg"):
        inference.run_models({"int8": FileModel(Detector(quadrant_detector()))}, [image])
