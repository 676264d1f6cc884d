import numpy as np
import pytest
from PIL import Image

from coralline.foundation.errors import UserError
from coralline.tflite import contract, metadata
from coralline.tflite.detector import Detector, class_name


def picture(width=32, height=32):
    """Left upper quadrant green (class 0), right lower quadrant blue (class 1), the rest black."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2, 1] = 250
    pixels[height // 2 :, width // 2 :, 2] = 200
    return Image.fromarray(pixels)


def test_finds_what_is_in_the_picture(quadrant_detector):
    found = Detector(quadrant_detector()).predict(picture())
    assert found.class_ids.tolist() == [0, 1]
    np.testing.assert_allclose(found.scores, [250 / 255, 200 / 255], atol=0.01)
    np.testing.assert_allclose(found.boxes_ymin_xmin_ymax_xmax, [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]], atol=1e-6)


def test_boxes_are_normalized_to_the_original_image(quadrant_detector):
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[:, 50:, 1] = 255  # the right half of a wide image is the right upper quadrant of the letterboxed input
    found = Detector(quadrant_detector()).predict(Image.fromarray(pixels))
    np.testing.assert_allclose(found.boxes_ymin_xmin_ymax_xmax, [[0, 0.5, 1, 1]], atol=1e-6)


def test_labels_come_from_the_file(quadrant_detector):
    model = metadata.write_metadata(
        quadrant_detector(), labels="leaf\nsea\n", score_threshold=0.25, name="n", description="d"
    )
    detector = Detector(model)
    assert detector.labels == ["leaf", "sea"] and detector.input_size == (32, 32)
    assert detector.predict(picture()).class_ids.tolist() == [0, 1]
    assert class_name(1, detector.labels) == "sea" and class_name(5, detector.labels) == "5"


def test_more_threads_than_cores_are_capped(quadrant_detector):
    assert len(Detector(quadrant_detector(), num_threads=1000).predict(picture())) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"output_order": (0, 3, 2, 1)}, "found boxes, count, scores, classes"),
        ({"output_order": (0, 1, 2)}, "expected 4 outputs"),
        ({"input_type": "INT8"}, "expected a UINT8 input, found INT8"),
        ({"signature": ("num_detections", "detection_classes", "detection_scores", "detection_boxes")}, "calls boxes"),
        (
            {"signature": ("output_0", "output_1", "output_2", "output_3")},
            "calls boxes 'output_0', which pycoral reads as count",
        ),
        ({"num_classes": 5}, "3 wide for 5 classes"),
    ],
)
def test_refuses_a_model_without_the_contract_and_says_what_is_wrong(quadrant_detector, change, message):
    problems = contract.check_contract(quadrant_detector(**change))
    assert len(problems) >= 1 and message in "; ".join(problems)
    with pytest.raises(UserError, match="not a standard detector"):
        Detector(quadrant_detector(**change))


def test_contract_holds_for_the_standard_detector(quadrant_detector):
    assert contract.check_contract(quadrant_detector()) == []


def test_contract_holds_with_pycorals_names_in_the_signature(quadrant_detector):
    assert contract.check_contract(quadrant_detector(signature=contract.PYCORAL_NAMES)) == []


def test_contract_counts_the_labels(quadrant_detector):
    model = metadata.write_metadata(
        quadrant_detector(), labels="one\n", score_threshold=0.25, name="n", description="d"
    )
    assert contract.check_contract(model) == ["the file holds 1 labels for 2 classes: labels will be off"]


def test_unreadable_image_is_one_message(quadrant_detector, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    with pytest.raises(UserError, match="the image can't be read"):
        Detector(quadrant_detector()).predict(tmp_path / "a.jpg")


def test_loading_writes_nothing_to_standard_error(quadrant_detector, capfd):
    Detector(quadrant_detector())
    assert capfd.readouterr().err == ""
