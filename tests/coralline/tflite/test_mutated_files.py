"""Ten thousand damaged files through `inspect`, `predict` and `evaluate`: each time an answer, or one message."""

from __future__ import annotations

import contextlib
import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ai_edge_litert.schema_py_generated as schema
import flatbuffers
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from coralline.edgetpu import compiled
from coralline.foundation.errors import UserError
from coralline.tflite import contract, metadata, model_file
from coralline.tflite.isolated_detector import IsolatedDetector
from coralline.tflite.post_process_op import PostProcessing
from pipeline.commands import inspect
from pipeline.commands.evaluate import command as evaluate
from pipeline.commands.predict import command as predict

_FILES = 10_000
_PARTS = 10
_SECONDS = 10  # for one image of 32 x 32 pixels: 7 microseconds when the file is whole
_NUMBERS = (0, 1, 2, 3, 7, 255, 256, 65535, 2**16, 2**24, 2**28, 2**30, 2**31 - 1, -1, -2, -(2**31))
_XML = """<annotation><filename>a.png</filename><size><width>32</width><height>32</height><depth>3</depth></size>
<object><name>leaf</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>16</xmax><ymax>16</ymax></bndbox></object></annotation>"""


def random_bytes(chance: random.Random, whole: bytes) -> bytes:
    header = chance.choice([b"", whole[:8], whole[:64]])
    return header + chance.randbytes(chance.randrange(5000))


def truncated(chance: random.Random, whole: bytes) -> bytes:
    return whole[: chance.randrange(len(whole))]


def cut_out(chance: random.Random, whole: bytes) -> bytes:
    start, length = chance.randrange(len(whole)), chance.choice([1, 4, 100])
    return whole[:start] + whole[start + length :]


def flipped_bits(chance: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 8])):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def overwritten_bytes(chance: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 2, 4, 30])):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def overwritten_words(chance: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2])):
        place = 4 * chance.randrange(len(damaged) // 4)
        struct.pack_into("<i", damaged, place, chance.choice(_NUMBERS))
    return bytes(damaged)


def swapped_offsets(chance: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    a, b = (4 * chance.randrange(len(damaged) // 4) for _ in range(2))
    damaged[a : a + 4], damaged[b : b + 4] = damaged[b : b + 4], damaged[a : a + 4]
    return bytes(damaged)


def another_format(chance: random.Random, whole: bytes) -> bytes:
    damaged = bytearray(whole)
    damaged[4:8] = chance.choice([b"TFL2", b"TFL4", b"M001", b"DWN1", b"\0\0\0\0"])
    return bytes(damaged) if chance.random() < 0.5 else _edited(whole, lambda model: _set_version(chance, model))


def tensor_claims(chance: random.Random, whole: bytes) -> bytes:
    def edit(model: schema.ModelT) -> None:
        tensor = chance.choice(model.subgraphs[0].tensors)
        shape = chance.choice([[1, 2**15, 2**15, 2], [2**31 - 1], [1, 26000, 26000, 3], [1, 4096, 4096, 3], []])
        if chance.random() < 0.5:  # of the same rank: the contract may still hold
            shape = [1, *(chance.choice(_NUMBERS) for _ in range(len(tensor.shape) - 1))] if len(tensor.shape) else []
        tensor.shape = shape

    return _edited(whole, edit)


def other_ops(chance: random.Random, whole: bytes) -> bytes:
    def edit(model: schema.ModelT) -> None:
        code = chance.choice(model.operatorCodes)
        if chance.random() < 0.3:
            code.version = chance.choice(_NUMBERS)
        else:
            code.builtinCode = chance.randrange(210)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)

    return _edited(whole, edit)


def removed_buffers(chance: random.Random, whole: bytes) -> bytes:
    def edit(model: schema.ModelT) -> None:
        buffer = chance.choice(model.buffers)
        if chance.random() < 0.3:
            model.buffers.remove(buffer)
        elif chance.random() < 0.5 and buffer.data is not None and len(buffer.data):
            buffer.data = buffer.data[: chance.randrange(len(buffer.data))]
        else:
            buffer.data = None

    return _edited(whole, edit)


def other_values(chance: random.Random, whole: bytes) -> bytes:
    """Constants such as anchors and the shape of a reshape."""

    def edit(model: schema.ModelT) -> None:
        constants = [buffer for buffer in model.buffers if buffer.data is not None and len(buffer.data) >= 4]
        for buffer in constants and [chance.choice(constants)]:
            values = bytearray(bytes(buffer.data))
            for _ in range(chance.choice([1, 4])):
                struct.pack_into(*_word(chance, len(values), values))
            buffer.data = np.frombuffer(bytes(values), np.uint8)

    return _edited(whole, edit)


def other_wiring(chance: random.Random, whole: bytes) -> bytes:
    def edit(model: schema.ModelT) -> None:
        graph = model.subgraphs[0]
        op = chance.choice(graph.operators)
        which = chance.choice(["inputs", "outputs", "tensor"])
        if which == "tensor":
            tensor = chance.choice(graph.tensors)
            tensor.buffer = chance.randrange(len(model.buffers) + 1)
            tensor.type = chance.choice([tensor.type, chance.randrange(20)])
        else:
            places = list(getattr(op, which))
            places[chance.randrange(len(places))] = chance.randrange(-1, len(graph.tensors) + 1)
            setattr(op, which, places[: chance.choice([len(places), len(places) - 1])])

    return _edited(whole, edit)


def other_options(chance: random.Random, whole: bytes) -> bytes:
    def edit(model: schema.ModelT) -> None:
        op = chance.choice(
            [op for op in model.subgraphs[0].operators if op.builtinOptions or op.customOptions is not None]
        )
        if op.builtinOptions:
            name = chance.choice([name for name, value in vars(op.builtinOptions).items() if isinstance(value, int)])
            setattr(op.builtinOptions, name, chance.choice(_NUMBERS) if name[0] in "sfd" and "Activ" not in name else 1)
        else:
            op.customOptions = np.frombuffer(_other_settings(chance, bytes(op.customOptions)), np.uint8)

    return _edited(whole, edit)


def other_quantization(chance: random.Random, whole: bytes) -> bytes:
    def edit(model: schema.ModelT) -> None:
        tensor = chance.choice([tensor for tensor in model.subgraphs[0].tensors if tensor.quantization])
        count = chance.choice([0, 1, 1, 3])
        tensor.quantization.scale = [chance.choice([0, -1, 1e-38, 1e38, float("nan"), float("inf"), 0.1])] * count
        tensor.quantization.zeroPoint = [chance.choice([0, -1, 255, 2**31, 2**62])] * chance.choice([0, 1, 3])
        tensor.quantization.quantizedDimension = chance.choice([0, 3, 99, -1])

    return _edited(whole, edit)


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    random_bytes,
    truncated,
    cut_out,
    flipped_bits,
    overwritten_bytes,
    overwritten_words,
    swapped_offsets,
    another_format,
    tensor_claims,
    other_ops,
    removed_buffers,
    other_values,
    other_wiring,
    other_options,
    other_quantization,
)


def _edited(whole: bytes, edit: Callable[[schema.ModelT], None]) -> bytes:
    """The file with something changed that leaves it well-formed, so that the damage gets as far as it can."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(whole, 0))
    edit(model)
    builder = flatbuffers.Builder(len(whole))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _set_version(chance: random.Random, model: schema.ModelT) -> None:
    model.version = chance.choice([0, 1, 2, 4, 2**31])


def _word(chance: random.Random, length: int, values: bytearray) -> tuple[str, bytearray, int, float]:
    place = 4 * chance.randrange(max(1, length // 4))
    if chance.random() < 0.5:
        return "<f", values, place, chance.choice([0.0, -1.0, 1e38, float("inf"), float("nan")])
    return "<i", values, place, chance.choice(_NUMBERS)


def _other_settings(chance: random.Random, options: bytes) -> bytes:
    """Of the post-processing; of any other op with custom options, such as the Edge TPU's, flipped bits."""
    try:
        settings = PostProcessing.decode(options)
    except ValueError:
        return flipped_bits(chance, options)
    if chance.random() < 0.3:
        return flipped_bits(chance, options)
    name = chance.choice(["max_detections", "num_classes", "max_classes_per_detection", "detections_per_class"])
    number = chance.choice(_NUMBERS)
    scale = chance.choice([0.0, -1.0, 1e-30, 1e30, float("nan"), float("inf")])
    other = {name: number, "iou_threshold": chance.choice([settings.iou_threshold, scale])}
    other |= {"score_threshold": chance.choice([settings.score_threshold, scale]), "use_regular_nms": number % 2 == 0}
    other["box_coder_scales"] = chance.choice([settings.box_coder_scales, (scale, 1.0, 1.0, scale)])
    return type(settings)(**{**vars(settings), **other}).encode()


class Tried:
    """What became of a file at the hands of each command."""

    def __init__(self, folder: Path):
        self.path = folder / "damaged.tflite"
        self.data = folder / "data"
        self.data.mkdir()
        pixels = np.zeros((32, 32, 3), np.uint8)
        pixels[:16, :16, 1] = 250
        Image.fromarray(pixels).save(self.data / "a.png")
        (self.data / "a.xml").write_text(_XML)
        (folder / "labels.txt").write_text("leaf\nsky\n")
        self.images = [pixels, np.full((32, 32, 3), 255, np.uint8)]

    def inspect(self, content: bytes) -> None:
        self.path.write_bytes(content)
        with contextlib.suppress(UserError):
            json.loads(_called(inspect.command, self.path, "--json"), parse_constant=_no_json)
            assert _called(inspect.command, self.path)

    def reads_as_detector(self, content: bytes) -> bool:
        with contextlib.suppress(UserError):
            model = model_file.read_model(content)
            return not contract.problems(model) and not compiled.is_compiled(model)
        return False

    def run(self) -> bool:
        """As `predict` and `evaluate` do; whether it answers."""
        with contextlib.suppress(UserError), IsolatedDetector(self.path, seconds_per_image=_SECONDS) as detector:
            size = detector.input_size
            for image in self.images if size == (32, 32) else [np.ones((*size, 3), np.uint8)]:
                detector.run(image)
            return True
        return False

    def run_commands(self) -> None:
        with contextlib.suppress(UserError):
            json.loads(_called(predict.command, self.path, self.data / "a.png", "--json"), parse_constant=_no_json)
        with contextlib.suppress(UserError):
            json.loads(
                _called(evaluate.command, self.path, "--data", self.data, "--split", "all", "--json"),
                parse_constant=_no_json,
            )


def _called(command, *arguments) -> str:
    """What it prints; anything but an end with 0, or a message, is raised."""
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    assert "Traceback" not in result.stderr
    return result.stdout


def _no_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


@pytest.fixture(scope="module")
def wholes(quadrant_detector, tmp_path_factory):
    """A folder of files to damage: small detectors, and where there is test data a compiled file."""
    labelled = metadata.write_metadata(
        quadrant_detector(), labels="a\nb\n", score_threshold=0.25, name="n", description="d"
    )
    files = [quadrant_detector(), quadrant_detector(), labelled]
    if "CORALLINE_TEST_DATA" in os.environ:
        pairs = Path(os.environ["CORALLINE_TEST_DATA"], "models/edgetpu_pairs")
        files.append((pairs / "split_concat_edgetpu.tflite").read_bytes())
    folder = tmp_path_factory.mktemp("wholes")
    for number, content in enumerate(files):
        (folder / f"{number}.tflite").write_bytes(content)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("part", range(_PARTS))
def test_a_damaged_file_gives_an_answer_or_one_message(wholes, part, tmp_path):
    # In a process without TensorFlow, as the commands are: each detector forks it.
    command = [sys.executable, __file__, str(part), str(wholes), str(tmp_path)]
    tried = subprocess.run(command, capture_output=True, text=True, check=False, env=_with_coralline())
    assert (tried.returncode, tried.stderr) == (0, "")
    detectors, answers = map(int, tried.stdout.split())
    assert 0 < answers < detectors < _FILES // _PARTS


def _with_coralline() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[3])
    return os.environ | {"PYTHONPATH": os.pathsep.join([root, *sys.path])}


def main(part: int, wholes: Path, folder: Path) -> None:
    """Prints how many of a part's damaged files still read as detectors, and how many of these gave an answer."""
    files = [path.read_bytes() for path in sorted(wholes.iterdir())]
    chance, tried, detectors, answers = random.Random(part), Tried(folder), 0, 0
    for index in range(_FILES // _PARTS):
        content = MUTATIONS[index % len(MUTATIONS)](chance, chance.choice(files))
        tried.inspect(content)
        if tried.reads_as_detector(content):
            detectors += 1
            answers += tried.run()
            if detectors % 10 == 0:
                tried.run_commands()
    print(detectors, answers)


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(Path, sys.argv[2:]))
