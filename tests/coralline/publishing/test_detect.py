"""detect.py, run as it is on a device: in a folder of its own, with the Python that is there."""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from coralline.publishing import bundle
from coralline.tflite.letterbox import letterbox
from pipeline.commands.predict.command import command as predict

PROGRAM = Path(bundle.__file__).with_name(bundle.PROGRAM)

# What libedgetpu and a runtime make of a compiled model: the calls of tflite_runtime 2.14 that detect.py makes.
RUNTIME = """
import os, signal
import numpy as np
def load_delegate(library):
    {load}
class Interpreter:
    def __init__(self, model_path, experimental_delegates, num_threads):
        assert (model_path.endswith("_edgetpu.tflite"), experimental_delegates) == (True, ["edge tpu"])
    def allocate_tensors(self): pass
    def invoke(self): pass
    def set_tensor(self, index, value): pass
    def get_input_details(self): return [dict(index=0, shape=np.array([1, 32, 32, 3]))]
    def get_output_details(self): return [dict(index=index) for index in range(1, 5)]
    def get_tensor(self, index):
        return np.float32({{1: [[[0, 0, 1, 0.5]]], 2: [[1]], 3: [[0.75]], 4: [1]}}[index])
"""
CAMERA = """
import time
import numpy as np
class VideoCapture:
    def __init__(self, number): self.left = {frames}
    def read(self):
        time.sleep(0.01)
        self.left -= 1
        frame = np.zeros((32, 32, 3), np.uint8)
        frame[:, :, 1] = 255 * (self.left % 2)
        return self.left >= 0, frame
"""


def manifest(overall=0.6, **per_class):
    entries = {name: score and {"score": score} for name, score in per_class.items()}
    return json.dumps({"score_thresholds": {"overall": overall and {"score": overall}, "per_class": entries}})


@pytest.fixture
def device(tmp_path, quadrant_detector):
    """The folder of a bundle on a device."""
    folder = tmp_path / "detector"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(quadrant_detector())
    (folder / "labels.txt").write_text("leaf\nsea\n")
    (folder / "manifest.json").write_text(manifest(leaf=0.6, sea=0.6))
    shutil.copy(PROGRAM, folder)
    return folder


@pytest.fixture
def modules(tmp_path):
    """`modules(name=source, ...)`: modules that detect.py finds before those that are installed."""

    def write(**sources):
        for name, source in sources.items():
            package = tmp_path / "modules" / name
            package.mkdir(parents=True)
            (package / "__init__.py").write_text("" if name == "ai_edge_litert" else source)
            (package / "interpreter.py").write_text(source)

    return write


def started(device, *arguments, library=None):
    environment = {**os.environ, "PYTHONPATH": str(device.parent / "modules")}
    if library is not None:
        environment["LD_LIBRARY_PATH"] = str(library)
    command = [sys.executable, str(device / "detect.py"), *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(device, *arguments, library=None):
    process = started(device, *arguments, library=library)
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out, err


@pytest.fixture
def wide(tmp_path):
    """An image with a green right half."""
    pixels = np.zeros((50, 100, 3), np.uint8)
    pixels[:, 50:, 1] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


@pytest.fixture
def library(tmp_path, device):
    """A folder with a libedgetpu that loads, beside a compiled model."""
    (device / "model_edgetpu.tflite").write_bytes(b"compiled")
    folder = tmp_path / "libraries"
    folder.mkdir()
    loaded = Path("/proc/self/maps").read_text().splitlines()
    some_library = next(line.split()[-1] for line in loaded if "/libm.so" in line or "/libm-" in line)
    shutil.copy(some_library, folder / "libedgetpu.so.1")
    return folder


def test_an_image_gives_a_line_for_each_detection(device, wide):
    code, out, err = run(device, wide)
    assert (code, out) == (0, f"{wide}: leaf 0.99  left 50  top 0  right 100  bottom 50\n")
    assert "model.tflite on the processor (ai_edge_litert), scores from 0.6" in err
    assert "not on the Edge TPU: there is no model_edgetpu.tflite" in err


@pytest.fixture
def dim(tmp_path):
    """An image in which the model finds a leaf in each quarter, with a score of about .5."""
    Image.new("RGB", (32, 32), (0, 128, 0)).save(tmp_path / "dim.png")
    return tmp_path / "dim.png"


def test_scores_below_the_manifests_threshold_are_left_out_unless_another_is_given(device, dim):
    assert run(device, dim)[1] == ""
    _, out, err = run(device, dim, "--threshold", "0.4")
    assert out.count("leaf") == 4 and err.rstrip().endswith("scores from 0.4")


@pytest.mark.parametrize(
    ("thresholds", "found", "told"),
    [
        ({"leaf": 0.412, "sea": 0.7}, 4, "scores from 0.412 to 0.7, by class (manifest.json)"),
        ({"leaf": 0.7, "sea": 0.412}, 0, "scores from 0.412 to 0.7, by class (manifest.json)"),
        ({"leaf": None, "sea": 0.7, "overall": 0.3}, 4, "scores from 0.3 to 0.7, by class (manifest.json)"),
        ({"leaf": 0.4, "sea": 0.4}, 4, "scores from 0.4 (manifest.json)"),
    ],
)
def test_each_class_has_its_own_threshold_in_the_manifest(device, dim, thresholds, found, told):
    (device / "manifest.json").write_text(manifest(**thresholds))
    _, out, err = run(device, dim)
    assert out.count("leaf") == found and told in err


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "scores from 0.5, as there is no manifest.json beside detect.py; --threshold sets another one"),
        ("{}", "scores from 0.5, as manifest.json has none; --threshold sets another one"),
        (manifest(None, leaf=None), "scores from 0.5, as manifest.json has none; --threshold sets another one"),
        ('{"score_threshold": null}', "scores from 0.5, as manifest.json has none"),
        ('{"score_threshold": 0.55}', "scores from 0.55 (manifest.json)"),
        ("{cut of", "scores from 0.5, as manifest.json has none"),
        ("[]", "scores from 0.5, as manifest.json has none"),
        ('{"score_thresholds": {"overall": 3}}', "scores from 0.5, as manifest.json has none"),
    ],
)
def test_without_a_suggestion_it_says_which_score_it_takes_and_why(device, dim, content, told):
    (device / "manifest.json").unlink()
    if content is not None:
        (device / "manifest.json").write_text(content)
    assert told in run(device, dim)[2]


def images(folder):
    """Pictures of all kinds that people have, each of noise."""
    rng = np.random.default_rng(7)

    def noise(*shape):
        return Image.fromarray(rng.integers(0, 256, shape, np.uint8))

    turned = Image.Exif()
    turned[0x0112] = 6
    noise(61, 97, 3).save(folder / "wide.png")
    noise(97, 33, 3).save(folder / "tall.jpg", quality=90)
    noise(61, 97, 3).save(folder / "turned.jpg", exif=turned)
    noise(3, 200, 3).save(folder / "flat.bmp")
    noise(40, 50).save(folder / "gray.png")
    noise(40, 50, 4).save(folder / "transparent.png")
    noise(40, 50, 2).save(folder / "gray-transparent.png")
    noise(40, 50).convert("P").save(folder / "palette.gif", transparency=3)
    Image.fromarray(rng.integers(0, 65536, (40, 50), np.uint16)).save(folder / "16-bit.png")


def test_detections_are_those_of_coralline_predict(device, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    images(folder)
    code, out, _ = run(device, folder, "--json", "--threshold", "0.3")
    found = {told["image"]: told["detections"] for told in map(json.loads, out.splitlines())}
    arguments = [str(device / "model.tflite"), str(folder), "--json", "--threshold", "0.3"]
    expected = json.loads(CliRunner().invoke(predict, arguments, catch_exceptions=False).output)["files"]
    assert code == 0 and list(found) == list(expected) and sum(map(len, expected.values())) > 9
    for image, rows in expected.items():
        assert [{key: row[key] for key in ("class", "score", "box")} for row in found[image]] == rows, image


def test_pixels_go_into_the_model_as_in_training(tmp_path):
    spec = importlib.util.spec_from_file_location("detect", PROGRAM)
    detect = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(detect)
    images(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        for size in ((32, 32), (24, 40), (65, 64)):
            expected, scale_y, scale_x = letterbox(Image.open(path), *size)
            pixels, scale = detect._letterboxed(detect._upright_rgb(Image.open(path)), *size)
            assert np.array_equal(pixels, expected), path
            assert np.array_equal(scale, np.array([scale_y, scale_x] * 2, np.float32))


def test_pictures_are_drawn_and_those_of_the_same_name_numbered(device, wide, tmp_path):
    (tmp_path / "more").mkdir()
    shutil.copy(wide, tmp_path / "more")
    assert run(device, wide, tmp_path / "more", "--draw", tmp_path / "seen")[0] == 0
    assert sorted(os.listdir(tmp_path / "seen")) == ["wide-2.jpg", "wide.jpg"]
    before, after = np.asarray(Image.open(wide)), np.asarray(Image.open(tmp_path / "seen/wide.jpg"))
    assert after.shape == before.shape and (np.abs(before.astype(int) - after) > 60).any()


def test_a_picture_is_never_drawn_over_its_image(device, wide, tmp_path):
    Image.open(wide).save(tmp_path / "yard.jpg")
    code, _, err = run(device, tmp_path / "yard.jpg", "--draw", tmp_path)
    assert code == 2 and "written over" in err and "fix: give another folder" in err


def test_an_unreadable_image_is_told_and_the_others_are_looked_at(device, wide, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(wide.read_bytes()[:60])
    code, out, err = run(device, tmp_path / "broken.jpg", tmp_path / "none.jpg", wide)
    assert code == 1 and out.count("leaf") == 1
    assert "broken.jpg: can't be read" in err and "none.jpg: can't be read" in err


def test_without_a_runtime_it_says_what_to_install(device, wide, modules):
    modules(ai_edge_litert="raise ImportError('GLIBC_2.38 not found')", tflite_runtime="raise ImportError('no')")
    code, out, err = run(device, wide)
    assert (code, out) == (2, "") and "ai_edge_litert: GLIBC_2.38 not found" in err
    assert "pip install ai-edge-litert" in err and "docs/device.md" in err


def test_a_library_that_does_not_load_is_named_and_auto_goes_on_without_it(device, wide, library):
    (library / "libedgetpu.so.1").write_bytes(b"")
    code, out, err = run(device, wide, "--device", "edgetpu", library=library)
    assert (code, out) == (2, "") and "libedgetpu.so.1 can't be loaded" in err and "docs/device.md" in err
    code, out, err = run(device, wide, library=library)
    assert code == 0 and "leaf" in out and "not on the Edge TPU: libedgetpu.so.1 can't be loaded" in err


def test_with_a_device_the_compiled_model_runs_on_it(device, wide, library, modules):
    modules(ai_edge_litert=RUNTIME.format(load="return 'edge tpu'"))
    code, out, err = run(device, wide, library=library)
    assert (code, out) == (0, f"{wide}: sea 0.75  left 0  top 0  right 50  bottom 50\n")
    assert "model_edgetpu.tflite on the Edge TPU" in err


def test_a_device_that_does_not_answer_is_told_with_what_to_look_for(device, wide, library, modules):
    modules(ai_edge_litert=RUNTIME.format(load="raise ValueError('Failed to load delegate from libedgetpu.so.1')"))
    code, _, err = run(device, wide, "--device", "edgetpu", library=library)
    assert code == 2 and "finds no Edge TPU" in err and "18d1:9302" in err and "plugdev" in err


def test_a_library_that_crashes_is_told_instead_of_a_segmentation_fault(device, wide, library, modules):
    modules(ai_edge_litert=RUNTIME.format(load="os.kill(os.getpid(), signal.SIGSEGV)"))
    code, _, err = run(device, wide, library=library)
    assert code == 2 and "crashed (SIGSEGV)" in err and "--device cpu" in err and "docs/device.md" in err


def test_a_camera_is_looked_at_frame_by_frame(device, tmp_path, modules):
    modules(cv2=CAMERA.format(frames=4))
    code, out, err = run(device, "--camera", "0", "--json", "--draw", tmp_path / "seen")
    found = {told["image"]: len(told["detections"]) for told in map(json.loads, out.splitlines())}
    assert found == {"frame-000000": 4, "frame-000001": 0, "frame-000002": 4, "frame-000003": 0}
    assert sorted(os.listdir(tmp_path / "seen")) == ["frame-000000.jpg", "frame-000002.jpg"]
    assert code == 2 and "camera 0 gives no more frames" in err


def test_ctrl_c_ends_a_camera_quietly(device, modules):
    modules(cv2=CAMERA.format(frames=100_000))
    process = started(device, "--camera", "0")
    assert "leaf" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "Traceback" not in err


def test_without_a_camera_or_what_reads_it_both_are_named(device, modules):
    modules(cv2="raise ImportError('no cv2')", picamera2="raise ImportError('no picamera2')")
    code, _, err = run(device, "--camera", "0")
    assert code == 2 and "opencv: no cv2; picamera: no picamera2" in err and "pip install opencv" in err


def test_images_or_a_camera_have_to_be_given(device, tmp_path):
    assert run(device)[0] == 2
    (tmp_path / "empty").mkdir()
    code, _, err = run(device, tmp_path / "empty")
    assert code == 2 and "there is no image in this folder" in err


def test_it_needs_nothing_but_numpy_and_pillow_and_python_3_9():
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 9))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in imports if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) == {"numpy", "PIL"}
