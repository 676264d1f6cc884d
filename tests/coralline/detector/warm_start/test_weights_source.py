import hashlib
import json
from pathlib import Path

import pytest

from coralline.detector import presets
from coralline.detector.warm_start import weights_source
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import published

_PRESET = presets.get("mobilenet_v2_256")


def find(path, sha256=None, preset=_PRESET):
    return weights_source.obtain(str(path), sha256, preset)


@pytest.fixture
def earlier(tmp_path):
    """`earlier(...) -> folder` of a trained model, its weights any bytes."""

    def make(name="model", **detector):
        folder = tmp_path / name
        (folder / "weights").mkdir(parents=True)
        (folder / "weights/detector.index").write_bytes(b"index")
        (folder / "weights/detector.data-00000-of-00001").write_bytes(b"data")
        says = {"preset": "mobilenet_v2_320", "backbone": "MobileNetV2", "width_multiplier": 1.0, **detector}
        (folder / "detector.json").write_text(json.dumps(says))
        return folder

    return make


def publish(folder, trained_model):
    model = {} if trained_model is None else {"trained_model": str(trained_model)}
    published.publish(str(folder), {"model.tflite": b"file"}, {"model": model})


def test_kinds_are_told_by_what_is_there(tmp_path, quadrant_detector):
    (tmp_path / "a").write_bytes(quadrant_detector())
    (tmp_path / "b").write_bytes(b"\x89HDF\r\n\x1a\n...")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/saved_model.pb").write_bytes(b"")
    (tmp_path / "d").mkdir()
    for name in ("ckpt-1.index", "ckpt-2.index", "ckpt-2.data-00000-of-00001"):
        (tmp_path / "d" / name).write_bytes(b"")
    (tmp_path / "d/checkpoint").write_text(
        'model_checkpoint_path: "/elsewhere/ckpt-2"\nall_model_checkpoint_paths: "x"'
    )
    assert [find(tmp_path / name).kind for name in "abcd"] == ["tflite", "keras_file", "saved_model", "checkpoint"]
    assert find(tmp_path / "d").path == str(tmp_path / "d/ckpt-2")
    assert find(tmp_path / "d/ckpt-1").path == str(tmp_path / "d/ckpt-1")


def test_an_earlier_model_is_found_by_its_folder_its_run_and_its_publication(tmp_path, earlier):
    folder = earlier()
    publish(tmp_path / "out/published", folder)
    for place in (folder, tmp_path / "out", tmp_path / "out/published", tmp_path / "out/published/latest"):
        assert find(place) == weights_source.WeightsSource("coralline", f"{folder}/weights/detector"), place


@pytest.mark.parametrize(
    ("detector", "told"),
    [
        ({"width_multiplier": 0.35, "preset": "demo_160"}, r"found: MobileNetV2 of width 0.35 \(demo_160\)"),
        ({"backbone": "MobileDetEdgeTPU"}, "found: MobileDetEdgeTPU of width 1 "),
        ({"backbone": None, "width_multiplier": None}, r"a detector.json that can't be understood"),
    ],
)
def test_an_earlier_model_of_another_backbone_is_refused_by_what_it_says(earlier, detector, told):
    with pytest.raises(UserError, match=told):
        find(earlier(**detector))


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"class_names": ["dog", "cat"]}, False),
        ({"aspect_ratios": [0.5, 1.0, 2.0]}, False),
        ({"class_names": None}, False),
    ],
)
def test_a_head_is_the_same_where_classes_and_anchors_are(earlier, changed, same):
    anchors = {"anchor_size": 3.0, "num_scales": 3, "aspect_ratios": [1.0, 2.0, 0.5]}
    found = find(earlier(**{**anchors, "class_names": ["cat", "dog"], **changed}))
    assert weights_source.has_same_head(found, _PRESET, ["cat", "dog"]) is same


def test_what_others_have_trained_has_no_head_to_take(tmp_path, quadrant_detector):
    (tmp_path / "a").write_bytes(quadrant_detector())
    assert not weights_source.has_same_head(find(tmp_path / "a"), _PRESET, ["cat", "dog"])


def test_what_cannot_be_used_is_told_with_a_way_out(tmp_path, earlier):
    unweighted, gone = earlier("unweighted"), tmp_path / "gone"
    (unweighted / "weights/detector.index").unlink()
    publish(tmp_path / "old/published", None)
    publish(tmp_path / "moved/published", gone)
    (tmp_path / "empty").mkdir()
    (tmp_path / "several").mkdir()
    for name in ("several/a.index", "several/b.index", "several/a.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "x.tar.gz").write_bytes(b"\x1f\x8b\x08...")
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04...")
    for name, told in {
        "nothing": "can't be read",
        "unweighted": "kept without its weights",
        "old": "doesn't say where its trained model is",
        "moved": f"isn't there any more: {gone}",
        "empty": "an empty folder",
        "several": "several checkpoints: a, b",
        "several/a.index": f"name its prefix: {tmp_path}/several/a",
        "several/a.data-00000-of-00001": f"name its prefix: {tmp_path}/several/a",
        "x.tar.gz": "unpack it",
        "x.zip": "a damaged archive",
    }.items():
        with pytest.raises(UserError) as e:
            find(tmp_path / name)
        assert told in str(e.value), name


def test_content_is_told_apart_by_every_file_of_it(tmp_path, earlier, quadrant_detector):
    folder = earlier()
    before = find(folder).fingerprint()
    (folder / "detector.json").write_text((folder / "detector.json").read_text() + " ")
    assert find(folder).fingerprint() == before
    (folder / "weights/detector.data-00000-of-00001").write_bytes(b"other")
    assert find(folder).fingerprint() != before
    (tmp_path / "a.tflite").write_bytes(quadrant_detector())
    assert find(tmp_path / "a.tflite").fingerprint() == hashlib.sha256(quadrant_detector()).hexdigest()


def test_another_content_than_the_settings_say_is_refused(tmp_path, quadrant_detector):
    (tmp_path / "a.tflite").write_bytes(quadrant_detector())
    sha256 = hashlib.sha256(quadrant_detector()).hexdigest()
    assert find(tmp_path / "a.tflite", sha256).kind == "tflite"
    with pytest.raises(UserError, match=f"expected: SHA-256 {'0' * 64}\n.*found: {sha256}"):
        find(tmp_path / "a.tflite", "0" * 64)


def test_weights_at_an_address_are_found_there_and_copied_for_tensorflow(earlier, remote_folder):
    folder = earlier(preset="mobilenet_v2_256")
    for name in storage.list_tree(str(folder)).files:
        storage.write_bytes(f"{remote_folder}/{name}", (folder / name).read_bytes())
    here, there = find(folder), find(remote_folder)
    assert there.path == f"{remote_folder}/weights/detector" and there.fingerprint() == here.fingerprint()
    with there.on_disk() as path:
        copied = {name: Path(f"{path}.{name}").read_bytes() for name in ("index", "data-00000-of-00001")}
        assert copied == {"index": b"index", "data-00000-of-00001": b"data"}
    assert not Path(path).parent.exists()
    with here.on_disk() as path:
        assert path == here.path
