"""A drawn data set of circles, crosses and triangles on noisy backgrounds, for a first run and for tests.

Real JPEG and XML files in LabelImg's layout, which LabelImg opens. Colours and backgrounds say nothing about the class:
only the outline does. Drawing is deterministic: the same arguments give the same bytes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("circle", "cross", "triangle")

_MOST_SHAPES = 4
_LEAST_SIDE, _MOST_SIDE = 0.2, 0.5
"""A shape's side, as a share of the image's shorter side."""
_MOST_IOU = 0.08
_TRIES = 30
_CORNERS_OF_CIRCLE = 48
_LEAST_CONTRAST = 70
"""Least distance between the mean colours of a shape and its background, of 441."""
_JPEG_QUALITY = 92


@dataclasses.dataclass(frozen=True)
class _Shape:
    name: str
    corners: np.ndarray  # [n, 2] float, x and y in pixels

    @property
    def xmin_ymin_xmax_ymax(self) -> np.ndarray:
        return np.concatenate([np.floor(self.corners.min(axis=0)), np.ceil(self.corners.max(axis=0))])


def draw_dataset(folder: str | Path, images: int = 300, size_px: int = 176, seed: int = 1) -> None:
    """Draws images into `folder/images` and their annotations into `folder/annotations`.

    Args:
      folder: is made if it isn't there.
      images: how many, each with one to four shapes.
      size_px: an image's width; its height is 80 to 100 % of that.
      seed: of everything that is random.
    """
    pictures, annotations = Path(folder, "images"), Path(folder, "annotations")
    pictures.mkdir(parents=True, exist_ok=True)
    annotations.mkdir(parents=True, exist_ok=True)
    for i in range(images):
        rng = np.random.default_rng([seed, i])
        image, shapes = _draw_image(rng, size_px)
        name = f"shapes-{i:04d}.jpg"
        image.save(pictures / name, quality=_JPEG_QUALITY)
        (annotations / name).with_suffix(".xml").write_text(_labelimg_xml(name, image, shapes), encoding="utf-8")


def _draw_image(rng: np.random.Generator, size_px: int) -> tuple[Image.Image, list[_Shape]]:
    width, height = size_px, int(size_px * rng.uniform(0.8, 1.0))
    background = _noise(rng, width, height)
    canvas = Image.fromarray(background)
    shapes: list[_Shape] = []
    for _ in range(rng.integers(1, _MOST_SHAPES + 1)):
        shape = _place(rng, width, height, shapes)
        if shape is not None:
            _paint(rng, canvas, background, shape)
            shapes.append(shape)
    pixels = np.asarray(canvas, np.int16) + rng.normal(0, 6, (height, width, 3)).astype(np.int16)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), shapes


def _noise(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """[height, width, 3] uint8: soft blotches of a few random colours."""
    cells = int(rng.integers(3, 9))
    coarse = np.clip(rng.uniform(40, 215, 3) + rng.normal(0, 28, (cells, cells, 3)), 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def _place(rng: np.random.Generator, width: int, height: int, others: list[_Shape]) -> _Shape | None:
    """A shape inside the image that hardly overlaps the others; None if there is no room."""
    name = CLASSES[rng.integers(len(CLASSES))]
    for _ in range(_TRIES):
        side = rng.uniform(_LEAST_SIDE, _MOST_SIDE) * min(width, height)
        corners = _OUTLINES[name](rng) * side
        corners -= corners.min(axis=0)
        room = np.array([width - 1, height - 1]) - corners.max(axis=0)
        if (room < 0).any():
            continue
        shape = _Shape(name, corners + rng.uniform(0, 1, 2) * room)
        if all(_iou(shape.xmin_ymin_xmax_ymax, other.xmin_ymin_xmax_ymax) <= _MOST_IOU for other in others):
            return shape
    return None


def _paint(rng: np.random.Generator, canvas: Image.Image, background: np.ndarray, shape: _Shape) -> None:
    xmin, ymin, xmax, ymax = shape.xmin_ymin_xmax_ymax.astype(int)
    behind = background[ymin : ymax + 1, xmin : xmax + 1].mean(axis=(0, 1))
    colour = rng.uniform(0, 255, 3)
    while np.linalg.norm(colour - behind) < _LEAST_CONTRAST:
        colour = rng.uniform(0, 255, 3)
    fill = tuple(int(c) for c in colour)
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in shape.corners], fill=fill)


def _circle(rng: np.random.Generator) -> np.ndarray:
    turns = np.arange(_CORNERS_OF_CIRCLE) * (2 * math.pi / _CORNERS_OF_CIRCLE)
    return np.stack([np.cos(turns), np.sin(turns)], axis=1) * 0.5


def _cross(rng: np.random.Generator) -> np.ndarray:
    end, arm = 0.5, 0.17
    quarter = np.array([[-arm, -end], [arm, -end], [arm, -arm]])
    return _rotated(np.concatenate([_rotated(quarter, k * math.pi / 2) for k in range(4)]), rng.uniform(-0.3, 0.3))


def _triangle(rng: np.random.Generator) -> np.ndarray:
    return _rotated(np.array([[0.0, -0.5], [0.5, 0.45], [-0.5, 0.45]]), rng.uniform(-0.35, 0.35))


_OUTLINES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "circle": _circle,
    "cross": _cross,
    "triangle": _triangle,
}


def _rotated(corners: np.ndarray, radians: float) -> np.ndarray:
    cos, sin = math.cos(radians), math.sin(radians)
    return corners @ np.array([[cos, sin], [-sin, cos]])


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    overlap = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(overlap / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - overlap))


def _labelimg_xml(name: str, image: Image.Image, shapes: list[_Shape]) -> str:
    """The annotation as LabelImg 1.8 writes it."""
    objects = "".join(_labelimg_object(shape) for shape in shapes)
    return (
        "<annotation>\n\t<folder>images</folder>\n"
        f"\t<filename>{escape(name)}</filename>\n\t<path>images/{escape(name)}</path>\n"
        "\t<source>\n\t\t<database>Unknown</database>\n\t</source>\n"
        f"\t<size>\n\t\t<width>{image.width}</width>\n\t\t<height>{image.height}</height>\n"
        "\t\t<depth>3</depth>\n\t</size>\n"
        f"\t<segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _labelimg_object(shape: _Shape) -> str:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), shape.xmin_ymin_xmax_ymax, strict=True)
    sides = "".join(f"\t\t\t<{side}>{int(value)}</{side}>\n" for side, value in corners)
    return (
        f"\t<object>\n\t\t<name>{shape.name}</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n"
        f"\t\t<difficult>0</difficult>\n\t\t<bndbox>\n{sides}\t\t</bndbox>\n\t</object>\n"
    )
