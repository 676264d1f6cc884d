import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from components.errors import UserError
from pipeline.commands.predict import command


def predict(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def image(tmp_path):
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[:, 50:, 1] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


def test_json_holds_class_score_and_box_of_the_original_image(model, image):
    found = json.loads(predict(model, image, "--json"))
    assert found == {str(image): [{"class": "leaf", "score": pytest.approx(1, abs=0.02), "box": [0.0, 0.5, 1.0, 1.0]}]}


def test_pictures_show_the_boxes(model, image, tmp_path):
    assert "leaf" in predict(model, image, "-o", tmp_path / "out")
    before, after = np.asarray(Image.open(image)), np.asarray(Image.open(tmp_path / "out/wide.jpg"))
    assert after.shape == before.shape and (np.abs(before.astype(int) - after) > 60).any()


def test_a_folder_means_the_images_in_and_below_it(model, image, tmp_path):
    folder = tmp_path / "images"
    (folder / "c").mkdir(parents=True)
    for name in ("b.png", "a.JPG", "c/d.jpeg"):
        Image.open(image).save(folder / name)
    (folder / "notes.txt").write_text("x")
    found = list(json.loads(predict(model, folder, "--json")))
    assert found == [str(folder / name) for name in ("a.JPG", "b.png", "c/d.jpeg")]


def test_threshold_leaves_out_weaker_detections(model, tmp_path):
    Image.new("RGB", (32, 32), (0, 128, 0)).save(tmp_path / "dim.png")
    assert len(json.loads(predict(model, tmp_path / "dim.png", "--json"))[str(tmp_path / "dim.png")]) == 4
    assert json.loads(predict(model, tmp_path / "dim.png", "--json", "--threshold", "0.6")) == {
        str(tmp_path / "dim.png"): []
    }


def test_labels_beside_a_model_without_labels_are_used(quadrant_detector, image, tmp_path):
    (tmp_path / "bare.tflite").write_bytes(quadrant_detector())
    assert json.loads(predict(tmp_path / "bare.tflite", image, "--json"))[str(image)][0]["class"] == "0"
    (tmp_path / "labels.txt").write_text("moss\nsky\n")
    assert json.loads(predict(tmp_path / "bare.tflite", image, "--json"))[str(image)][0]["class"] == "moss"


def test_a_missing_image_or_delegate_is_one_message(model, image, tmp_path):
    with pytest.raises(UserError, match=r"none\.jpg: the image can't be read"):
        predict(model, tmp_path / "none.jpg")
    with pytest.raises(UserError, match=r"delegate library libnone\.so can't be loaded"):
        predict(model, image, "--delegate", "libnone.so")
