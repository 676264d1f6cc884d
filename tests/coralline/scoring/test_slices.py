"""Features to slice by, out of examples as the pipeline writes them."""

import numpy as np
import pytest

from coralline.data.records.tf_example import encode_example
from coralline.foundation.errors import UserError
from coralline.scoring.slices import read_features


def example(source_id, image_format="jpeg"):
    return encode_example(
        filename=source_id.rsplit("/")[-1],
        source_id=source_id,
        image_encoded=b"",
        image_format=image_format,
        height=10,
        width=20,
        boxes_ymin_xmin_ymax_xmax=np.zeros((1, 4)),
        class_ids=[1],
        class_names=["cat"],
        difficult=[False],
        truncated=[False],
    )


def test_reads_texts_whole_numbers_and_the_folder():
    examples = [example("day/a.jpg"), example("b.png", "png")]
    assert read_features(iter(examples), ["image/format", "image/width", "folder"]) == {
        "image/format": ["jpeg", "png"],
        "image/width": [20, 20],
        "folder": ["day", "."],
    }


def test_reads_nothing_if_nothing_is_wanted():
    assert read_features(iter([b"no example"]), []) == {}


def test_unknown_feature_names_those_that_there_are():
    with pytest.raises(UserError, match=r"names image/lens, which the examples don't have") as error:
        read_features([example("a.jpg")], ["image/lens"])
    assert error.value.expected == (
        "one of folder, image/filename, image/format, image/height, image/key/sha256, image/source_id, image/width"
    )


def test_a_feature_of_its_own_value_in_each_image_is_refused():
    with pytest.raises(UserError, match="image/filename has too many values"):
        read_features([example(f"{index}.jpg") for index in range(101)], ["image/filename"])
