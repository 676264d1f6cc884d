"""Anchors that fit: `coralline.detector.anchors.search` beside k-means, on boxes held back from both.

    python benchmarks/anchors.py [DATA ...]

K-means is YOLO's (arxiv.org/abs/1612.08242, section 2): 1 - IoU for a distance, boxes and centres laid onto one
corner. Its centres are brought into RetinaNet's form: the aspect ratios are those of three centres of boxes made equal
in area, the base size is that of the smallest of nine centres. Half of the boxes lead to anchors, the other half is
held against them. Data sets are folders that `coralline check` can read; the others are drawn. A few seconds.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from figures import Table, argument_parser, machine, show

from coralline.data.boxes import Boxes
from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset
from coralline.detector.anchors import grid, search
from coralline.detector.presets import PRESETS, Preset

_RATIOS, _SIZES, _ROUNDS = 3, 9, 50
_DRAWN = 2000


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("data", nargs="*", help="folders of annotated images")
    parser.add_argument("--preset", default="mobilenet_v2_256", choices=PRESETS)
    options = parser.parse_args()
    on, preset = machine(), PRESETS[options.preset]
    sets = {Path(path).name: _read(path, preset) for path in options.data} | _drawn(preset.input_size)
    unmatched, ious, counts = {}, {}, {}
    for name, boxes in sets.items():
        seen, held_back = (boxes[::2], boxes[1::2]) if len(boxes) > 1 else (boxes, boxes)
        found = [preset, _by_k_means(preset, seen), search.fitting(preset, seen)]
        fits = [grid.fit(held_back, one) for one in found]
        unmatched[f"{name}: unmatched"] = [float(fit.unmatched.mean()) for fit in fits]
        ious[f"{name}: mean best IoU"] = [fit.mean_iou for fit in fits]
        counts[f"{name}: anchors a cell"] = [one.anchors_per_cell() for one in found]
    show(on, [Table(("preset", "k-means", "search"), rows) for rows in (unmatched, ious, counts)], options.json)


def _read(path: str, preset: Preset) -> np.ndarray:
    boxes = Boxes.of(check_dataset(path, DataSettings(path=path)).images)
    return grid.letterboxed_boxes(boxes.xmin_ymin_xmax_ymax, boxes.longer_sides, preset)


def _drawn(size: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)

    def boxes(widths: np.ndarray, heights: np.ndarray) -> np.ndarray:
        x, y = (rng.uniform(0, size - sides) for sides in (widths, heights))
        return np.stack([x, y, x + widths, y + heights], axis=1).astype(np.float32)

    def between(least: float, greatest: float, count: int = _DRAWN) -> np.ndarray:
        """Shares of the input."""
        return size * np.exp(rng.uniform(np.log(least), np.log(greatest), count))

    half = _DRAWN // 2
    plates = between(0.06, 0.3)
    return {
        "long and thin": boxes(between(0.25, 0.9), between(0.03, 0.1)),
        "wide or tall": boxes(
            np.concatenate([between(0.25, 0.8, half), between(0.03, 0.1, half)]),
            np.concatenate([between(0.03, 0.1, half), between(0.25, 0.8, half)]),
        ),
        "number plates": boxes(plates, plates / 4.6),
        "small": boxes(between(0.035, 0.08), between(0.035, 0.08)),
        "tiny": boxes(between(0.015, 0.04), between(0.015, 0.04)),
        "all the same": boxes(np.full(_DRAWN, 0.35 * size), np.full(_DRAWN, 0.1 * size)),
        "one": boxes(np.full(1, 0.4 * size), np.full(1, 0.08 * size)),
        "one huge": boxes(np.full(1, 0.98 * size), np.full(1, 0.94 * size)),
    }


def _by_k_means(preset: Preset, boxes: np.ndarray) -> Preset:
    sides = boxes[:, 2:] - boxes[:, :2]
    shapes = _centres(sides / np.sqrt(sides.prod(axis=1, keepdims=True)), _RATIOS)
    smallest = np.sqrt(_centres(sides, _SIZES).prod(axis=1)).min()
    ratios = sorted({float(f"{width / height:.2g}") for width, height in shapes})
    return dataclasses.replace(
        preset, anchor_size=float(smallest / 2**preset.min_level), num_scales=3, aspect_ratios=tuple(ratios)
    )


def _centres(sides: np.ndarray, count: int) -> np.ndarray:
    """`[k, 2]`: the centres of `[n, 2]` widths and heights; fewer than `count` where there are fewer boxes."""
    different = np.unique(sides, axis=0)
    centres = different[np.random.default_rng(0).permutation(len(different))[:count]]
    for _ in range(_ROUNDS):
        shared = np.minimum(sides[:, None], centres).prod(axis=2)
        ious = shared / (sides.prod(axis=1)[:, None] + centres.prod(axis=1) - shared)
        nearest = ious.argmax(axis=1)
        moved = np.stack(
            [sides[nearest == k].mean(axis=0) if (nearest == k).any() else centre for k, centre in enumerate(centres)]
        )
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


if __name__ == "__main__":
    main()
