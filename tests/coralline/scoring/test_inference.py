"""What is told of a model that gives no numbers, and of an image that can't be read."""

import io

import numpy as np
import pytest
from PIL import Image

from coralline.foundation.errors import UserError
from coralline.scoring.file_model import FileModel
from coralline.scoring.inference import run_models
from coralline.scoring.labelled_images import LabelledImage
from coralline.tflite.detections import Detections
from coralline.tflite.detector import BaseDetector


class Model:
    """Finds one box in each image; what it says of the image with the brightest corner can be chosen."""

    input_size = (16, 16)

    def __init__(self, bright):
        self._bright = bright

    def detect(self, images):
        return [self._bright() if image[0, 0, 0] > 200 else detections() for image in images]


def detections(box=0.1, score=0.5):
    return Detections(np.array([[box, 0.1, 0.5, 0.5]], np.float32), np.array([0]), np.array([score], np.float32))


def raises(error):
    raise error


def labelled(name, gray=0, content=None):
    encoded = io.BytesIO()
    Image.new("RGB", (20, 20), (gray,) * 3).save(encoded, "PNG")
    none = np.zeros(0)
    return LabelledImage(name, lambda: content or encoded.getvalue(), none.reshape(0, 4), none, none.astype(bool))


@pytest.mark.parametrize(
    ("bright", "found"),
    [
        (lambda: detections(box=np.nan), "a box or score that is no number"),
        (lambda: detections(score=np.nan), "a box or score that is no number"),
        (lambda: detections(score=np.inf), "a box or score that is no number"),
        (lambda: raises(ValueError("a count of nan in 10 rows")), "a count of nan in 10 rows"),
        (lambda: raises(UserError("the model fails while it runs", found="killed")), "killed"),
    ],
)
def test_names_the_model_and_the_image_where_no_numbers_come_out(bright, found):
    images = [labelled(f"{index}.png", 255 * (index == 20)) for index in range(30)]
    with pytest.raises(UserError, match="the float model can't be scored") as error:
        run_models({"int8": Model(detections), "float": Model(bright)}, images)
    assert (error.value.file, error.value.found) == ("20.png", found)


def test_image_that_fails_in_the_middle_is_named():
    images = [labelled(f"{index}.png", content=b"not an image" if index == 20 else None) for index in range(30)]
    with pytest.raises(UserError, match="the image can't be read") as error:
        run_models({"int8": Model(detections)}, images)
    assert error.value.file == "20.png"


def test_infinite_corners_are_cut_at_the_image():
    evaluated = run_models({"int8": Model(lambda: detections(box=-np.inf))}, [labelled("a.png", 255)])
    assert evaluated.detections["int8"][0].boxes_ymin_xmin_ymax_xmax[0, 0] == 0


class Scripted(BaseDetector):
    """Its score is the gray of the image; fails on bright ones."""

    def __init__(self):
        self.input_size, self.run_seconds = (16, 16), []

    def _run(self, image):
        if image[0, 0, 0] > 200:
            raise UserError("this model crashes the TFLite runtime", found="signal 11")
        return detections(score=image[0, 0, 0] / 255), 0.0


def test_detectors_share_the_images_and_keep_their_order():
    images = [labelled(f"{index}.png", gray=index) for index in range(70)]
    evaluated = run_models({"int8": FileModel([Scripted(), Scripted()])}, images)
    scores = [float(found.scores[0]) for found in evaluated.detections["int8"]]
    assert scores == pytest.approx([index / 255 for index in range(70)])


def test_the_image_on_which_a_process_ended_is_named_though_it_can_be_asked_no_more():
    images = [labelled(f"{index}.png", 255 * (index == 20)) for index in range(30)]
    with pytest.raises(UserError, match="the int8 model can't be scored") as error:
        run_models({"int8": FileModel([Scripted(), Scripted()])}, images)
    assert (error.value.file, error.value.found) == ("20.png", "this model crashes the TFLite runtime: signal 11")
