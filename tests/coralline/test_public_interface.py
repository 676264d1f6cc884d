"""`import coralline`, as docs/api.md describes it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import coralline
from coralline.data.drawn_shapes import draw_dataset

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"

_ONLY_THREE_LIBRARIES = """
import sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if path is None and top not in sys.stdlib_module_names and top not in ALLOWED:
            raise ImportError(f"{name} is blocked")

# flatbuffers is part of ai-edge-litert's own requirements.
ALLOWED = {"coralline", "ai_edge_litert", "flatbuffers", "numpy", "PIL", "_distutils_hack"}
sys.meta_path.insert(0, Finder())
import coralline
detector = coralline.Detector(sys.argv[1], labels=["leaf", "sea"])
print([found.label for found in detector.detect(sys.argv[2], min_score=0.5)])
"""


@pytest.fixture
def model(quadrant_detector, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_detector())
    return path


@pytest.fixture
def picture(tmp_path):
    """Green at the upper left, 60 x 40 pixels of 120 x 120; blue at the lower right."""
    pixels = np.zeros((120, 120, 3), np.uint8)
    pixels[:60, :60, 1] = pixels[60:, 60:, 2] = 250
    path = tmp_path / "picture.png"
    Image.fromarray(pixels).save(path)
    return path


def test_the_page_names_everything():
    text = _PAGE.read_text(encoding="utf-8")
    assert [name for name in coralline.__all__ if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("name", coralline.__all__)
def test_every_name_can_be_had_and_is_documented(name):
    assert getattr(coralline, name).__doc__ and name in dir(coralline)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Trainer'"):
        _ = coralline.Trainer


def test_the_examples_of_the_page_run(quadrant_detector, picture, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("model.tflite", "older.tflite"):
        (tmp_path / name).write_bytes(quadrant_detector(num_classes=3))
    draw_dataset(tmp_path / "pictures", images=8, size_px=64)
    picture.rename(tmp_path / "yard.jpg")
    (tmp_path / "labels.txt").write_text("circle\ncross\ntriangle\n")
    blocks = re.findall(r"```python\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        if "lineage" not in block:  # that needs a run's store: see the tests of lineage
            exec(block, names)
    said = capsys.readouterr().out
    assert "8 images; ok" in said and "circle" in said and "operations" in said


def test_a_detector_needs_three_libraries(model, picture):
    call = [sys.executable, "-c", _ONLY_THREE_LIBRARIES, str(model), str(picture)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "['leaf', 'sea']\n"), done.stderr


def test_nothing_loads_tensorflow_or_tfx():
    code = (
        "import sys, coralline\nfor name in coralline.__all__: getattr(coralline, name)\n"
        "print([name for name in ('tensorflow', 'tfx', 'apache_beam') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_image_is_a_path_a_pillow_image_or_an_array(model, picture):
    detector = coralline.Detector(model)
    image = Image.open(picture)
    found = [detector.detect(given) for given in (str(picture), picture, image, np.asarray(image))]
    assert found[0] == found[1] == found[2] == found[3]
    leaf, sea = found[0]
    assert (leaf.label, leaf.class_id, sea.class_id) == ("0", 0, 1)
    assert leaf.xmin_ymin_xmax_ymax == pytest.approx((0, 0, 60, 60), abs=1)
    assert sea.ymin_xmin_ymax_xmax == pytest.approx((0.5, 0.5, 1, 1), abs=0.01)
    assert all(type(side) is float for side in (*leaf.xmin_ymin_xmax_ymax, leaf.score))


def test_boxes_are_of_the_upright_image(model, tmp_path):
    pixels = np.zeros((60, 120, 3), np.uint8)
    pixels[:, :60, 1] = 250  # the left half; the camera was turned, so people see it at the top
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    [leaf] = coralline.Detector(model).detect(tmp_path / "turned.png", min_score=0.9)
    assert leaf.xmin_ymin_xmax_ymax == pytest.approx((0, 0, 60, 60), abs=1)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3)),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
    ids=["float", "gray", "four channels", "empty", "a batch"],
)
def test_an_array_that_is_no_image_is_refused(model, array):
    with pytest.raises(coralline.UserError) as refused:
        coralline.Detector(model).detect(array)
    assert refused.value.found == f"{array.dtype} {list(array.shape)}" and refused.value.fix


def test_labels_that_are_too_few_are_refused(model):
    with pytest.raises(coralline.UserError, match="fewer labels than classes"):
        coralline.Detector(model, labels=["leaf"])


@pytest.mark.parametrize("call", [coralline.Detector, coralline.inspect_model])
def test_what_is_no_model_is_one_message(call, tmp_path):
    (tmp_path / "text.tflite").write_text("not a model")
    for path in (tmp_path, tmp_path / "nothing.tflite", tmp_path / "text.tflite"):
        with pytest.raises(coralline.UserError) as refused:
            call(path)
        assert str(path) in str(refused.value) and "Errno" not in str(refused.value)


def test_problems_are_objects_and_reading_raises_for_them(tmp_path):
    draw_dataset(tmp_path, images=4, size_px=64)
    broken = next(tmp_path.rglob("*.xml"))
    broken.write_text("<annotation>")
    found = coralline.check_dataset(tmp_path)
    assert not found.ok and len(found.images) == 3
    [problem] = [problem for problem in found.problems if problem.policy == "fail"]
    assert (problem.kind, problem.file) == ("unparsable_xml", str(broken))
    with pytest.raises(coralline.UserError, match="well-formed"):
        coralline.read_dataset(tmp_path)
    left = coralline.read_dataset(tmp_path, coralline.DataSettings(on_unparsable_xml="drop"))
    image = left.images[0]
    assert left.ok and image.pixels().shape == (image.height, image.width, 3)
