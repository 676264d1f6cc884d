"""Two detectors for tests: one small enough to be understood at a glance, as a .tflite with the standard contract, and
one of the demo's preset, untrained, float and quantization-aware; building that takes longest, so all tests share it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import ai_edge_litert.schema_py_generated as schema
import flatbuffers
import jsonschema
import numpy as np
import pytest

from coralline.detector import presets
from coralline.foundation import patience
from coralline.foundation.printable import shortened
from coralline.tflite.post_process_op import CUSTOM_CODE, PostProcessing
from pipeline.json_reference import SCHEMAS

SIZE = 32
_OPS = schema.BuiltinOperator
_TYPES = schema.TensorType


# Begun first, so that no worker is left alone with one of them at the end: each takes minutes.
_LONGEST = (
    "tests/test_demo.py",
    "tests/test_end_to_end.py",
    "tests/deployment/test_rehearsal.py",
    "tests/coralline/detector/network/test_blueprint.py",
    "tests/coralline/detector/training/test_several_devices.py",
    "tests/coralline/detector/training/test_both_phases.py",
)
# One worker's: these share the large detector, and to build it takes longest.
_OF_THE_DETECTOR = (
    "tests/components/evaluator/test_layer_errors.py",
    "tests/components/tflite_exporter/test_conversion.py",
    "tests/coralline/detector/library_faults/test_library_faults.py",
    "tests/coralline/detector/network/test_model_garden.py",
)
_WORKERS, _BYTES_A_WORKER = 2, 5 << 30  # a test takes up to 4.3 GiB, most of it TensorFlow's


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """For `-n auto`, with which `coralline test` begins: one a core, two at most, and one where memory is short."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(_WORKERS, len(os.sched_getaffinity(0)), memory // _BYTES_A_WORKER))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """A worker is given whole files, whose tests share what is made once.

    `--dist loadfile` does that too, but knows no group of files; pytest-xdist 3.8's `loadgroup`, which does, groups
    nothing with pytest 9.2 (pytest-xdist#1386).
    """
    from xdist.scheduler import LoadFileScheduling

    class FilesOrGroups(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "of the detector" if file in _OF_THE_DETECTOR else file

    return FilesOrGroups(config, log) if config.option.dist == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    order = {file: place for place, file in enumerate((*_LONGEST, *_OF_THE_DETECTOR))}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that is marked as advice doesn't fail: whether a workaround can go depends on machine and libraries."""
    report = yield
    marker = item.get_closest_marker("advice")
    if marker and report.when == "call" and report.failed:
        seen = shortened(call.excinfo.exconly().splitlines()[0].removeprefix("AssertionError: "), 100)
        advice = f"advice: {marker.args[0]} may no longer be needed here ({seen})"
        report.outcome, report.longrepr = "skipped", (str(item.path), item.location[1] + 1, advice)
    return report


@pytest.fixture(scope="session")
def quadrant_detector():
    """`quadrant_detector(...) -> bytes`: finds the colour of each quadrant of a 32x32 image.

    Four anchors are the quadrants; a quadrant's mean green is the score of class 0, its mean blue that of class 1, its
    mean red that of the background. Ops: AVERAGE_POOL_2D, RESHAPE, DEQUANTIZE, TFLite_Detection_PostProcess.
    """
    return _quadrant_detector


def _quadrant_detector(
    *,
    output_order=(0, 1, 2, 3),
    signature=("detection_boxes", "detection_classes", "detection_scores", "num_detections"),
    tensor_names=("boxes", "classes", "scores", "count"),
    num_classes=2,
    input_type="UINT8",
    pool_version=2,
    pool_activation=0,
    score_threshold=0.25,
):
    kind, half = getattr(_TYPES, input_type), SIZE // 2
    anchors = np.array([[y, x, 0.5, 0.5] for y in (0.25, 0.75) for x in (0.25, 0.75)], np.float32)
    scale = (1 / 255, 0)
    tensors = [
        _tensor("image", [1, SIZE, SIZE, 3], kind, scale=scale),
        _tensor("pooled", [1, 2, 2, 3], kind, scale=scale),
        _tensor("shape", [3], _TYPES.INT32, buffer=1),
        _tensor("rows", [1, 4, 3], kind, scale=scale),
        _tensor("raw_scores", [1, 4, 3], _TYPES.FLOAT32),
        _tensor("encodings", [1, 4, 4], _TYPES.FLOAT32, buffer=2),
        _tensor("anchors", [4, 4], _TYPES.FLOAT32, buffer=3),
        *(
            _tensor(name, shape, _TYPES.FLOAT32)
            for name, shape in zip(tensor_names, ([1, 10, 4], [1, 10], [1, 10], [1]), strict=True)
        ),
    ]
    pool = schema.Pool2DOptionsT()
    pool.strideH = pool.strideW = pool.filterHeight = pool.filterWidth = half
    pool.padding, pool.fusedActivationFunction = schema.Padding.VALID, pool_activation
    options = PostProcessing(10, score_threshold, 0.5, num_classes, (10.0, 10.0, 5.0, 5.0)).encode()
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs = tensors, [0]
    graph.outputs = [7 + i for i in output_order]
    graph.operators = [
        _op(0, [0], [1], schema.BuiltinOptions.Pool2DOptions, pool),
        _op(1, [1, 2], [3]),
        _op(2, [3], [4]),
        _op(3, [5, 4, 6], [7, 8, 9, 10], custom=options),
    ]
    model = schema.ModelT()
    model.version, model.description, model.subgraphs = 3, "quadrants", [graph]
    model.operatorCodes = [
        _code(_OPS.AVERAGE_POOL_2D, pool_version),
        _code(_OPS.RESHAPE, 1),
        _code(_OPS.DEQUANTIZE, 2),
        _code(_OPS.CUSTOM, 1, CUSTOM_CODE),
    ]
    constants = [b"", np.array([1, 4, 3], np.int32), np.zeros((1, 4, 4), np.float32), anchors]
    model.buffers = [_buffer(values) for values in constants]
    model.signatureDefs = [_signature(signature)]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(name, shape, kind, buffer=0, scale=None):
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
    if scale and kind in (_TYPES.UINT8, _TYPES.INT8):
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [scale[0]], [scale[1]]
    return tensor


def _op(code, inputs, outputs, options_type=0, options=None, custom=None):
    op = schema.OperatorT()
    op.opcodeIndex, op.inputs, op.outputs = code, inputs, outputs
    op.builtinOptionsType, op.builtinOptions = options_type, options
    op.customOptions = None if custom is None else np.frombuffer(custom, np.uint8)
    return op


def _code(builtin, version, custom=None):
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode = builtin, min(builtin, 127)
    code.version, code.customCode = version, custom
    return code


def _buffer(values):
    buffer = schema.BufferT()
    data = values if isinstance(values, bytes) else values.tobytes()
    buffer.data = np.frombuffer(data, np.uint8) if data else None
    return buffer


def _signature(names):
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_entry("images", 0)]
    signature.outputs = [_entry(name, 7 + i) for i, name in enumerate(names)]
    return signature


def _entry(name, tensor):
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry


_BUILT_CLASSES = 3


@dataclasses.dataclass(frozen=True)
class BuiltDetector:
    preset: presets.Preset
    float_model: object
    qat_model: object
    images: np.ndarray


@pytest.fixture(scope="session")
def detector() -> BuiltDetector:
    import tensorflow as tf

    from coralline.detector.network import model_garden as garden
    from coralline.detector.network import quantization
    from coralline.detector.network.pixels import normalize

    tf.keras.utils.set_random_seed(1)
    preset = presets.get("demo_160")
    float_model = garden.build_float_model(garden.build_task(preset, _BUILT_CLASSES))
    images = np.random.default_rng(1).integers(0, 256, (8, 160, 160, 3), dtype=np.uint8)
    _estimate_moments(float_model, normalize(images))
    qat_model = garden.build_qat_model(garden.build_qat_task(preset, _BUILT_CLASSES), float_model)
    quantization.calibrate(qat_model, normalize(images))
    return BuiltDetector(preset, float_model, qat_model, images)


@pytest.fixture(scope="session")
def exported(detector, tmp_path_factory) -> tuple[Path, np.ndarray, bytes]:
    """That detector's quantization-aware model as a model folder; its anchors; and the .tflite file made of it."""
    from components.tflite_exporter.conversion import convert
    from coralline.detector.network import model_garden as garden
    from coralline.detector.network import saved_model
    from coralline.tflite.post_process_op import PostProcessing

    folder = tmp_path_factory.mktemp("model")
    raw = saved_model.raw_function(
        lambda image: garden.raw_outputs(detector.qat_model, image, _BUILT_CLASSES), detector.preset.input_size
    )
    saved_model.write_raw_model(raw, folder / saved_model.FOLDERS["qat"])
    anchors = garden.build_anchors(detector.preset).ycenter_xcenter_h_w
    saved_model.write_detector_json(folder, {}, anchors)
    settings = PostProcessing(max_detections=10, score_threshold=0.0, iou_threshold=0.5, num_classes=_BUILT_CLASSES)
    return folder, anchors, convert(str(folder / saved_model.FOLDERS["qat"]), anchors, settings)


def _estimate_moments(model: object, images: object) -> None:
    """An untrained model's features fade to nothing until batch norm knows its moments."""
    import tensorflow as tf

    norms = [layer for layer in model.submodules if isinstance(layer, tf.keras.layers.BatchNormalization)]  # type: ignore[attr-defined]
    for norm in norms:
        norm.momentum, norm.kept_momentum = 0.0, norm.momentum
    model(images, training=True)  # type: ignore[operator]
    for norm in norms:
        norm.momentum = norm.kept_momentum


@pytest.fixture(scope="session")
def s3_bucket():
    """`s3://bucket` on a server of moto's, found by the variables that botocore knows."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patched.setenv("AWS_ACCESS_KEY_ID", "test")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "test")
        urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/bucket", method="PUT"))
        yield "s3://bucket"
    server.stop()


@pytest.fixture(scope="session")
def gs_bucket(tmp_path_factory):
    """`gs://bucket` on fake-gcs-server (`go install github.com/fsouza/fake-gcs-server@latest`), where that is."""
    program = shutil.which("fake-gcs-server")
    if program is None:
        pytest.skip("there is no fake-gcs-server on the PATH")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    root = tmp_path_factory.mktemp("gs")
    (root / "bucket").mkdir()
    at = f"http://127.0.0.1:{port}"
    command = [program, "-scheme", "http", "-host", "127.0.0.1", "-port", port, "-public-host", f"127.0.0.1:{port}"]
    with subprocess.Popen(
        [*command, "-external-url", at, "-filesystem-root", root], stderr=subprocess.DEVNULL
    ) as server:
        for _ in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{at}/storage/v1/b")
                break
            time.sleep(0.1)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("STORAGE_EMULATOR_HOST", at)
            yield "gs://bucket"
        server.terminate()


@pytest.fixture(scope="session")
def valid_document():
    """`valid_document(text) -> dict`: what `--json` printed, one document that is as its schema says."""
    return _valid_document


def _valid_document(text):
    document = json.loads(text, parse_constant=lambda constant: pytest.fail(f"{constant} isn't JSON"))
    name, _, version = document["schema"].removeprefix("coralline.").partition("/")
    schema = json.loads((SCHEMAS / f"{name}-{version}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


@pytest.fixture
def unsteady_store(monkeypatch):
    """`unsteady_store.fail(times)`: as often, each request to `unsteady://` is answered by an error that passes."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem

    class Unsteady(MemoryFileSystem):
        protocol = "unsteady"
        store, pseudo_dirs, cachable = {}, [""], False
        left = 0

        @classmethod
        def fail(cls, times):
            cls.left = times

        @classmethod
        def _answer(cls):
            if cls.left:
                cls.left -= 1
                raise OSError(errno.EIO, "503 Service Unavailable")

        def info(self, path, **options):
            self._answer()
            return super().info(path, **options)

        def cat_file(self, path, **options):
            self._answer()
            return super().cat_file(path, **options)

        def ls(self, path, **options):
            self._answer()
            return super().ls(path, **options)

    fsspec.register_implementation("unsteady", Unsteady, clobber=True)
    monkeypatch.setattr(patience, "WAITS_S", [0.01, 0.01])
    return Unsteady


_REMOTE = ("file", "memory", "s3", "minio", "gs")


@pytest.fixture(params=_REMOTE)
def remote_folder(request, tmp_path):
    """An address that nothing is at yet, in each kind of remote storage that can be had here."""
    return _unused(request, tmp_path)


@pytest.fixture(params=["disk", *_REMOTE])
def any_folder(request, tmp_path):
    """Like `remote_folder`, and a folder of the disk that isn't there yet."""
    return _unused(request, tmp_path)


def _unused(request, tmp_path):
    kind, name = request.param, f"{tmp_path.parent.name}-{tmp_path.name}"
    if kind in ("disk", "file"):
        return f"{'file://' * (kind == 'file')}{tmp_path}/folder"
    if kind != "memory":
        request.getfixturevalue("gs_bucket" if kind == "gs" else "s3_bucket")
    return f"{kind}://bucket/{name}/{kind}"


@pytest.fixture(scope="session")
def real_data():
    """The folder `data` of the test data, with data sets made by others."""
    root = os.environ.get("CORALLINE_TEST_DATA")
    if not root:
        pytest.skip("CORALLINE_TEST_DATA isn't set: a folder with data/ and models/")
    return Path(root, "data")
