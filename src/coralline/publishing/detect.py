#!/usr/bin/env python3
"""Finds objects in images, or in what a camera sees, with the model in this folder.

  python3 detect.py yard.jpg pictures      one line for each detection
  python3 detect.py pictures --draw seen   and the pictures with boxes, in the folder `seen`
  python3 detect.py --camera 0 --json      one JSON object for each frame, until Ctrl-C

It needs Python 3.9 or newer, NumPy, Pillow and a TFLite runtime (ai-edge-litert or tflite-runtime), libedgetpu for a
Coral Edge TPU, and OpenCV or picamera2 for a camera. Which of them go together: docs/device.md of Coralline.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib
import itertools
import json
import os
import platform
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

try:
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont
except ImportError as e:
    sys.exit(f"detect.py: {e}\n  fix: python3 -m pip install numpy pillow")

_HERE = Path(__file__).resolve().parent
_LIBRARY = {"Darwin": "libedgetpu.1.dylib", "Windows": "edgetpu.dll"}.get(platform.system(), "libedgetpu.so.1")
_DOCS = "docs/device.md of Coralline says which versions go together"
_THRESHOLD = 0.5  # where no manifest suggests one
_IMAGES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
_TURNS = ["FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90"]
"""What makes an image upright, for EXIF orientations from 2 on."""
_COLOURS = ("#2fbf71", "#3b82f6", "#ffb000", "#e5484d", "#a855f7", "#06b6d4", "#f472b6", "#84cc16")


class _Problem(Exception):
    """What is wrong, and how to fix it."""

    def __init__(self, what: str, fix: str):
        super().__init__(f"{what}\n  fix: {fix}")
        self.what = what


def main() -> int:
    """0: all images were read; 1: some were not; 2: nothing could be done."""
    arguments = _arguments()
    try:
        if arguments.device != "cpu" and hasattr(os, "fork"):
            return _watched(lambda: _run(arguments))
        return _run(arguments)
    except _Problem as problem:
        _say(str(problem))
        return 2
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", nargs="*", metavar="IMAGE|FOLDER")
    parser.add_argument("--camera", type=int, metavar="N", help="look at camera N instead, 0 for the first")
    help_text = "auto (the default) is the Edge TPU where the compiled model, libedgetpu and a device are there"
    parser.add_argument("--device", choices=("auto", "cpu", "edgetpu"), default="auto", help=help_text)
    help_text = "leave out lower scores; without it those of manifest.json, which has one for each class"
    parser.add_argument("--threshold", type=float, metavar="SCORE", help=help_text)
    parser.add_argument("--json", action="store_true", help="one JSON object a line for each image")
    parser.add_argument("--draw", type=Path, metavar="DIR", help="save pictures with boxes; no empty ones of a camera")
    arguments = parser.parse_args()
    if bool(arguments.images) == (arguments.camera is not None):
        parser.error("give images or folders, or --camera 0")
    return arguments


def _watched(work: Callable[[], int]) -> int:
    """Works in a child process: where libedgetpu doesn't fit the runtime it crashes, and nobody could say why."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        return work()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL):
        raise _Problem(
            f"the TFLite runtime crashed ({signal.Signals(-code).name})",
            f"install a {_LIBRARY} made for this runtime ({_DOCS}), or run on the processor: --device cpu",
        )
    return code if code >= 0 else 128 - code


def _run(arguments: argparse.Namespace) -> int:
    detector = _Detector(arguments.device)
    least_score, told = _least_score(arguments.threshold)
    _say(f"{detector.runs_on}, scores from {told}")
    files, camera, taken, unreadable = _listed(arguments.images), arguments.camera, set[str](), False
    for name, image in ((file, _opened(file)) for file in files) if camera is None else _camera_frames(camera):
        if image is None:
            unreadable = True
            continue
        upright = _upright_rgb(image)
        found = detector.find(upright, least_score)
        _show(name, found, arguments.json)
        if arguments.draw is not None and (found or camera is None):
            _save(_drawn(upright, found), arguments.draw, name, taken)
    return int(unreadable)


class _Detector:
    """The model, ready for images; `runs_on` says which file it is, and on what."""

    def __init__(self, device: str):
        self._interpreter, self.runs_on = _make_interpreter(device)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = [output["index"] for output in self._interpreter.get_output_details()]
        labels = _HERE / "labels.txt"
        lines = labels.read_text(encoding="utf-8").rstrip("\n").split("\n") if labels.is_file() else []
        numbered = all(line.startswith(f"{class_id} ") for class_id, line in enumerate(lines))  # a name begins so too
        self._labels = dict(enumerate(line.partition(" ")[2] if numbered else line for line in lines))

    def find(self, image: Image.Image, least_score: Callable[[str], float]) -> list[dict[str, Any]]:
        """Detections in an upright RGB image, strongest first; `box` is in parts of the image, `pixels` in pixels."""
        pixels, scale = _letterboxed(image, *(int(side) for side in self._input["shape"][1:3]))
        self._interpreter.set_tensor(self._input["index"], pixels[None])
        self._interpreter.invoke()
        boxes, classes, scores, count = (self._interpreter.get_tensor(index)[0] for index in self._outputs)
        boxes = np.clip(boxes / scale, 0, 1).astype(np.float32)
        names = [self._labels.get(int(class_id), str(int(class_id))) for class_id in classes[: int(count)]]
        return [_row(*row, image) for row in zip(boxes, names, scores) if row[2] >= np.float32(least_score(row[1]))]


def _row(box: np.ndarray, name: str, score: float, image: Image.Image) -> dict[str, Any]:
    ymin, xmin, ymax, xmax = sides = [round(float(side), 6) for side in box]
    pixels = [round(side * size) for side, size in zip((xmin, ymin, xmax, ymax), image.size * 2)]
    return {"class": name, "score": round(float(score), 6), "box": sides, "pixels": pixels}


def _make_interpreter(device: str) -> tuple[Any, str]:
    """An interpreter with its tensors allocated, and what it runs on."""
    runtime = _runtime()
    name = runtime.__name__.partition(".")[0]
    if device != "cpu":
        try:
            return _on_edgetpu(runtime), f"model_edgetpu.tflite on the Edge TPU ({name})"
        except _Problem as problem:
            if device == "edgetpu":
                raise
            _say(f"not on the Edge TPU: {problem.what}")
    return _allocated(runtime, _HERE / "model.tflite", []), f"model.tflite on the processor ({name})"


def _runtime() -> Any:
    """The module with `Interpreter` and `load_delegate` of the runtime that is installed."""
    reasons = []
    for name in ("ai_edge_litert", "tflite_runtime"):
        try:
            return importlib.import_module(f"{name}.interpreter")
        except Exception as e:  # A library that doesn't fit the system raises more than ImportError.
            reasons.append(f"{name}: {e}")
    raise _Problem(f"no TFLite runtime ({'; '.join(reasons)})", f"python3 -m pip install ai-edge-litert; {_DOCS}")


def _on_edgetpu(runtime: Any) -> Any:
    compiled = _HERE / "model_edgetpu.tflite"
    if not compiled.is_file():
        fix = "run `edgetpu_compiler model.tflite` on an x86-64 Linux machine and copy the result here"
        raise _Problem("there is no model_edgetpu.tflite beside detect.py", fix)
    try:
        ctypes.CDLL(_LIBRARY)  # before load_delegate, which adds an AttributeError of its own to the message
    except OSError as e:
        raise _Problem(f"{_LIBRARY} can't be loaded ({e})", f"install libedgetpu; {_DOCS}") from e
    try:
        delegate = runtime.load_delegate(_LIBRARY)
    except (ValueError, AttributeError, OSError) as e:
        raise _Problem(
            f"{_LIBRARY} finds no Edge TPU that this user may open, or doesn't fit the runtime",
            f"plug it in again; `lsusb` must show 1a6e:089a or 18d1:9302, and `groups` plugdev; {_DOCS}",
        ) from e
    return _allocated(runtime, compiled, [delegate])


def _allocated(runtime: Any, model: Path, delegates: list[Any]) -> Any:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        interpreter = runtime.Interpreter(str(model), experimental_delegates=delegates, num_threads=cores)
        interpreter.allocate_tensors()
    except SystemError as e:  # tflite-runtime looks for NumPy's interface only now
        fix = "python3 -m pip install ai-edge-litert, or 'numpy<2' for tflite-runtime"
        raise _Problem(f"{runtime.__name__} doesn't work with NumPy {np.__version__}", fix) from e
    except (ValueError, RuntimeError) as e:
        reason = (str(e).strip().splitlines() or ["no reason given"])[0]
        raise _Problem(f"the TFLite runtime refuses {model.name} ({reason})", f"copy it again; {_DOCS}") from e
    return interpreter


def _least_score(given: float | None) -> tuple[Callable[[str], float], str]:
    """The least score that is shown, by the class's name, and in words: with the best F1 in the model's evaluation."""
    if given is not None:
        return lambda name: given, f"{given:g}"
    file = _HERE / "manifest.json"
    why_not = "manifest.json has none" if file.is_file() else "there is no manifest.json beside detect.py"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        manifest = json.loads(file.read_bytes())
        found = manifest.get("score_thresholds") or {"overall": {"score": manifest["score_threshold"]}}
        overall = float(found["overall"]["score"])
        each = {name: overall if of is None else float(of["score"]) for name, of in found.get("per_class", {}).items()}
        least, most = min(each.values(), default=overall), max(each.values(), default=overall)
        told = f"{least:g}" if least == most else f"{least:g} to {most:g}, by class"
        return lambda name: each.get(name, overall), f"{told} (manifest.json)"
    return lambda name: _THRESHOLD, f"{_THRESHOLD:g}, as {why_not}; --threshold sets another one"


def _listed(given: Sequence[str]) -> Iterator[str]:
    """Images as given, folders as the images in and below them."""
    for path in given:
        folder = Path(path)
        inside = sorted(str(file) for file in folder.rglob("*") if file.suffix.lower() in _IMAGES)
        if folder.is_dir() and not inside:
            raise _Problem(f"{path}: there is no image in this folder", "give a folder with JPEG or PNG files")
        yield from inside if folder.is_dir() else [path]


def _opened(path: str) -> Image.Image | None:
    """The image, decoded; None, and the reason told, where it can't be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                image.load()
                return image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as e:
        _say(f"{path}: can't be read ({e})")
        return None


def _camera_frames(number: int) -> Iterator[tuple[str, Image.Image]]:
    """A name and an image for each frame, from OpenCV, or else from picamera2."""
    reasons = []
    for source in (_opencv_frames, _picamera_frames):
        frames = source(number)
        try:
            first = next(frames)
        except Exception as e:  # Drivers and libraries of cameras raise all kinds.
            reasons.append(f"{source.__name__[1:].partition('_')[0]}: {str(e) or 'no frame'}")
            continue
        for index, frame in enumerate(itertools.chain([first], frames)):
            yield f"frame-{index:06d}", frame
        raise _Problem(f"camera {number} gives no more frames", "check its cable and start again")
    raise _Problem(
        f"camera {number} can't be used ({'; '.join(reasons)})",
        "python3 -m pip install opencv-python-headless for a USB camera; for a Raspberry Pi's own camera, "
        "sudo apt install python3-picamera2 and a virtual environment with --system-site-packages",
    )


def _opencv_frames(number: int) -> Iterator[Image.Image]:
    camera = importlib.import_module("cv2").VideoCapture(number)
    while (read := camera.read())[0]:
        yield Image.fromarray(read[1][:, :, ::-1])  # blue, green, red


def _picamera_frames(number: int) -> Iterator[Image.Image]:
    camera = importlib.import_module("picamera2").Picamera2(number)
    camera.configure(camera.create_video_configuration({"format": "BGR888"}))  # its name for red, green, blue
    camera.start()
    while True:
        yield Image.fromarray(camera.capture_array())


def _upright_rgb(image: Image.Image) -> Image.Image:
    """The image as people see it: turned by its EXIF orientation, 8 bits, what is transparent on white."""
    with contextlib.suppress(Exception):  # Damaged metadata; the pixels are fine.
        orientation = image.getexif().get(0x0112, 1)
        if orientation in range(2, 9):
            image = image.transpose(Image.Transpose[_TURNS[orientation - 2]])
    if image.mode.startswith("I"):  # 16 bits
        image = Image.fromarray(np.clip(np.asarray(image).astype(np.int64) >> 8, 0, 255).astype(np.uint8))
    if "transparency" in image.info or image.mode[-1] in "Aa":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def _letterboxed(image: Image.Image, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The image at the top left of a black input, as in training, and the part that it covers: y, x, y, x."""
    fitted_height = max(1, min(height, image.height * width // image.width))
    fitted_width = max(1, min(width, image.width * height // image.height))
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:fitted_height, :fitted_width] = image.resize((fitted_width, fitted_height), Image.Resampling.BILINEAR)
    return pixels, np.array([fitted_height / height, fitted_width / width] * 2, np.float32)


def _show(name: str, found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"image": name, "detections": found}), flush=True)
        return
    for row in found:
        place = "left {}  top {}  right {}  bottom {}".format(*row["pixels"])
        print(f"{name}: {row['class']} {row['score']:.2f}  {place}", flush=True)


def _save(picture: Image.Image, folder: Path, name: str, taken: set[str]) -> None:
    """Writes NAME.jpg; images of the same name are numbered."""
    stem = Path(name).stem
    file = next(f for n in itertools.count(1) if (f := f"{stem}-{n}.jpg" if n > 1 else f"{stem}.jpg") not in taken)
    taken.add(file)
    path = folder / file
    fix = "give another folder to --draw"
    if path.exists() and os.path.exists(name) and path.samefile(name):
        raise _Problem(f"{path}: this would be written over by its own picture", fix)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(path, quality=90)
    except OSError as e:
        raise _Problem(f"{path}: the picture can't be written ({e})", fix) from e


def _drawn(image: Image.Image, found: list[dict[str, Any]]) -> Image.Image:
    draw, size = ImageDraw.Draw(image), max(12, min(image.size) // 30)
    try:
        font = ImageFont.load_default(size)
    except TypeError:  # Pillow before 10.1
        font = ImageFont.load_default()
    for row in reversed(found):  # the strongest last, on top
        colour = _COLOURS[sum(row["class"].encode()) % len(_COLOURS)]
        left, top, right, bottom = row["pixels"]
        draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=max(2, size // 6))
        draw.text((left + 4, top + 4), f"{row['class']} {row['score']:.2f}", fill=colour, font=font)
    return image


def _say(text: str) -> None:
    print(f"detect.py: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
