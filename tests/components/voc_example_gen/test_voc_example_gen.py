"""VocExampleGen as a pipeline runs it: what it writes, when it runs again, and how it fails."""

import gc
import io
import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from PIL import Image
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.local.local_dag_runner import LocalDagRunner

from components.voc_example_gen import shards
from components.voc_example_gen.component import VocExampleGen
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset
from coralline.data.drawn_shapes import CLASSES, draw_dataset
from coralline.data.judging.split import REQUIRED_SPLITS, SPLITS
from coralline.data.records import tfrecord
from coralline.data.records.label_map import LABEL_MAP_FILE, LabelMap
from coralline.data.records.tf_example import decode_example, read_examples
from coralline.data_report.data_figures import FIGURES, PAGE
from coralline.foundation.errors import UserError

pytestmark = pytest.mark.slow


class Pipeline:
    """A pipeline of VocExampleGen alone."""

    def __init__(self, out: Path):
        self.out = out
        self.connection = metadata.sqlite_metadata_connection_config(str(out / "metadata.sqlite"))

    def run(self, data: Path, **settings):
        component = VocExampleGen(
            data=DataSettings(path=str(data), **settings).to_property(), history=str(self.out / "history")
        )
        LocalDagRunner().run(
            pipeline.Pipeline(
                "voc",
                str(self.out / "artifacts"),
                components=[component],
                enable_cache=True,
                metadata_connection_config=self.connection,
            )
        )
        return self

    @property
    def state(self):
        """The state of the last execution."""
        execution = MetadataStore(self.connection).get_executions()[-1]
        return metadata_store_pb2.Execution.State.Name(execution.last_known_state)

    def artifact(self, type_name):
        """The last one of its type."""
        return MetadataStore(self.connection).get_artifacts_by_type(type_name)[-1]

    def examples(self, split):
        uri = self.artifact("Examples").uri
        return [decode_example(record) for record in read_examples(os.path.join(uri, f"Split-{split}"))]

    def report(self):
        return json.loads(Path(self.artifact("components.DatasetReport").uri, FIGURES).read_text(encoding="utf-8"))


@pytest.fixture
def shapes(tmp_path):
    draw_dataset(tmp_path / "shapes", images=20, size_px=64)
    return tmp_path / "shapes"


@pytest.fixture
def pipeline_of_one(tmp_path):
    return Pipeline(tmp_path / "out")


def rewrite(folder: Path):
    """Every file anew with the same content."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes())
            os.utime(path, (1, 1))


def test_writes_examples_label_map_and_report(shapes, pipeline_of_one):
    pipeline_of_one.run(shapes)
    train, evaluation = (pipeline_of_one.examples(split) for split in ("train", "eval"))
    assert len(train) + len(evaluation) == 20 and train and evaluation
    example = train[0]
    assert example.image_encoded == (shapes / "images" / example.filename).read_bytes()
    assert example.source_id == f"images/{example.filename}" and example.image_format == "jpeg"
    assert [CLASSES[i - 1] for i in example.class_ids] == list(example.class_names)
    label_map = Path(pipeline_of_one.artifact("components.LabelMap").uri, LABEL_MAP_FILE)
    assert LabelMap.read(str(label_map)).names == CLASSES
    report = pipeline_of_one.report()
    assert report["splits"] == {"train": len(train), "eval": len(evaluation)} and report["problems"] == []
    properties = pipeline_of_one.artifact("Examples").custom_properties
    assert len(properties["input_fingerprint"].string_value) == 64 and properties["lock_sha256"].string_value
    counts = pipeline_of_one.artifact("components.DatasetReport").custom_properties
    assert counts["images"].int_value == len(train) + len(evaluation) and counts["train_images"].int_value == len(train)
    assert counts["boxes"].int_value == report["boxes"] and counts["classes"].int_value == len(CLASSES)
    assert gc.get_freeze_count() == 0, "the same process goes on to train"


def test_content_decides_what_runs_again(shapes, pipeline_of_one):
    assert pipeline_of_one.run(shapes).state == "COMPLETE"
    rewrite(shapes)
    assert pipeline_of_one.run(shapes).state == "CACHED"
    image = next((shapes / "images").iterdir())
    content = bytearray(image.read_bytes())
    content[len(content) // 2] ^= 1
    stat = image.stat()
    image.write_bytes(content)
    os.utime(image, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert pipeline_of_one.run(shapes).state == "COMPLETE"
    shutil.move(image, image.with_name("renamed.jpg"))
    shutil.move(
        shapes / "annotations" / image.with_suffix(".xml").name,
        shapes / "annotations" / image.with_name("renamed.xml").name,
    )
    assert pipeline_of_one.run(shapes).state == "COMPLETE"


def test_data_is_compared_with_the_last_one_of_another_content(shapes, pipeline_of_one, tmp_path):
    assert pipeline_of_one.run(shapes).report()["compared"] is None
    for annotation in (shapes / "annotations").iterdir():
        annotation.write_text(annotation.read_text(encoding="utf-8").replace("cross", "star"), encoding="utf-8")
    compared = pipeline_of_one.run(shapes).report()["compared"]
    assert compared["new_classes"] == ["star"] and compared["vanished_classes"] == ["cross"]
    assert compared["with"]["path"] == str(shapes) and "new classes: star" in compared["sentences"]
    page = Path(pipeline_of_one.artifact("components.DatasetReport").uri, PAGE).read_text(encoding="utf-8")
    assert "new classes: star" in page and "removed classes: cross" in page
    assert pipeline_of_one.run(shapes).state == "CACHED"
    assert len(list((pipeline_of_one.out / "history").iterdir())) == 2
    # The same data under another setting: it isn't compared with itself.
    compared = pipeline_of_one.run(shapes, eval_fraction=0.5).report()["compared"]
    assert pipeline_of_one.state == "COMPLETE" and compared["vanished_classes"] == ["cross"]


def test_history_that_cannot_be_read_costs_the_comparison_alone(shapes, pipeline_of_one):
    pipeline_of_one.out.mkdir(exist_ok=True)
    (pipeline_of_one.out / "history").write_text("a file")
    assert pipeline_of_one.run(shapes).state == "COMPLETE" and pipeline_of_one.report()["compared"] is None


def test_changed_label_map_runs_again(shapes, pipeline_of_one):
    path = shapes.parent / "label_map.pbtxt"
    for names in (CLASSES, CLASSES[::-1]):
        LabelMap(names).write(str(path))
        assert pipeline_of_one.run(shapes, label_map=str(path)).state == "COMPLETE"
    example = pipeline_of_one.examples("train")[0]
    assert [CLASSES[::-1][i - 1] for i in example.class_ids] == list(example.class_names)


def test_failed_run_leaves_nothing_that_is_taken_for_done(shapes, pipeline_of_one):
    annotation = next((shapes / "annotations").iterdir())
    good = annotation.read_text(encoding="utf-8")
    annotation.write_text(good[:100], encoding="utf-8")
    with pytest.raises(UserError, match="isn't well-formed XML") as caught:
        pipeline_of_one.run(shapes)
    assert caught.value.file == str(annotation) and gc.get_freeze_count() == 0
    assert pipeline_of_one.state == "FAILED" and not list(pipeline_of_one.out.rglob("data_tfrecord*"))
    annotation.write_text(good, encoding="utf-8")
    assert pipeline_of_one.run(shapes).state == "COMPLETE"


def test_missing_folder_is_one_message(tmp_path, pipeline_of_one):
    with pytest.raises(UserError, match="no such folder"):
        pipeline_of_one.run(tmp_path / "nothing")
    assert pipeline_of_one.state == "FAILED"


def test_several_shards_hold_every_image_once(shapes, pipeline_of_one, monkeypatch):
    monkeypatch.setattr(shards, "_IMAGES_A_SHARD", 3)
    pipeline_of_one.run(shapes)
    names = [example.filename for split in ("train", "eval") for example in pipeline_of_one.examples(split)]
    assert sorted(names) == sorted(path.name for path in (shapes / "images").iterdir())
    files = sorted(Path(pipeline_of_one.artifact("Examples").uri, "Split-train").iterdir())
    assert files[0].name == f"data_tfrecord-00000-of-{len(files):05d}.gz" and len(files) > 1


def test_runner_that_writes_nothing_is_noticed(shapes, pipeline_of_one, monkeypatch):
    """As the DaskRunner was seen to do: it returned without an error and without files."""
    monkeypatch.setattr(shards, "run_shards", lambda *_: None)
    with pytest.raises(UserError, match="Beam runner did not write all examples"):
        pipeline_of_one.run(shapes)


def test_records_go_in_and_come_out_the_same(shapes, pipeline_of_one, tmp_path):
    """The examples of one run, compressed records in folders named for their sides, as the data of another."""
    pipeline_of_one.run(shapes)
    first = {split: pipeline_of_one.examples(split) for split in ("train", "eval")}
    records = Path(pipeline_of_one.artifact("Examples").uri)
    again = Pipeline(tmp_path / "again").run(records)
    assert again.report()["reader"] == "TFRecord" and again.report()["problems"] == []
    for split, examples in first.items():
        by_name = {example.source_id: example for example in again.examples(split)}
        assert len(by_name) == len(examples)
        for example in examples:
            for field, value in vars(example).items():
                np.testing.assert_array_equal(getattr(by_name[example.source_id], field), value)
    assert again.run(records).state == "CACHED"


def test_csv_of_the_original_scripts_decides_on_the_sides(real_data, pipeline_of_one):
    pipeline_of_one.run(real_data / "raccoon", reader="csv")
    reference = [decode_example(r) for r in tfrecord.read_record_file(str(real_data / "raccoon" / "test.record"))]
    mine = {example.filename: example for example in pipeline_of_one.examples("eval")}
    assert set(mine) == {example.filename for example in reference} and len(pipeline_of_one.examples("train")) == 160
    for example in reference:
        np.testing.assert_array_equal(
            mine[example.filename].boxes_ymin_xmin_ymax_xmax, example.boxes_ymin_xmin_ymax_xmax
        )
        assert mine[example.filename].image_encoded == example.image_encoded


def test_raccoon_examples_equal_the_reference_record(real_data, pipeline_of_one):
    pipeline_of_one.run(real_data / "raccoon")
    mine = {example.filename: example for split in ("train", "eval") for example in pipeline_of_one.examples(split)}
    assert len(mine) == 200
    for record in tfrecord.read_record_file(str(real_data / "raccoon" / "test.record")):
        reference = decode_example(record)
        example = mine[reference.filename]
        assert example.image_encoded == reference.image_encoded
        np.testing.assert_array_equal(example.boxes_ymin_xmin_ymax_xmax, reference.boxes_ymin_xmin_ymax_xmax)
        np.testing.assert_array_equal(example.class_ids, reference.class_ids)
        assert example.class_names == reference.class_names


def test_boxes_without_area_are_left_out_and_counted(real_data, pipeline_of_one):
    pipeline_of_one.run(real_data / "bccd")
    report = pipeline_of_one.report()
    dropped = [problem for problem in report["problems"] if problem["kind"] == "zero_area_box"]
    assert len(dropped) == 2 and report["images"] == 364 and report["max_boxes_per_image"] == 30


def planned(folder):
    """The files that would be written of a data set, with its images checked."""
    dataset = check_dataset(str(folder), DataSettings(path=str(folder)))
    return shards.files_to_write(dataset, {split: str(folder.parent / "out" / split) for split in SPLITS})


def written(file):
    """What comes of a file that is to be written."""
    return shards.write_file((file.path, [pickle.dumps(file)]))[1]


def test_image_that_changes_or_vanishes_while_it_runs_is_told(shapes):
    train, _ = planned(shapes)
    changed, gone, *_ = (Path(image.place.path) for image in train.images)
    changed.write_bytes(gone.read_bytes())
    gone.unlink()
    found = {problem.file: (problem.policy, problem.found) for problem in written(train).problems}
    assert found == {
        str(changed): ("fail", "it has changed since it was checked"),
        str(gone): ("fail", "No such file or directory"),
    }


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_disk_is_told_and_leaves_no_cut_off_file(shapes):
    train, _ = planned(shapes)
    path = Path(train.path)
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/full")
    [problem] = written(train).problems
    assert (problem.kind, problem.file, problem.found) == (shards.UNWRITABLE, train.path, "No space left on device")
    assert not path.is_symlink()


def test_names_of_any_bytes_go_into_the_examples_and_the_report(shapes, pipeline_of_one):
    names = [rename(image, stem) for image, stem in zip(sorted((shapes / "images").iterdir()), ODD_STEMS, strict=False)]
    pipeline_of_one.run(shapes)
    examples = [example.filename for split in REQUIRED_SPLITS for example in pipeline_of_one.examples(split)]
    assert len(examples) == 20 and set(names) < set(examples)
    problems = pipeline_of_one.report()["problems"]
    json.dumps(problems, ensure_ascii=False).encode()
    assert [problem["kind"] for problem in problems] == ["renamed_image"] * len(ODD_STEMS)
    assert any(problem["file"].endswith("caf\\xe9.xml") for problem in problems)


def test_image_that_is_cut_off_trains_as_it_was_judged(shapes, pipeline_of_one):
    path = sorted((shapes / "images").iterdir())[0]
    path.write_bytes(path.read_bytes()[:-40])
    [judged] = [image for image in check_dataset(str(shapes)).images if image.reencoded]
    assert judged.reencoded == "cut_off" and judged.name == f"images/{path.name}"
    assert pipeline_of_one.run(shapes).state == "COMPLETE"
    assert pipeline_of_one.report()["reencoded"]["cut_off"] == 1
    examples = (example for split in REQUIRED_SPLITS for example in pipeline_of_one.examples(split))
    [example] = [example for example in examples if example.source_id == judged.name]
    seen = np.asarray(Image.open(io.BytesIO(example.image_encoded)), np.int16)
    assert np.abs(seen - judged.pixels()).mean() < 3


ODD_STEMS = ("new\nline", "esc\x1b[31m", "caf\udce9", "x" * 251, "back\\slash", "日本")


def rename(image: Path, stem: str) -> str:
    """An image and its annotation; gives the image's new name."""
    annotation = image.parent.parent / "annotations" / f"{image.stem}.xml"
    annotation.rename(annotation.with_name(f"{stem}.xml"))
    return image.rename(image.with_name(f"{stem}.jpg")).name


def test_file_that_may_be_left_out_does_not_hide_that_another_has_changed(shapes, pipeline_of_one):
    image, unreadable, *_ = sorted((shapes / "images").iterdir())
    unreadable.chmod(0)
    if os.access(unreadable, os.R_OK):
        pytest.skip("this user may read every file")
    settings = {"on_unreadable_image": "drop"}
    assert pipeline_of_one.run(shapes, **settings).state == "COMPLETE"
    assert pipeline_of_one.run(shapes, **settings).state == "CACHED"
    image.write_bytes(image.read_bytes() + b"changed")
    assert pipeline_of_one.run(shapes, **settings).state == "COMPLETE"
