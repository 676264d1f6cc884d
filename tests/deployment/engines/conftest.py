"""A data set whose models are right, the steps that run Beam over it, and engines to run them on."""

import hashlib
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coralline.foundation.errors import UserError

SIZE, IMAGES, EVAL_IMAGES = 64, 1100, 60
_COLOURS = {"leaf": (0, 255, 0), "sky": (0, 0, 255)}
_VOC = """<annotation><filename>{name}.png</filename><size><width>64</width><height>64</height><depth>3</depth></size>
{objects}</annotation>"""
_OBJECT = """<object><name>{label}</name><bndbox><xmin>{xmin}</xmin><ymin>{ymin}</ymin><xmax>{xmax}</xmax>
<ymax>{ymax}</ymax></bndbox></object>"""


def draw_quadrants(folder, images=IMAGES, eval_images=EVAL_IMAGES):
    """A VOC folder of images with one or two coloured quadrants, which `quadrant_detector` finds; every ninth box of
    the evaluation is one that isn't drawn, so that AP isn't 1."""
    random = np.random.default_rng(3)
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    names = [f"q{number:04d}" for number in range(images)]
    for number, name in enumerate(names):
        pixels = random.integers(0, 40, (SIZE, SIZE, 3), np.uint8)  # no two alike
        objects = []
        for quadrant in random.permutation(4)[: 1 + number % 2]:
            label = ("leaf", "sky")[random.integers(2)]
            y, x = (int(at) * SIZE // 2 for at in divmod(int(quadrant), 2))
            if (number + len(objects)) % 9:
                pixels[y : y + SIZE // 2, x : x + SIZE // 2] = _COLOURS[label]
            objects.append(_OBJECT.format(label=label, xmin=x + 1, ymin=y + 1, xmax=x + SIZE // 2, ymax=y + SIZE // 2))
        Image.fromarray(pixels).save(folder / "JPEGImages" / f"{name}.png", compress_level=1)
        text = _VOC.format(name=name, objects="".join(objects))
        (folder / "Annotations" / f"{name}.xml").write_text(text, encoding="utf-8")
    for side, of in (("train", names[eval_images:]), ("val", names[:eval_images])):
        (folder / "ImageSets" / "Main" / f"{side}.txt").write_text("\n".join(of), encoding="utf-8")
    return folder


class BeamSteps:
    """The steps that run Beam, as executors are run, over one data set.

    Args:
      out: an empty folder for their outputs.
      data: the data set.
      args: flags of Beam's.
    """

    def __init__(self, out: Path, data: Path, args):
        self.out, self.data, self.args = out, data, args

    def make_examples(self):
        """VocExampleGen; gives a SHA-256 of each file of records by its place, and how many records are noted."""
        from tfx.types import standard_artifacts

        from components.artifacts import DatasetReport, LabelMap
        from components.record_counts import written_records
        from components.voc_example_gen.executor import Executor
        from coralline.data.data_settings import DataSettings

        self.examples = self._artifact(standard_artifacts.Examples, "examples")
        outputs = {
            "examples": [self.examples],
            "label_map": [self._artifact(LabelMap, "label_map")],
            "report": [self._artifact(DatasetReport, "report")],
        }
        settings = DataSettings(path=str(self.data), on_nothing_to_score="keep")
        properties = {"data": settings.to_property(), "history": str(self.out / "history")}
        Executor(self._context(Executor)).Do({}, outputs, properties)
        return _checksums(self.out / "examples"), written_records(self.examples)

    def describe(self):
        """StatisticsGen; gives the statistics of each split."""
        import tensorflow_data_validation as tfdv
        from tensorflow_metadata.proto.v0 import statistics_pb2
        from tfx.types import standard_artifacts

        from components.statistics_gen.executor import Executor
        from pipeline.create_pipeline import _DESCRIBED_FEATURES

        options = tfdv.StatsOptions(feature_allowlist=_DESCRIBED_FEATURES)
        made = self._artifact(standard_artifacts.ExampleStatistics, "statistics")
        properties = {"stats_options_json": options.to_json(), "exclude_splits": "[]"}
        Executor(self._context(Executor)).Do({"examples": [self.examples]}, {"statistics": [made]}, properties)
        found = {}
        for split in ("train", "eval"):
            [file] = (self.out / "statistics" / f"Split-{split}").iterdir()
            found[split] = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
        return found

    def score(self, tflite: Path, model: Path):
        """The Evaluator's inference; gives each model's figures, and its detections."""
        from components.evaluator.executor import Executor
        from components.evaluator.judged_models import JudgedPlaces
        from coralline.data.records.tf_example import read_examples
        from coralline.scoring.kept_images import KeptImages
        from coralline.scoring.labelled_images import of_example
        from coralline.scoring.scored_models import ScoredModels

        folder = str(self.out / "examples" / "Split-eval")
        images = KeptImages(lambda: map(of_example, read_examples(folder)))
        names = ("leaf", "sky")
        places = JudgedPlaces(str(tflite), str(model), None, names)
        executor = Executor(self._context(Executor))
        evaluated = executor._evaluated(places, images, folder, str(self.out / "evaluation"))
        scored = ScoredModels.of(evaluated.ground_truths, evaluated.detections, names, ("int8", "baseline"), {})
        return scored.figures, evaluated

    def _context(self, executor):
        (self.out / "tmp").mkdir(parents=True, exist_ok=True)
        return executor.Context(beam_pipeline_args=list(self.args), tmp_dir=str(self.out / "tmp"), unique_id="1")

    def _artifact(self, kind, name):
        made = kind()
        made.uri = str(self.out / name)
        return made


def _require_same_statistics(found, expected):
    """All but the order of features, and of additions, which an engine is free in."""
    from google.protobuf import json_format

    assert list(found) == list(expected)
    for split in found:
        one, other = (json_format.MessageToDict(of[split])["datasets"][0] for of in (found, expected))
        for of in (one, other):
            of["features"] = {"/".join(feature["path"]["step"]): feature for feature in of["features"]}
        _require_close(one, other, split)


def _require_close(found, expected, place):
    if isinstance(expected, dict):
        assert sorted(found) == sorted(expected), place
        for key, value in expected.items():
            _require_close(found[key], value, f"{place}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), place
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            _require_close(one, other, f"{place}[{number}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12), place
    else:
        assert found == expected, place


def _checksums(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="session")
def quadrants(tmp_path_factory):
    """The data set."""
    return draw_quadrants(tmp_path_factory.mktemp("data") / "quadrants")


@pytest.fixture(scope="session")
def judged(tmp_path_factory, quadrant_detector):
    """(TFLiteExporter's folder, QatTrainer's folder) of models that find the quadrants."""
    import json

    import tensorflow as tf

    from coralline.detector.network import saved_model

    tflite, model = tmp_path_factory.mktemp("tflite"), tmp_path_factory.mktemp("model")
    (tflite / "model.tflite").write_bytes(quadrant_detector())
    post_processing = {
        "max_detections": 10,
        "score_threshold": 0.25,
        "iou_threshold": 0.5,
        "num_classes": 2,
        "box_coder_scales": [10, 10, 5, 5],
        "max_classes_per_detection": 1,
        "use_regular_nms": False,
    }
    (tflite / "export.json").write_text(json.dumps({"input": [32, 32], "post_processing": post_processing}))

    def raw_outputs(image):
        scores = tf.reshape(tf.nn.avg_pool2d(image * 0.5 + 0.5, 16, 16, "VALID"), [1, 4, 3])
        scores = tf.clip_by_value(scores, 1e-4, 1 - 1e-4)
        return tf.zeros([1, 4, 4]), tf.math.log(scores / (1 - scores))

    for name in saved_model.FOLDERS.values():
        saved_model.write_raw_model(saved_model.raw_function(raw_outputs, 32), model / name)
    anchors = np.array([[y, x, 0.5, 0.5] for y in (0.25, 0.75) for x in (0.25, 0.75)], np.float32)
    saved_model.write_detector_json(model, {"num_classes": 2, "input_size": [32, 32]}, anchors)
    return tflite, model


@pytest.fixture(scope="session")
def in_memory(tmp_path_factory, quadrants, judged):
    """What comes of the steps in this process: (examples, statistics, scores)."""
    steps = BeamSteps(tmp_path_factory.mktemp("memory"), quadrants, [])
    return steps.make_examples(), steps.describe(), steps.score(*judged)


@pytest.fixture(scope="session")
def steps_on(tmp_path_factory, quadrants):
    """`steps_on(settings)`: the steps with these settings of `beam`, in an output folder of their own."""
    from pipeline.beam_settings import beam_args

    return lambda settings: BeamSteps(tmp_path_factory.mktemp("steps"), quadrants, beam_args(settings))


@pytest.fixture(scope="session")
def same_as_in_memory(in_memory, judged):
    """`same_as_in_memory(steps)`: runs them all and compares what comes of each."""

    def compare(steps):
        examples, statistics, (figures, evaluated) = in_memory
        assert steps.make_examples() == examples
        _require_same_statistics(steps.describe(), statistics)
        other_figures, other_evaluated = steps.score(*judged)
        for one, other in zip(evaluated.detections["int8"], other_evaluated.detections["int8"], strict=True):
            assert one.scores.tolist() == other.scores.tolist()
        assert [truth.name for truth in evaluated.ground_truths] == [t.name for t in other_evaluated.ground_truths]
        assert {name: of.ap for name, of in figures.items()} == {name: of.ap for name, of in other_figures.items()}
        assert 0 < figures["int8"].ap < 1
        assert list(steps.out.rglob("*.part")) == [] == list(steps.out.rglob(".beam*"))

    return compare


@pytest.fixture(scope="package")
def flink(tmp_path_factory):
    """A Flink of two task managers; skips where it can't be had."""
    from deployment.engines.flink_files import fetch_flink
    from deployment.engines.jvm import require_java
    from deployment.engines.local_flink import LocalFlink

    try:
        require_java()
        files = fetch_flink()
    except UserError as e:
        pytest.skip(f"no Flink: {e.what}: {e.found}")
    cluster = LocalFlink(tmp_path_factory.mktemp("flink"), files)
    try:
        cluster.start(2)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="package")
def prism(tmp_path_factory):
    """Beam's Prism; skips where it can't be built."""
    from deployment.engines.local_prism import LocalPrism, fetch_prism

    try:
        program = fetch_prism()
    except UserError as e:
        pytest.skip(f"no Prism: {e.what}: {e.found}")
    runner = LocalPrism(tmp_path_factory.mktemp("prism"), program)
    try:
        runner.start()
        yield runner
    finally:
        runner.stop()


class InBackground:
    """Calls it in a thread; `result` waits for it, and gives what it gave or raises what it raised."""

    def __init__(self, call):
        self._found, self._error = None, None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call):
        try:
            self._found = call()
        except BaseException as e:
            self._error = e

    @property
    def running(self):
        return self._thread.is_alive()

    def result(self, seconds=300):
        self._thread.join(seconds)
        assert not self.running, "it is still at it"
        if self._error is not None:
            raise self._error
        return self._found


@pytest.fixture
def in_background():
    return InBackground
