"""The drawn data set: real files, always the same, with boxes that fit."""

import filecmp

import numpy as np
from PIL import Image

from coralline.data.dataset import read_dataset
from coralline.data.drawn_shapes import CLASSES, draw_dataset


def test_is_read_without_a_problem_and_holds_every_class(tmp_path):
    draw_dataset(tmp_path, images=40, size_px=160)
    dataset = read_dataset(str(tmp_path))
    assert len(dataset.images) == 40 and dataset.problems == () and dataset.label_map.names == CLASSES
    assert all(1 <= len(image.objects) <= 4 and image.width == 160 for image in dataset.images)


def test_same_seed_draws_the_same_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        draw_dataset(tmp_path / name, images=3, seed=seed)
    files = [f"images/shapes-000{i}.jpg" for i in range(3)] + [f"annotations/shapes-000{i}.xml" for i in range(3)]
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", files, shallow=False)[0] == files
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "c", files, shallow=False)[0] == []


def test_box_touches_the_shape_on_all_sides_and_leaves_none_of_it_out(tmp_path):
    draw_dataset(tmp_path, images=60)
    lone = [image for image in read_dataset(str(tmp_path)).images if len(image.objects) == 1]
    assert len(lone) > 5
    for image in lone:
        pixels = np.asarray(Image.open(image.place.path), np.float32)
        xmin, ymin, xmax, ymax = image.boxes_xmin_ymin_xmax_ymax[0].astype(int)
        colour = np.median(pixels[ymin:ymax, xmin:xmax][5:-5, 5:-5].reshape(-1, 3), axis=0)
        shape = np.linalg.norm(pixels - colour, axis=2) < 40
        around = shape[max(ymin - 4, 0) : ymax + 5, max(xmin - 4, 0) : xmax + 5].sum()
        inside = shape[ymin : ymax + 1, xmin : xmax + 1]
        assert all(strip.any() for strip in (inside[:6], inside[-6:], inside[:, :6], inside[:, -6:]))
        assert around - inside.sum() < 0.05 * inside.size
