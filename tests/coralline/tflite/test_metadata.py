import json
import os
import subprocess

import ai_edge_litert.schema_py_generated as schema
import numpy as np
import pytest

from coralline.foundation.errors import UserError
from coralline.tflite import contract, metadata, model_file
from coralline.tflite.detector import Detector


def written(model, labels="leaf\nsea\n"):
    return metadata.write_metadata(
        model, labels=labels, score_threshold=0.25, name="quadrants", description="of colour"
    )


def test_labels_read_back(quadrant_detector):
    assert metadata.read_labels(written(quadrant_detector())) == ["leaf", "sea"]
    assert metadata.read_labels(quadrant_detector()) is None


def test_labels_of_any_language_read_back(quadrant_detector):
    assert metadata.read_labels(written(quadrant_detector(), "浣熊\nкот\n")) == ["浣熊", "кот"]


def test_the_model_itself_is_unchanged(quadrant_detector):
    before, after = model_file.read_model(quadrant_detector()), model_file.read_model(written(quadrant_detector()))
    assert before.main == after.main and before.signatures == after.signatures
    assert before.buffers == after.buffers[: len(before.buffers)]
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    found = [Detector(model.content).run(image) for model in (before, after)]
    np.testing.assert_array_equal(found[0].scores, found[1].scores)


def test_alignment_of_every_buffer_is_kept(quadrant_detector):
    def places(content):
        model = schema.Model.GetRootAs(content, 0)
        buffers = [model.Buffers(i) for i in range(model.BuffersLength())]
        return [b._tab.Vector(b._tab.Offset(4)) % 16 for b in buffers if b.DataLength()]

    before, after = quadrant_detector(), written(quadrant_detector())
    assert places(after)[: len(places(before))] == places(before)


def test_writing_again_replaces(quadrant_detector):
    twice = written(written(quadrant_detector()), "one\ntwo\n")
    assert metadata.read_labels(twice) == ["one", "two"]
    assert list(model_file.read_model(twice).metadata) == ["TFLITE_METADATA"]
    assert len(twice) < len(written(quadrant_detector())) + 4096


def test_the_same_input_gives_the_same_bytes(quadrant_detector):
    assert written(quadrant_detector()) == written(quadrant_detector())


def test_damaged_archives_have_no_labels(quadrant_detector):
    whole = written(quadrant_detector())
    for cut in (1, 10, 30, 60, 100):
        assert metadata.read_labels(whole[:-cut]) is None


def test_an_archive_that_is_there_and_damaged_is_a_problem(quadrant_detector):
    whole = bytearray(written(quadrant_detector()))
    start = whole.rindex(b"PK\x03\x04")
    whole[start : start + 2] = b"??"
    assert "the archive of labels in the file is damaged" in contract.check_contract(bytes(whole))
    assert Detector(bytes(whole), labels=["leaf", "sea"]).labels == ["leaf", "sea"]


def test_one_label_too_many_in_the_file_is_refused_unless_others_are_given(quadrant_detector):
    model = written(quadrant_detector(), "leaf\nsea\nsky\n")
    with pytest.raises(UserError, match="3 labels for 2 classes"):
        Detector(model)
    assert Detector(model, labels=["leaf", "sea"]).labels == ["leaf", "sea"]


# Prints what the official reader finds: the files in the model, the labels, the metadata.
OFFICIAL_READER = """
import json, sys
from tensorflow_lite_support.metadata.python.metadata import MetadataDisplayer
shown = MetadataDisplayer.with_model_file(sys.argv[1])
labels = shown.get_associated_file_buffer("labels.txt").decode()
print(json.dumps([shown.get_packed_associated_file_list(), labels, json.loads(shown.get_metadata_json())]))
"""


@pytest.mark.skipif(
    "CORALLINE_METADATA_READER" not in os.environ,
    reason="CORALLINE_METADATA_READER names no Python with tflite-support, the official reader",
)
def test_the_official_reader_reads_it(quadrant_detector, tmp_path):
    (tmp_path / "model.tflite").write_bytes(written(quadrant_detector()))
    reader = [os.environ["CORALLINE_METADATA_READER"], "-c", OFFICIAL_READER, str(tmp_path / "model.tflite")]
    files, labels, told = json.loads(subprocess.run(reader, check=True, capture_output=True, text=True).stdout)
    assert (files, labels) == (["labels.txt"], "leaf\nsea\n")
    (graph,) = told["subgraph_metadata"]
    (image,) = graph["input_tensor_metadata"]
    assert image["process_units"][0]["options"] == {"mean": [127.5], "std": [127.5]}
    boxes, classes, scores, _ = graph["output_tensor_metadata"]
    assert boxes["content"]["content_properties"]["coordinate_type"] == "RATIO"
    assert classes["associated_files"][0]["type"] == "TENSOR_VALUE_LABELS"
    assert scores["process_units"][0]["options"]["global_score_threshold"] == 0.25
