"""The data set as facts of lineage, without a pipeline."""

import json

import pytest

from components.artifacts import DatasetReport
from components.voc_example_gen.recorded_data import record_data, write_images
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset
from coralline.data.drawn_shapes import CLASSES, draw_dataset
from coralline.data_report.data_figures import DataFigures
from coralline.lineage.data_files import changed_data_files, read_data_files


@pytest.fixture
def shapes(tmp_path):
    draw_dataset(tmp_path / "shapes", images=30, size_px=64)
    return tmp_path / "shapes"


def _recorded(folder, shown=None, **settings):
    """The properties of Examples and of the report."""
    from tfx.types import standard_artifacts

    options = DataSettings(path=shown or str(folder), **settings)
    dataset = check_dataset(folder, options)
    examples, report = standard_artifacts.Examples(), DatasetReport()
    content = DataFigures.of(str(folder), dataset).as_json()
    record_data(examples, report, dataset, options, content, "ab" * 32)
    properties = (artifact.mlmd_artifact.custom_properties for artifact in (examples, report))
    return tuple({n: getattr(v, v.WhichOneof("value")) for n, v in of.items()} for of in properties), dataset


def test_counts_by_class_and_split_add_up(shapes):
    (_, report), dataset = _recorded(shapes)
    boxes, images = (json.loads(report[name]) for name in ("class_boxes", "class_images"))
    assert set(boxes) == set(images) == set(CLASSES)
    assert sum(sum(of.values()) for of in boxes.values()) == report["boxes"]
    assert report["train_boxes"] + report["eval_boxes"] == report["boxes"] and "test_boxes" not in report
    circles = [image for image in dataset.images if "circle" in image.class_names and image.split == "train"]
    assert images["circle"]["train"] == len(circles)
    assert report["train_images"] == sum(image.split == "train" for image in dataset.images)


def test_problems_are_counted_by_kind(shapes):
    (shapes / "annotations" / "empty.xml").write_text("")
    (_, report), dataset = _recorded(shapes)
    kinds = json.loads(report["problem_counts"])
    assert report["problems"] == len(dataset.problems) == sum(kinds.values()) > 0


def test_settings_that_were_left_open_are_recorded_as_they_were_used(shapes):
    (examples, report), _ = _recorded(shapes, test_fraction=0.2)
    used = json.loads(examples["resolved_settings"])
    assert used["data.reader"] == report["data_reader"] != "auto"
    assert (used["data.compare_pictures"], used["data.test_fraction"]) == ("all", 0.2)
    assert used["data.eval_fraction"] == 0.2 and "test_boxes" in report


def test_no_password_of_an_address_is_recorded(shapes):
    found, _ = _recorded(shapes, shown="sftp://me:s3cr3t@host/data")
    assert "s3cr3t" not in str(found) and found[0]["data_path"] == "sftp://***@host/data"


def test_what_was_added_removed_and_changed_is_known_by_image(shapes, tmp_path):
    folders = [tmp_path / name for name in ("before", "after")]
    write_images(str(folders[0]), check_dataset(shapes))
    annotations = sorted((shapes / "annotations").iterdir())
    for pair in (annotations[0], shapes / "images" / f"{annotations[0].stem}.jpg"):
        pair.unlink()
    xmin = int(annotations[1].read_text().partition("<xmin>")[2].partition("<")[0])
    annotations[1].write_text(annotations[1].read_text().replace(f"<xmin>{xmin}<", f"<xmin>{xmin + 1}<", 1))
    write_images(str(folders[1]), check_dataset(shapes))
    changes = list(changed_data_files(*map(str, folders)))
    assert [(change.image, change.change, change.what) for change in changes] == [
        (f"images/{annotations[0].stem}.jpg", "removed", ()),
        (f"images/{annotations[1].stem}.jpg", "changed", ("boxes",)),
    ]


def test_every_image_of_the_data_set_is_there_with_its_boxes(shapes, tmp_path):
    dataset = check_dataset(shapes)
    write_images(str(tmp_path), dataset)
    files = {file.image: file for file in read_data_files(str(tmp_path))}
    assert set(files) == {image.name for image in dataset.images}
    for image in dataset.images:
        file = files[image.name]
        assert image.sha256.hex().startswith(file.content) and len(file.content) == 16
        assert (sum(file.labels.values()), file.split) == (len(image.objects), image.split)
