"""Reading real data sets to judge a model on them: the counts that their makers published."""

import os
from pathlib import Path

import pytest

from coralline.data.records.tfrecord import masked_crc32c
from coralline.foundation.errors import UserError
from coralline.scoring.labelled_images import read_labelled_folder

DATA = os.environ.get("CORALLINE_TEST_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="CORALLINE_TEST_DATA isn't set")


@needs_data
def test_reads_a_folder_of_labelimg():
    data = read_labelled_folder(str(Path(DATA, "data", "raccoon")), "all")
    assert (len(data.images), data.class_names) == (200, ("raccoon",))
    assert sum(len(image.class_ids) for image in data.images) == 217
    truth, image = data.images[0].decode()
    assert (truth.width, truth.height) == image.size and image.mode == "RGB"


@needs_data
def test_follows_the_lists_of_a_voc_devkit_and_leaves_out_boxes_without_area():
    folder = str(Path(DATA, "data", "bccd"))
    data = read_labelled_folder(folder, "eval")
    assert data.class_names == ("Platelets", "RBC", "WBC")
    counts = {side: len(read_labelled_folder(folder, side).images) for side in ("train", "eval", "test", "all")}
    assert counts == {"train": 205, "eval": 87, "test": 72, "all": 364}
    heights = [image.boxes_ymin_xmin_ymax_xmax for image in data.images if len(image.class_ids)]
    assert all((boxes[:, 2:] > boxes[:, :2]).all() for boxes in heights)


@needs_data
def test_reads_a_tfrecord_made_by_the_object_detection_api():
    data = read_labelled_folder(str(Path(DATA, "data", "raccoon", "test.record")), "all")
    assert data.class_names == ("raccoon",) and len(data.images) == 40


def test_empty_folder_is_one_message(tmp_path):
    with pytest.raises(UserError) as error:
        read_labelled_folder(str(tmp_path), "eval")
    assert str(tmp_path) in str(error.value)


def test_record_of_other_things_is_one_message(tmp_path):
    length = (5).to_bytes(8, "little")
    framed = [part + masked_crc32c(part) for part in (length, b"hello")]
    (tmp_path / "a.tfrecord").write_bytes(b"".join(framed))
    with pytest.raises(UserError, match="a record isn't an annotated image"):
        read_labelled_folder(str(tmp_path / "a.tfrecord"), "all")


@needs_data
def test_folder_of_records_for_training_and_evaluation_is_taken_by_its_sides(tmp_path):
    record = Path(DATA, "data", "raccoon", "test.record").read_bytes()
    first = 12 + int.from_bytes(record[:8], "little") + 4
    (tmp_path / "train.record").write_bytes(record[first:])
    (tmp_path / "eval.record").write_bytes(record[:first])
    data = {split: read_labelled_folder(str(tmp_path), split) for split in ("train", "eval", "all")}
    assert [len(data[split].images) for split in data] == [39, 1, 40]
