"""The snippets as Frigate reads them.

Written down here from its source, as what Frigate does with them: `load_labels` (frigate/util/builtin.py), 91 times
"unknown", then the labels file over it, by line or by the index in the line; the keys that its models of a
configuration know (frigate/detectors/detector_config.py of 0.14 and of the development branch, frigate/config/camera/
objects.py), which refuse any other; and, of the development branch, `parse_device` (frigate/detectors/device.py) and
`migrate_models` (frigate/util/config.py).
"""

import pytest
import yaml

from components.edgetpu_pusher import frigate
from coralline.data.records.label_map import LabelMap

MODEL_KEYS = {
    "path",
    "labelmap_path",
    "width",
    "height",
    "input_tensor",
    "input_pixel_format",
    "model_type",
    "labelmap",
}
DETECTOR_KEYS = {"edgetpu": {"type", "device"}, "cpu": {"type", "num_threads"}}
NEWEST_MODEL_KEYS = MODEL_KEYS | {"scene", "devices", "input_dtype", "attributes_map"}
FILTER_KEYS = {"min_area", "max_area", "min_ratio", "max_ratio", "threshold", "min_score", "mask"}


def threshold(score, found=8, below_floor=0):
    counts = {"boxes": 10, "found": found, "false": 2, "below_frigate_floor": below_floor}
    return {"score": score, "precision": 0.8, "recall": found / 10, "f1": 0.8, **counts}


def written(labels, compiled=True, thresholds=None, size=(256, 320), model="m.tflite"):
    """The two files' texts, older form first."""
    files = frigate.configurations(model, size, labels, compiled, thresholds or {})
    assert list(files) == ["frigate.yml", "frigate-0.19.yml"]
    return [content.decode() for content in files.values()]


def read(*arguments, **more):
    """Both files, each checked against the keys that Frigate knows."""
    older, newest = (yaml.safe_load(text) for text in written(*arguments, **more))
    assert set(older) == {"detectors", "model", "objects"} and set(newest) == {"models", "objects"}
    assert set(older["model"]) <= MODEL_KEYS
    for detector in older["detectors"].values():
        assert set(detector) <= DETECTOR_KEYS[detector["type"]]
    for model in newest["models"]:
        assert set(model) <= NEWEST_MODEL_KEYS
        assert [device.partition(":")[0] for device in model["devices"]] in (["edgetpu"], ["cpu"])
    for content in (older, newest):
        assert set(content["objects"]) <= {"track", "filters"}
        for label, of in content["objects"].get("filters", {}).items():
            assert isinstance(label, str) and label in content["objects"]["track"]
            assert set(of) <= FILTER_KEYS and all(isinstance(value, float | int) for value in of.values())
    assert older["objects"] == newest["objects"]
    return older, newest


def frigates_names(labels, model):
    """Class id -> name in Frigate, from labels.txt and the `model` section."""
    assert model["labelmap_path"].endswith("/labels.txt") and "labelmap" not in model
    names = dict.fromkeys(range(91), "unknown")
    lines = LabelMap(tuple(labels)).labels_txt().splitlines(keepends=True)
    if lines[0].split(" ", maxsplit=1)[0].isdigit():
        names |= {int(index): name.strip() for index, name in (line.split(" ", maxsplit=1) for line in lines)}
    else:
        names |= {index: line.strip() for index, line in enumerate(lines)}
    return names


def migrated(older):
    """What Frigate's `migrate_models` makes of the older form with one detector."""
    (detector,) = older["detectors"].values()
    device = detector["type"] + (f":{detector['device']}" if "device" in detector else "")
    return [{"scene": "all", **older["model"], "devices": [device]}]


@pytest.mark.parametrize(
    "labels",
    [
        ["raccoon"],
        ["RBC", "WBC", "Platelets"],
        ["traffic light", "cell phone"],
        ["10 of clubs", "ace of spades"],
        ["2 wheeler", "car"],
        ["0", "1"],
        ["Füchse: jung & alt", "yes", '"quoted"', "#3"],
        ["it's <script>", "🦝", "~", "null", "a\\b", "- x", "{a}: [b]", "x" * 300],
    ],
)
@pytest.mark.parametrize("compiled", [True, False])
def test_frigate_names_tracks_and_filters_every_class(labels, compiled):
    thresholds = {label: threshold((index + 1) / 100) for index, label in enumerate(labels)}
    older, newest = read(labels, compiled, thresholds)
    for content, model in ((older, older["model"]), (newest, newest["models"][0])):
        names = frigates_names(labels, model)
        assert [names[index] for index in range(len(labels))] == labels == content["objects"]["track"]
        scores = {label: of["score"] for label, of in thresholds.items()}
        assert content["objects"]["filters"] == {
            label: {"min_score": score, "threshold": score} for label, score in scores.items()
        }


@pytest.mark.parametrize("label", ["a\x7fb", "a\x85b", "a\u2028b", "a\ufeffb", "a\uffffb"])
def test_a_label_with_what_yaml_cannot_hold_as_it_is_stays_itself(label):
    for content in read([label, "cat"], thresholds={label: threshold(0.5)}):
        assert content["objects"]["track"][0] == label and list(content["objects"]["filters"]) == [label]


def test_a_compiled_model_runs_on_the_coral_and_another_on_the_processor():
    older, newest = read(["cat"], model="model_edgetpu.tflite")
    assert older["detectors"] == {"coral": {"type": "edgetpu", "device": "usb"}}
    assert older["model"] == {
        "path": "/config/model_cache/model_edgetpu.tflite",
        "labelmap_path": "/config/model_cache/labels.txt",
        "width": 320,
        "height": 256,
        "input_tensor": "nhwc",
        "input_pixel_format": "rgb",
        "model_type": "ssd",
    }
    assert newest["models"] == [{"devices": ["edgetpu:usb"], **older["model"]}]
    older, newest = read(["cat"], compiled=False)
    assert older["detectors"] == {"cpu1": {"type": "cpu", "num_threads": 2}}
    assert newest["models"][0]["devices"] == ["cpu"]


def test_the_newest_form_is_what_frigate_makes_of_the_older_one():
    older, newest = read(["cat"], thresholds={"cat": threshold(0.5)})
    assert migrated(older) == [{"scene": "all", **newest["models"][0]}]


@pytest.mark.parametrize(
    ("below", "told"),
    [
        (9, "# Of the 212 boxes that the evaluation found from the scores below on, 9 have scores below 0.4: Frigate"),
        (1, "1 has a score below 0.4: Frigate doesn't see it."),
        (0, "from the scores below on, it sees all."),
    ],
)
def test_what_frigates_floor_costs_is_told(below, told):
    thresholds = {"cat": threshold(0.31, found=200, below_floor=below), "dog": threshold(0.6, found=12)}
    for text in written(["cat", "dog"], thresholds=thresholds):
        assert "with scores of 0.4 and more" in text and told in text


def test_a_class_of_which_nothing_was_found_has_no_filter_and_is_named():
    content = read(["cat", "dog", "fox"], thresholds={"cat": threshold(0.5), "dog": None})[0]
    assert list(content["objects"]["filters"]) == ["cat"]
    for text in written(["cat", "dog", "fox"], thresholds={"cat": threshold(0.5), "dog": None}):
        assert '# There are no scores for "dog", "fox", as the evaluation found nothing' in text


def test_without_any_threshold_no_filter_is_written_and_one_line_says_why():
    for text in written(["cat", "dog"], thresholds={"cat": None, "dog": None}):
        assert "filters" not in yaml.safe_load(text)["objects"]
        (line,) = [line for line in text.splitlines() if "no scores" in line]
        assert line == "# There are no scores here, as the evaluation found nothing: Frigate's own hold, 0.5 and 0.7."
        assert "min_score" not in text


def test_each_file_says_for_which_versions_it_is():
    older, newest = written(["cat"])
    assert "(0.14 to 0.18; newer ones turn it into what frigate-0.19.yml holds)" in older
    assert "(0.19 or newer; frigate.yml is for older ones)" in newest


def test_a_class_that_frigate_takes_for_an_attribute_is_told():
    for text in written(["license_plate"]):
        assert "# license_plate: to Frigate an attribute" in text
    assert "attribute" not in written(["plate"])[0]
