"""The component's work from artifacts to artifacts, with a detector that finds coloured quadrants (see conftest.py)."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coralline.data.drawn_shapes import draw_dataset
from coralline.data.records.label_map import LabelMap
from coralline.data.records.tf_example import encode_example
from coralline.foundation.errors import UserError
from coralline.lineage.judged_images import judged_side, read_judged_images
from coralline.publishing import published
from coralline.scoring.evaluate_settings import EvaluateSettings

SIZE = 64
QUADRANTS = {(0, 0): (0, 0, 0.5, 0.5), (0, 1): (0, 0.5, 0.5, 1), (1, 0): (0.5, 0, 1, 0.5), (1, 1): (0.5, 0.5, 1, 1)}
NAMES = ("leaf", "sky")  # green and blue, as the detector's classes 0 and 1
COLOURS = {"leaf": (0, 255, 0), "sky": (0, 0, 255)}
SETTINGS = {
    "min_ap50": 0.3,
    "min_ap": None,
    "max_loss_to_float": 0.05,
    "max_loss_to_baseline": 0.01,
    "pictures": 4,
    "explain_loss_above": 0.005,
}


def example(name, objects, shown=None):
    """An image whose `objects` (quadrant: class) are annotated; `shown`, else the same, are drawn."""
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    half = SIZE // 2
    for (row, column), label in (shown if shown is not None else objects).items():
        pixels[row * half : (row + 1) * half, column * half : (column + 1) * half] = COLOURS[label]
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    return encode_example(
        filename=name,
        image_encoded=encoded.getvalue(),
        image_format="png",
        height=SIZE,
        width=SIZE,
        boxes_ymin_xmin_ymax_xmax=np.array([QUADRANTS[place] for place in objects], np.float32),
        class_ids=[NAMES.index(label) + 1 for label in objects.values()],
        class_names=list(objects.values()),
        difficult=[False] * len(objects),
        truncated=[False] * len(objects),
    )


EXAMPLES = [
    example("one.png", {(0, 0): "leaf"}),
    example("two & <b>.png", {(0, 1): "sky", (1, 0): "leaf"}),
    example("missed.png", {(0, 0): "leaf", (1, 1): "sky"}, shown={(0, 0): "leaf"}),
    example("empty.png", {}),
]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    """Float and quantization-aware SavedModels that see what the .tflite sees."""
    import tensorflow as tf

    from coralline.detector.network import saved_model

    folder = tmp_path_factory.mktemp("model")

    def raw_outputs(image):
        scores = tf.reshape(tf.nn.avg_pool2d(image * 0.5 + 0.5, 16, 16, "VALID"), [1, 4, 3])
        scores = tf.clip_by_value(scores, 1e-4, 1 - 1e-4)
        return tf.zeros([1, 4, 4]), tf.math.log(scores / (1 - scores))

    for name in saved_model.FOLDERS.values():
        saved_model.write_raw_model(saved_model.raw_function(raw_outputs, 32), folder / name)
    anchors = np.array([[y, x, 0.5, 0.5] for y in (0.25, 0.75) for x in (0.25, 0.75)], np.float32)
    saved_model.write_detector_json(folder, {"num_classes": 2, "input_size": [32, 32]}, anchors)
    return folder


@pytest.fixture
def run(tmp_path, model_folder, quadrant_detector, valid_document):
    """`run(...)` gives blessing and report.json of one execution, and `run.recorded()` what is recorded on the report.

    What is published goes into its folder `published`.
    """
    from tfx.types import standard_artifacts

    from components import DatasetReport, EvaluationReport, TFLiteModel
    from components import LabelMap as LabelMapArtifact
    from components.evaluator.executor import Executor

    recorded = {}

    def artifact(kind, uri, identity=0):
        made = kind()
        made.uri, made.id = str(uri), identity
        return made

    def execute(examples=EXAMPLES, settings=SETTINGS, names=NAMES, content=None, anomalies=(), test=None):
        write_records(tmp_path / "examples" / "Split-eval", examples)
        LabelMap(tuple(names)).write(str(tmp_path / "label_map" / "label_map.pbtxt"))
        write_tflite_model(tmp_path / "tflite", content or quadrant_detector(), len(names))
        found = artifact(standard_artifacts.Examples, tmp_path / "examples")
        found.split_names = '["train", "eval"]' if test is None else '["train", "eval", "test"]'
        if test is not None:
            write_records(tmp_path / "examples" / "Split-test", test)
        inputs = {
            "examples": [found],
            "model": [artifact(standard_artifacts.Model, model_folder, 7)],
            "model_run": [artifact(standard_artifacts.ModelRun, tmp_path / "model_run")],
            "tflite_model": [artifact(TFLiteModel, tmp_path / "tflite", 8)],
            "label_map": [artifact(LabelMapArtifact, tmp_path / "label_map")],
            "dataset_report": [artifact(DatasetReport, tmp_path / "data_report")],
            "anomalies": [artifact(standard_artifacts.ExampleAnomalies, tmp_path / "anomalies")],
        }
        write_data_report(tmp_path / "data_report")
        write_anomalies(inputs["anomalies"][0], anomalies)
        outputs = {
            "evaluation": [artifact(standard_artifacts.ModelEvaluation, tmp_path / "evaluation")],
            "blessing": [artifact(standard_artifacts.ModelBlessing, tmp_path / "blessing")],
            "report": [artifact(EvaluationReport, tmp_path / "report")],
        }
        inputs["baseline"] = [imported(tmp_path / "tflite", tmp_path / "published", tmp_path / "served")]
        Executor().Do(inputs, outputs, {"evaluate": EvaluateSettings(**settings).to_property()})
        stored = outputs["report"][0].mlmd_artifact.custom_properties
        recorded.update({name: getattr(value, value.WhichOneof("value")) for name, value in stored.items()})
        return outputs["blessing"][0], valid_document((tmp_path / "report" / "report.json").read_text())

    execute.recorded = lambda: recorded
    return execute


def imported(tflite_model, published_at, folder):
    """The ServedModel artifact that goes into the judgement of a model."""
    from components import ServedModel, TFLiteModel
    from components.served_model_importer.executor import Executor

    candidate, served = TFLiteModel(), ServedModel()
    candidate.uri, served.uri, served.id = str(tflite_model), str(folder), 9
    Executor().Do({"tflite_model": [candidate]}, {"served_model": [served]}, {"published_at": str(published_at)})
    return served


def write_records(folder, examples):
    import tensorflow as tf

    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "data_tfrecord-00000-of-00001.gz"), "GZIP") as writer:
        for record in examples:
            writer.write(record)


def write_anomalies(artifact, found):
    """As ExampleValidator does; `found` holds (feature, description) of split eval."""
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    artifact.split_names = '["train", "eval"]'
    for split, of in (("train", ()), ("eval", found)):
        content = anomalies_pb2.Anomalies()
        for feature, description in of:
            content.anomaly_info[feature].reason.add(description=description)
        folder = Path(artifact.uri, f"Split-{split}")
        folder.mkdir(parents=True)
        (folder / "SchemaDiff.pb").write_bytes(content.SerializeToString())


def write_data_report(folder):
    """Of a small data set that was drawn."""
    from coralline.data.dataset import read_dataset
    from coralline.data_report.data_figures import DataFigures, write_data_report

    draw_dataset(folder / "shapes", images=6, size_px=64)
    figures = DataFigures.of("shapes", read_dataset(str(folder / "shapes")))
    compared = {"sentences": ["new classes: cross"]}
    content = {**figures.as_json(), "problems": [], "compared": None}
    write_data_report(str(folder), content, figures)
    (folder / "report.json").write_text(json.dumps({**content, "compared": compared}))


def write_tflite_model(folder, content, num_classes):
    folder.mkdir()
    (folder / "model.tflite").write_bytes(content)
    post_processing = {
        "max_detections": 10,
        "score_threshold": 0.25,
        "iou_threshold": 0.5,
        "num_classes": num_classes,
        "box_coder_scales": [10, 10, 5, 5],
        "max_classes_per_detection": 1,
        "use_regular_nms": False,
    }
    cpu = [{"index": 2, "op": "DEQUANTIZE", "version": 2, "status": "unsupported", "why": "it makes float"}]
    export = {
        "input": [32, 32],
        "post_processing": post_processing,
        "edgetpu": {"mapped": 2, "total": 4, "cpu": cpu},
    }
    (folder / "export.json").write_text(json.dumps(export))


def test_blesses_a_good_model_and_leaves_tfma_blessing_and_report(run, tmp_path):
    blessing, report = run()
    import tensorflow_model_analysis as tfma

    assert tfma.load_validation_result(str(tmp_path / "evaluation")).validation_ok
    assert tfma.load_eval_result(str(tmp_path / "evaluation"), model_name="int8").slicing_metrics
    assert (tmp_path / "blessing" / "BLESSED").exists() and not (tmp_path / "blessing" / "NOT_BLESSED").exists()
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == 7
    assert blessing.get_int_custom_property("tflite_model_id") == 8
    assert "nothing has been published yet" in blessing.get_string_custom_property("reasons")
    assert blessing.get_string_custom_property("git_commit")

    assert report["images"] == 4 and report["blessed"] is True and report["baseline"] is None
    for model in ("int8", "qat", "float"):  # leaf: all found; sky: one of two
        assert report[model]["AP50"] == pytest.approx((1 + 51 / 101) / 2)
        assert report[model]["per_class"] == pytest.approx({"leaf": 1, "sky": 51 / 101})
    assert report["mapping"]["mapped"] == 2
    assert [step["name"] for step in report["parity"]["steps"]] == ["fake quantization", "conversion"]
    for step in report["parity"]["steps"]:  # the models of this test are one and the same
        assert step["ap_change"] == pytest.approx(0) and step["scores"]["largest"] < 0.01
        assert step["scores"]["correlation"] > 0.999
    assert report["parity"]["explain"] is False and report["parity"]["images"] == 4
    assert report["at_best_threshold"]["per_class"]["sky"] == {"boxes": 2, "found": 1, "false": 0}


def test_what_is_found_and_missed_in_each_image_is_on_record(run, tmp_path):
    _, report = run()
    side, images = judged_side(str(tmp_path / "report")), list(read_judged_images(str(tmp_path / "report")))
    assert (side.split, side.class_names, side.images) == ("eval", NAMES, 4)
    assert side.threshold == report["at_best_threshold"]["score_threshold"]
    assert side.model_sha256 == report["file"]["sha256"]
    assert [image.image for image in images] == ["empty.png", "missed.png", "one.png", "two & <b>.png"]
    missed = {(image.image, box.label) for image in images for box in image.missed(side.threshold)}
    assert missed == {("missed.png", "sky")}
    assert [box.ymin_xmin_ymax_xmax for box in images[2].found(side.threshold)] == [QUADRANTS[0, 0]]
    assert all(image.false_alarms == () for image in images)
    counts = report["at_best_threshold"]["per_class"].values()
    properties = run.recorded()
    assert properties["found"] == sum(of["found"] for of in counts) == 4
    assert (properties["missed"], properties["false_alarms"]) == (1, 0)
    assert json.loads(properties["class_AP"]) == report["int8"]["per_class"]
    assert json.loads(properties["class_AP50"]) == report["int8"]["per_class_AP50"]
    assert properties["AP_of_float"] == report["float"]["AP"] and "AP_of_baseline" not in properties


def test_report_is_one_page_without_outside_addresses_that_shows_mistakes_first(run, tmp_path):
    _, report = run()
    html = (tmp_path / "report" / "report.html").read_text()
    assert not re.search(r"""src="(?!data:)|href="(?!#|data/report.html")|url\((?!#)|https?://|@import""", html)
    assert html.count("data:image/jpeg;base64,") == 4
    assert "two &amp; &lt;b&gt;.png" in html and "<b>.png" not in html
    assert html.index("missed.png") < html.index("one.png")
    assert "it makes float" in html and "min_ap50" in html
    assert report["pictures"][0] == "eval/001_missed.jpg"
    for picture in report["pictures"]:
        assert Image.open(tmp_path / "report" / picture).size == (2 * SIZE + 6, SIZE)


def test_does_not_bless_what_falls_short_and_says_why(run, tmp_path):
    blessing, report = run(settings=SETTINGS | {"min_ap50": 0.9})
    assert (tmp_path / "blessing" / "NOT_BLESSED").exists()
    assert blessing.get_int_custom_property("blessed") == 0
    assert "AP50 0.752 is below the required 0.900 (min_ap50)" in report["reasons"]
    assert "Not blessed" in (tmp_path / "report" / "report.html").read_text()


def test_compares_with_the_published_model(run, tmp_path, quadrant_detector):
    files = {"model.tflite": quadrant_detector(score_threshold=0.125)}
    version = published.publish(str(tmp_path / "published"), files, {"labels": list(NAMES)})
    blessing, report = run()
    assert report["baseline"] == report["int8"]
    assert blessing.get_int_custom_property("baseline_model_id") == 9
    assert blessing.get_string_custom_property("baseline_model") == f"{tmp_path}/published/{version}"
    assert blessing.get_string_custom_property("baseline_content").startswith("sha256:")
    assert "max_loss_to_baseline" in [check["rule"] for check in report["checks"] if check["passed"]]


def test_a_published_model_that_does_not_know_a_class_is_compared_on_the_others(run, tmp_path, quadrant_detector):
    files = {"model.tflite": quadrant_detector(score_threshold=0.125)}
    published.publish(str(tmp_path / "published"), files, {"labels": ["leaf", "sea"]})
    _, report = run()
    assert report["baseline"]["per_class"] == {"leaf": report["int8"]["per_class"]["leaf"]}
    assert any("and the 1 class that both know" in reason for reason in report["reasons"])


def test_a_published_model_of_other_classes_is_not_compared_and_it_is_said(run, tmp_path, quadrant_detector):
    files = {"model.tflite": quadrant_detector(score_threshold=0.125)}
    published.publish(str(tmp_path / "published"), files, {"labels": ["land", "sea"]})
    _, report = run()
    assert report["baseline"] is None and report["blessed"]
    assert any("knows none of the classes" in reason for reason in report["reasons"])


@pytest.mark.parametrize(
    ("content", "why"), [(b"no model at all", "can't be used"), (None, "is damaged: model.tflite isn't there")]
)
def test_nothing_replaces_a_served_model_that_can_not_be_compared_with(run, tmp_path, content, why):
    version = published.publish(str(tmp_path / "published"), {"model.tflite": content or b"x"}, {"labels": list(NAMES)})
    if content is None:
        (tmp_path / "published" / version / "model.tflite").unlink()
    blessing, report = run()
    assert report["blessed"] is False and blessing.get_int_custom_property("blessed") == 0
    (reason,) = [reason for reason in report["reasons"] if why in reason]
    assert "coralline rollback" in reason and version in reason


def test_a_disk_that_is_full_where_the_served_model_is_copied_to_is_not_the_published_ones(tmp_path):
    published.publish(str(tmp_path / "published"), {"model.tflite": b"1", "labels.txt": b"leaf\n"}, {})
    write_tflite_model(tmp_path / "tflite", b"2", 2)
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "model.tflite").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        imported(tmp_path / "tflite", tmp_path / "published", tmp_path / "served")


def test_without_a_limit_nothing_is_compared(run, tmp_path):
    published.publish(str(tmp_path / "published"), {"model.tflite": b"no model at all"}, {"labels": list(NAMES)})
    _, report = run(settings={**SETTINGS, "max_loss_to_baseline": None})
    assert report["blessed"] is True


def test_before_anything_is_published_it_is_judged_against_nothing_and_says_so(run):
    blessing, report = run()
    assert blessing.get_string_custom_property("baseline_content") == "nothing"
    assert any("nothing has been published yet" in reason for reason in report["reasons"])


def test_side_test_judges_where_there_is_one(run, tmp_path):
    _, report = run(test=[example("only.png", {(0, 0): "leaf"})])
    assert (report["split"], report["images"]) == ("test", 1)


def test_eval_split_without_boxes_is_not_blessed_and_the_page_holds(run, tmp_path):
    _, report = run(examples=[example("empty.png", {})])
    assert report["blessed"] is False and report["int8"]["AP"] is None
    assert "–" in (tmp_path / "report" / "report.html").read_text()


def test_eval_split_without_images_fails_with_the_mend(run):
    with pytest.raises(UserError, match="no image to evaluate"):
        run(examples=[])


def test_page_leads_to_the_data_and_back_and_tells_what_is_odd_about_it(run, tmp_path):
    few, odd = (
        "Some examples have fewer values than expected.",
        "Examples contain values missing from the schema: star.",
    )
    features = [f"image/object/bbox/{side}" for side in ("xmax", "xmin", "ymax", "ymin")]
    _, report = run(anomalies=[*((feature, few) for feature in features), ("image/object/class/text", odd)])
    html = (tmp_path / "report" / "report.html").read_text()
    assert report["data"]["anomalies"] == [
        f"eval: {few} (image/object/bbox/xmax, image/object/bbox/xmin, image/object/bbox/ymax and 1 more)",
        f"eval: {odd} (image/object/class/text)",
    ]
    assert all(anomaly in html for anomaly in report["data"]["anomalies"]) and "new classes: cross" in html
    assert str(tmp_path / "data_report") in html and 'href="data/report.html"' in html
    data_page = (tmp_path / "report" / "data" / "report.html").read_text()
    assert 'href="../report.html"' in data_page and "This data can be trained on" in data_page
    assert json.loads((tmp_path / "report" / "data" / "report.json").read_text())["images"] == 6
