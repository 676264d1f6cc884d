"""Data sets for the report's tests: images with the boxes that a test gives; and a browser to look at pages with."""

import os
import shutil

import pytest

from coralline.data.annotated_image import AnnotatedImage, AnnotatedObject
from coralline.data.dataset import Dataset
from coralline.data.images.image_file import ImageFacts
from coralline.data.reading.image_place import ImagePlace
from coralline.data.records.label_map import LabelMap


def annotated(name, boxes, size=(256, 256), split="train", label="cat", root="/data"):
    """An image; its boxes are on lines 10, 20, ... of its annotation."""
    objects = tuple(
        AnnotatedObject(label, *map(float, box), difficult=False, truncated=False, line=10 * i, name_line=10 * i - 1)
        for i, box in enumerate(boxes, start=1)
    )
    place, annotation = ImagePlace(f"{root}/{name}"), f"{root}/{name}.xml"
    facts = ImageFacts(*size, orientation=1, encoded_format="jpeg", reencoded=None)
    return AnnotatedImage(name, place, annotation, split, facts, os.fsencode(name), objects)


def dataset_of(*images, problems=()):
    names = sorted({name for image in images for name in image.class_names})
    return Dataset("LabelImg", "", "by hand", LabelMap(tuple(names)), images, tuple(problems))


@pytest.fixture
def make_image():
    return annotated


@pytest.fixture
def make_dataset():
    return dataset_of


@pytest.fixture(scope="session")
def chromium():
    """A running Chromium, as playwright drives it; skips without one."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: coralline[browser] has it")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium (Debian: apt-get install chromium)")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
