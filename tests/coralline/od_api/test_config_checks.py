"""What people checked by eye: classes, addresses, quantization."""

import pytest

from coralline.data.records.label_map import LabelMap


def found(translation, name):
    return [(check.ok, check.message, check.line) for check in translation.checks if check.name == name]


def test_a_configuration_in_order_passes_every_check(project):
    translation = project.translate()
    assert translation.ok and [check.ok for check in translation.checks] == [True] * 6


def test_classes_are_held_against_the_label_map(project):
    translation = project.translate(replace={"num_classes: 2": "num_classes: 3"})
    assert not translation.ok
    assert found(translation, "classes") == [(False, "num_classes is 3, the label map has 2 classes: cat, dog", 3)]


def test_a_label_map_that_cannot_be_used_is_told_with_its_line(project):
    project.write("data/label_map.pbtxt", "item { id: 1 name: 'a' }\nitem { id: 7 name: 'b' }\n")
    translation = project.translate()
    [(ok, message, line)] = found(translation, "label map")
    assert (ok, line) == (False, 17) and message.startswith("data/label_map.pbtxt:2: ") and "without gaps" in message
    assert found(translation, "classes")[0][0] is None


def test_two_label_maps_are_one_too_many(project):
    LabelMap(("x",)).write(str(project.root / "data" / "other.pbtxt"))
    before, _, after = project.config.rpartition("label_map.pbtxt")
    translation = project.translate(f"{before}other.pbtxt{after}")
    assert [ok for ok, _, _ in found(translation, "label map")] == [True, True, False]
    assert "training and evaluation have two" in found(translation, "label map")[2][1]


@pytest.mark.parametrize(
    ("path", "name", "told"),
    [
        ("data/train.record", "train records", "there is no data/nothing; looked in "),
        ("data/val.record", "eval records", "there is no data/nothing; looked in "),
    ],
)
def test_an_address_without_anything_is_told_with_where_was_looked(project, path, name, told):
    [(ok, message, _)] = found(project.translate(replace={path: "data/nothing"}), name)
    assert ok is False and message.startswith(told) and str(project.root) in message


@pytest.mark.parametrize(
    "placeholder",
    ["PATH_TO_BE_CONFIGURED/train.record", "gs://${YOUR_GCS_BUCKET}/train.record", "/path/to/train.record", "<path>"],
)
def test_a_placeholder_is_wrong_and_not_carried_over(project, placeholder):
    translation = project.translate(replace={"data/train.record": placeholder, "data/val.record": placeholder})
    [(ok, message, line)] = found(translation, "train records")
    assert (ok, line) == (False, 18) and "placeholder" in message
    assert "data.path" not in {setting.key for setting in translation.carried}


def test_missing_shards_are_counted(project):
    for number in (0, 2):
        project.write(f"data/train.record-0000{number}-of-00003", "")
    pattern = "data/train.record-?????-of-00003"
    translation = project.translate(replace={"data/train.record": pattern})
    assert found(translation, "train records") == [(False, f"{pattern}: 1 of 3 shards are missing", 18)]
    project.write("data/train.record-00001-of-00003", "")
    assert found(project.translate(), "train records")[0][0]


def test_the_same_records_on_both_sides_are_wrong(project):
    translation = project.translate(replace={"val.record": "train.record"})
    assert [ok for ok, _, _ in found(translation, "eval records")] == [True, False]


@pytest.mark.parametrize(
    ("there", "ok", "told"),
    [
        ("start/model.ckpt.index", True, "start/model.ckpt"),
        ("start/model.ckpt", True, "start/model.ckpt"),
        ("start/model.ckpt/saved_model.pb", False, "named by its prefix"),
        ("start/other.index", False, "there is no start/model.ckpt"),
    ],
)
def test_a_checkpoint_is_found_by_its_prefix(project, there, ok, told):
    project.write(there, "")
    translation = project.translate(replace={"batch_size": 'fine_tune_checkpoint: "start/model.ckpt" batch_size'})
    [(found_ok, message, _)] = found(translation, "checkpoint")
    assert found_ok is ok and told in message


@pytest.mark.parametrize(
    ("old", "new", "ok", "told"),
    [
        ("graph_rewriter { quantization", "graph_rewriter { other", False, "would train a float model"),
        ("weight_bits: 8", "weight_bits: 4", False, "weight_bits is 4"),
        ("delay: 1500", "delay: 2000", False, "would never begin: the delay of 2000 steps"),
        ("delay: 1500", "", False, "would never begin: the default delay of 500000 steps"),
        ("delay: 1500", "delay: 0", True, "quantization-aware"),
    ],
)
def test_quantization_is_looked_for(project, old, new, ok, told):
    [(found_ok, message, _)] = found(project.translate(replace={old: new}), "quantization")
    assert found_ok is ok and told in message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("batch_size", "fine_tune_checkpoint_version: V2 batch_size"),
        ("ssd_mobilenet_v2", "ssd_mobilenet_v2_fpn_keras"),
    ],
)
def test_a_tf2_configuration_needs_no_graph_rewriter(project, old, new):
    change = {"graph_rewriter { quantization": "graph_rewriter { other", old: new}
    [(ok, message, _)] = found(project.translate(replace=change), "quantization")
    assert ok and "quantized after training there" in message


def test_what_is_remote_is_carried_over_without_a_look(project):
    translation = project.translate(replace={"data/": "gs://bucket/raccoons/"})
    assert {check.name for check in translation.checks if check.ok is None} == {
        "classes", "label map", "train records", "eval records",
    }  # fmt: skip
    carried = {setting.key: setting.value for setting in translation.carried}
    assert carried["data.path"] == "gs://bucket/raccoons"
    assert carried["data.label_map"] == "gs://bucket/raccoons/label_map.pbtxt" and translation.ok
