"""Detector files for the commands that take one, and images that such a file finds its objects in."""

import numpy as np
import pytest
from PIL import Image

from coralline.tflite import metadata

_XML = """<annotation><filename>{name}.jpg</filename><size><width>64</width><height>64</height><depth>3</depth></size>
{objects}</annotation>"""
_OBJECT = """<object><name>{name}</name><difficult>0</difficult><bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin>
<xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox></object>"""
_UPPER_LEFT, _LOWER_RIGHT = (0, 0, 32, 32), (32, 32, 64, 64)


@pytest.fixture
def labelled_model(tmp_path, quadrant_detector):
    """`labelled_model(name, labels, **changes) -> Path`: a detector whose labels stand in the file."""

    def write(name="model.tflite", labels=("leaf", "sea"), **changes):
        content = metadata.write_metadata(
            quadrant_detector(**changes), labels="\n".join(labels), score_threshold=0.25, name="n", description="d"
        )
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.fixture
def model(labelled_model):
    return labelled_model()


@pytest.fixture
def data(tmp_path):
    """Four LabelImg-style images: "leaf" where they are green, "sky" where they are blue."""
    folder = tmp_path / "data"
    folder.mkdir()
    for index in range(4):
        pixels = np.zeros((64, 64, 3), np.uint8)
        pixels[:32, :32, 1] = pixels[32:, 32:, 2] = 255
        # The comment tells them apart: copies of one image would all be put on one side.
        Image.fromarray(pixels).save(folder / f"{index}.jpg", quality=95, subsampling=0, comment=f"{index}")
        objects = _OBJECT.format(name="leaf", box=_UPPER_LEFT) + _OBJECT.format(name="sky", box=_LOWER_RIGHT)
        (folder / f"{index}.xml").write_text(_XML.format(name=index, objects=objects))
    return folder
