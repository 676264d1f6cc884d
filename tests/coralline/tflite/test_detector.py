import re

import numpy as np
import pytest
from PIL import Image

from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError
from coralline.tflite import contract, labels_file, metadata
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
        ({"num_classes": 5}, "3 wide for 5 classes"),
    ],
)
def test_refuses_a_model_without_the_contract_and_says_what_is_wrong(quadrant_detector, change, message):
    problems = contract.check_contract(quadrant_detector(**change))
    assert len(problems) >= 1 and message in "; ".join(problems)
    with pytest.raises(UserError, match="not a standard detector"):
        Detector(quadrant_detector(**change))


_SWAPPED = ("num_detections", "detection_scores", "detection_classes", "detection_boxes")


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"signature": _SWAPPED}, "the signature serving_default calls output 0 (boxes) 'num_detections'"),
        (
            {"signature": ("output_0", "output_1", "output_2", "output_3")},
            "calls output 0 (boxes) 'output_0', which pycoral reads as count",
        ),
        ({"tensor_names": ("a/count", "a/scores", "a/classes", "a/boxes")}, "output 3 (count) is called 'a/boxes'"),
    ],
)
def test_names_that_contradict_the_order_are_warned_of_and_the_order_counts(quadrant_detector, change, warning):
    detector = Detector(quadrant_detector(**change))
    assert detector.predict(picture()).class_ids.tolist() == [0, 1]
    (told,) = detector.warnings
    assert warning in told and "0 boxes, 1 classes, 2 scores, 3 count" in told
    assert any(warning in problem for problem in contract.check_contract(quadrant_detector(**change)))


def test_names_of_tensors_that_say_nothing_are_no_reason_to_warn(quadrant_detector):
    names = ("StatefulPartitionedCall:3", "box_head/scores", "StatefulPartitionedCall:1", "count")
    assert Detector(quadrant_detector(tensor_names=names)).warnings == ()


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


def _closed():
    image = picture()
    image.close()
    return image


@pytest.mark.parametrize(
    ("image", "message"),
    [(_closed(), "the Pillow image can't be read"), (Image.new("RGB", (0, 5)), "the Pillow image is empty")],
)
def test_a_pillow_image_without_pixels_is_refused(quadrant_detector, image, message):
    with pytest.raises(UserError) as refused:
        Detector(quadrant_detector()).detect(image)
    assert refused.value.what == message


@pytest.mark.parametrize(
    ("argument", "message"),
    [({"labels": "leaf"}, "`labels` is not a list"), ({"num_threads": 0}, "a model can't run without a thread")],
)
def test_arguments_that_make_no_sense_are_refused(quadrant_detector, argument, message):
    with pytest.raises(UserError) as refused:
        Detector(quadrant_detector(), **argument)
    assert refused.value.what == message


@pytest.mark.parametrize("first", ["???", "background", "__background__", "Unlabeled"])
def test_a_background_before_the_first_class_is_understood(quadrant_detector, first):
    assert Detector(quadrant_detector(), labels=[first, "leaf", "sea"]).labels == ["leaf", "sea"]


@pytest.mark.parametrize(("labels", "more"), [(["a"], "fewer"), (["a", "b", "c"], "more"), (["???", "a"], None)])
def test_the_number_of_labels_is_that_of_the_classes(quadrant_detector, tmp_path, labels, more):
    (tmp_path / "model.tflite").write_bytes(quadrant_detector())
    (tmp_path / "labels.txt").write_text("\n".join(labels))
    if more is None:
        assert Detector(tmp_path / "model.tflite").labels == labels
        return
    for given in (labels, None):
        with pytest.raises(UserError) as refused:
            Detector(tmp_path / "model.tflite", labels=given)
        assert refused.value.what == f"there are {more} labels than classes"
        assert refused.value.expected == "2 labels" and refused.value.found.startswith(f"{len(labels)}: ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_labels_file_as_editors_save_it(tmp_path, encoding, end):
    (tmp_path / "labels.txt").write_bytes(end.join(["Kätzchen", "sea\u2028side", ""]).encode(encoding))
    assert labels_file.read_labels_file(tmp_path / "labels.txt") == ["Kätzchen", "sea\u2028side"]


@pytest.mark.parametrize(
    "names",
    [
        ("1 euro", "50 cent"),
        ("1 euro", "2 euro"),
        ("10 of clubs", "2 of hearts", "ace"),
        ("cat", "0 dogs"),
        ("0", "1"),
        ("3d printer", "7up"),
        ("1: first", "2: second"),
    ],
)
def test_names_that_begin_with_a_number_are_read_as_they_were_written(quadrant_detector, tmp_path, names):
    """Here, by pycoral's `read_label_file` (pycoral/utils/dataset.py), and by the program for devices."""
    text = LabelMap(names).labels_txt()
    assert labels_file.parse_labels(text) == list(names)
    pycorals = {}
    for row, line in enumerate(text.splitlines()):
        pair = re.split(r"[:\s]+", line.strip(), maxsplit=1)
        is_pair = len(pair) == 2 and pair[0].strip().isdigit()
        pycorals |= {int(pair[0]): pair[1].strip()} if is_pair else {row: line.strip()}
    assert pycorals == dict(enumerate(names))
    labels = "".join(f"{name}\n" for name in names)
    model = metadata.write_metadata(quadrant_detector(), labels=labels, score_threshold=0.25, name="n", description="d")
    assert metadata.read_labels(model) == list(names)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("1 euro\n50 cent\n", ["1 euro", "50 cent"]),
        ("1 euro\n2 euro\n", ["1 euro", "2 euro"]),
        ("0 cat\n1 dog\n", ["cat", "dog"]),
        ("1 cat\n2 dog\n", ["cat", "dog"]),
        ("0  cat\n2  dog\n", ["cat", "1", "dog"]),
        ("0: cat\n1: dog\n", ["cat", "dog"]),
        ("0 cat\n0 dog\n", ["0 cat", "0 dog"]),
        ("0 cat\n900 dog\n", ["0 cat", "900 dog"]),
        ("0 cat\n99999999999999999999 dog\n", ["0 cat", "99999999999999999999 dog"]),
        ("cat\n\n  dog \n\n", ["cat", "dog"]),
        ("", []),
    ],
)
def test_numbers_in_front_are_ids_only_where_they_run_on(text, labels):
    assert labels_file.parse_labels(text) == labels


@pytest.mark.parametrize("text", ["leaf \n sea\n", "\ufeffleaf\r\nsea\r\n\r\n"])
def test_labels_in_the_file_are_trimmed(quadrant_detector, text):
    model = metadata.write_metadata(quadrant_detector(), labels=text, score_threshold=0.25, name="n", description="d")
    assert Detector(model).labels == ["leaf", "sea"]


def test_a_labels_file_that_isnt_text_is_refused(tmp_path):
    (tmp_path / "labels.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match="can't read the labels"):
        labels_file.read_labels_file(tmp_path / "labels.txt")
