"""The snippet as Frigate reads it.

What Frigate does with a labels file is written down here from its `load_labels` (frigate/util/builtin.py): 91 times
"unknown", then the file over it, by line or by the index in the line.
"""

import pytest
import yaml

from components.edgetpu_pusher import frigate
from coralline.data.records.label_map import LabelMap


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
    ],
)
@pytest.mark.parametrize("compiled", [True, False])
def test_frigate_names_and_tracks_every_class(labels, compiled):
    read = yaml.safe_load(frigate.configuration("m.tflite", (256, 320), labels, compiled))
    names = frigates_names(labels, read["model"])
    assert [names[index] for index in range(len(labels))] == labels == read["objects"]["track"]


def test_a_compiled_model_runs_on_the_coral_and_another_on_the_processor():
    compiled = yaml.safe_load(frigate.configuration("model_edgetpu.tflite", (256, 320), ["cat"], True))
    assert compiled["detectors"] == {"coral": {"type": "edgetpu", "device": "usb"}}
    assert compiled["model"] == {
        "path": "/config/model_cache/model_edgetpu.tflite",
        "labelmap_path": "/config/model_cache/labels.txt",
        "width": 320,
        "height": 256,
        "input_tensor": "nhwc",
        "input_pixel_format": "rgb",
        "model_type": "ssd",
    }
    other = yaml.safe_load(frigate.configuration("model.tflite", (256, 320), ["cat"], False))
    assert other["detectors"] == {"cpu1": {"type": "cpu", "num_threads": 2}}


def test_a_class_that_frigate_takes_for_an_attribute_is_told():
    assert b"# license_plate: to Frigate an attribute" in frigate.configuration("m", (1, 1), ["license_plate"], True)
    assert b"attribute" not in frigate.configuration("m", (1, 1), ["plate"], True)
