"""`coralline evaluate` as a user calls it, on a detector of four quadrants (see conftest.py)."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from coralline.foundation.errors import UserError
from coralline.publishing import published
from pipeline.commands.evaluate.command import command


@pytest.fixture
def model(labelled_model):
    return labelled_model(labels=("leaf", "sky"))


def evaluate(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_prints_figures_as_json(model, data, valid_document):
    found = valid_document(evaluate(model, "--data", data, "--split", "all", "--json").stdout)
    assert found["schema"] == "coralline.evaluate/1"
    assert (found["images"], found["scored"], found["left_out"]) == (4, "all of the data, which isn't divided", "")
    assert [found[key] for key in ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AR100")] == pytest.approx([1] * 6)
    assert found["AP_large"] is None
    assert found["per_class"] == pytest.approx({"leaf": 1, "sky": 1})
    assert found["class_counts"] == {"leaf": {"images": 4, "boxes": 4}, "sky": {"images": 4, "boxes": 4}}
    assert found["intervals"]["AP"] == pytest.approx({"low": 1, "high": 1})
    assert found["score_thresholds"]["overall"]["f1"] == 1
    assert (found["against"], found["report"], found["warnings"]) == (None, None, [])


def test_splits_as_the_pipeline_does_and_the_sides_add_up(model, data):
    counts = {
        split: json.loads(evaluate(model, "--data", data, "--split", split, "--json").stdout)["images"]
        for split in ("train", "eval", "all")
    }
    assert counts["train"] + counts["eval"] == counts["all"] == 4 and counts["eval"]


def test_prints_a_table_for_people(model, data):
    shown = evaluate(model, "--data", data, "--split", "all").stdout
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[:2] == ["4 images: all of the data, which isn't divided", "AP 1.000 1.000 to 1.000 IoU .50:.95"]
    assert {"AP large - larger", "AR 1.000 1.000 to 1.000 up to 100 detections an image"} <= set(lines)
    assert "leaf 1.000 1.000 to 1.000 1.000 4 4" in lines
    (threshold,) = [line for line in lines if line.startswith("best score threshold: ")]
    assert threshold.endswith("(F1 1.000): 8 of 8 boxes found, 0 false alarms")
    assert lines[-1] == "With 4 images AP is known to within 1.000 to 1.000 (95 % interval)."


def test_labels_can_stand_beside_the_file_or_be_given(tmp_path, data, quadrant_detector):
    path = tmp_path / "bare.tflite"
    path.write_bytes(quadrant_detector())
    with pytest.raises(UserError, match="doesn't name its classes"):
        evaluate(path, "--data", data)
    labels = tmp_path / "frigate.txt"
    labels.write_text("0 sky\n1 leaf\n")
    swapped = json.loads(evaluate(path, "--data", data, "--label-map", labels, "--json").stdout)
    assert swapped["AP"] == 0
    (tmp_path / "labels.txt").write_text("leaf\nsky\n")
    assert json.loads(evaluate(path, "--data", data, "--json").stdout)["AP"] == pytest.approx(1)


def test_reads_label_map_pbtxt(model, data, tmp_path):
    label_map = tmp_path / "label_map.pbtxt"
    label_map.write_text('item { id: 1 name: "leaf" }\nitem { id: 2 name: "sky" }\n')
    assert json.loads(evaluate(model, "--data", data, "--label-map", label_map, "--json").stdout)["AP"] > 0.99


def test_models_may_be_at_addresses_whose_secrets_are_not_told(model, data, s3_bucket, tmp_path):
    place = f"{s3_bucket}/{tmp_path.name}"
    version = published.publish(place, {"model.tflite": model.read_bytes(), "labels.txt": b"leaf\nsky\n"}, {})
    shown = evaluate(f"{place}/latest", "--data", data, "--split", "all", "--against", f"{place}/{version}", "--json")
    assert json.loads(shown.stdout)["AP"] == pytest.approx(1) and f"{place}/{version}" in shown.stdout
    with pytest.raises(UserError, match="the model can't be read") as error:
        evaluate("https://me:secret@127.0.0.1:9/model.tflite?X-Amz-Signature=abc", "--data", data)
    assert "secret" not in str(error.value) and "abc" not in str(error.value)


def test_class_that_the_model_does_not_know_is_named_with_the_nearest(tmp_path, data, quadrant_detector):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_detector())
    (tmp_path / "labels.txt").write_text("leaf\nSky\n")
    with pytest.raises(UserError, match="'sky'") as error:
        evaluate(path, "--data", data)
    assert "is 'Sky' meant?" in str(error.value)


def test_scores_tfrecords_like_the_folder_they_were_made_of(model, tmp_path):
    from coralline.data.records.tf_example import encode_example

    tf = pytest.importorskip("tensorflow")

    def record(number):
        pixels = np.zeros((64, 64, 3), np.uint8)
        pixels[:32, :32, 1], pixels[63, 63, 1] = 255, number
        Image.fromarray(pixels).save(tmp_path / "a.png")
        return encode_example(
            filename=f"{number}.png",
            image_encoded=(tmp_path / "a.png").read_bytes(),
            image_format="png",
            height=64,
            width=64,
            boxes_ymin_xmin_ymax_xmax=np.array([[0, 0, 0.5, 0.5]], np.float32),
            class_ids=[1],
            class_names=["leaf"],
            difficult=[False],
            truncated=[False],
        )

    for split, numbers in (("train", (1, 2, 3)), ("eval", (4, 5))):
        (tmp_path / "examples" / f"Split-{split}").mkdir(parents=True)
        file = tmp_path / "examples" / f"Split-{split}" / "data_tfrecord-00000-of-00001.gz"
        with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
            for number in numbers:
                writer.write(record(number))
    figures = json.loads(evaluate(model, "--data", tmp_path / "examples", "--json").stdout)
    assert (figures["images"], figures["per_class"]) == (2, {"leaf": pytest.approx(1)})
    assert json.loads(evaluate(model, "--data", file, "--split", "all", "--json").stdout)["images"] == 2


def scored(*arguments):
    shown = json.loads(evaluate(*arguments, "--json").stdout)
    return shown["images"], shown["scored"]


def test_says_what_it_scores(model, data):
    assert scored(model, "--data", data) == (
        4,
        "all of the data, which isn't divided; --split eval for those that a training on this folder holds back",
    )
    (data / "val").mkdir()
    (data / "train").mkdir()
    for number, side in enumerate(("train", "train", "train", "val")):
        for ending in ("jpg", "xml"):
            (data / f"{number}.{ending}").rename(data / side / f"{number}.{ending}")
    rule = "by the data set's own parts: train trains, val evaluates"
    assert scored(model, "--data", data) == (1, f"the eval side of 4 ({rule}); --split all for all")
    assert scored(model, "--data", data, "--split", "train") == (3, f"the train side of 4 ({rule})")
    assert scored(model, "--data", data, "--split", "all") == (4, "all of the data, whatever its side")


def test_reads_what_check_reads(model, data, tmp_path):
    """Left-over records beside annotations, and settings of the section `data`."""
    (data / "train.tfrecord").write_bytes(b"left over")
    listed = tmp_path / "judges.txt"
    listed.write_text("2\n")
    assert scored(model, "--data", data)[0] == 4
    assert scored(model, "--data", data, "--set", f"data.eval_list={listed}") == (
        1,
        "the eval side of 4 (by the lists given: judges.txt evaluates, the rest trains); --split all for all",
    )
    (tmp_path / "c.yaml").write_text(f"data: {{eval_list: {listed}}}\n")
    assert scored(model, "--data", data, "--config", tmp_path / "c.yaml")[0] == 1
    text = (data / "0.xml").read_text()
    (data / "0.xml").write_text(text.replace("<xmax>32<", "<xmax>0<", 1))
    shown = evaluate(model, "--data", data).stdout
    assert shown.splitlines()[1] == "left out of the data: 1 box (`coralline check` says why)"
    with pytest.raises(UserError, match=r"train\.tfrecord"):
        evaluate(model, "--data", data, "--set", "data.reader=tfrecord")


def test_one_image_can_be_scored(model, data):
    for number in (1, 2, 3):
        (data / f"{number}.xml").unlink()
        (data / f"{number}.jpg").unlink()
    assert scored(model, "--data", data)[0] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "tflite"),
        (b"not a model at all, but long enough to hold a header", "tflite"),
    ],
)
def test_file_that_is_no_model_is_one_message(tmp_path, data, content, message):
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        evaluate(path, "--data", data)


def test_detector_with_outputs_in_another_order_is_refused(tmp_path, data, quadrant_detector):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_detector(output_order=(0, 3, 2, 1)))
    with pytest.raises(UserError, match="standard detector"):
        evaluate(path, "--data", data)


def test_missing_model_data_and_annotations_are_one_message_each(model, data, tmp_path):
    with pytest.raises(UserError, match="the model can't be read"):
        evaluate(tmp_path / "none.tflite", "--data", data)
    with pytest.raises(UserError, match="none"):
        evaluate(model, "--data", tmp_path / "none")
    (tmp_path / "bare").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "bare" / "a.jpg")
    with pytest.raises(UserError, match="bare"):
        evaluate(model, "--data", tmp_path / "bare")


def test_starts_without_tensorflow_and_tfx(model, data):
    program = (
        "import sys; from pipeline.commands.evaluate.command import command; "
        f"command([{str(model)!r}, '--data', {str(data)!r}], standalone_mode=False); "
        "print(sorted({'tensorflow', 'tfx', 'apache_beam'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"
    assert shown.stderr == ""
