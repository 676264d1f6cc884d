"""Writes docs/detections.jpg from a demo run's report: ground truth on the left of each pair, detections on the right.

    coralline demo
    python docs/detections.py coralline-demo/report/eval docs/detections.jpg

The pictures are an even sample of the report's, which shows the worst first; none is picked by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

_COLUMNS, _ROWS, _GAP = 3, 3, 12


def contact_sheet(pictures: list[Path]) -> Image.Image:
    """Pictures in rows and columns, each in a cell of the largest one's size."""
    count = min(len(pictures), _COLUMNS * _ROWS)
    chosen = [Image.open(pictures[number * len(pictures) // count]) for number in range(count)]
    width, height = (max(getattr(picture, side) for picture in chosen) for side in ("width", "height"))
    sheet = Image.new("RGB", (_COLUMNS * (width + _GAP) - _GAP, _ROWS * (height + _GAP) - _GAP), "white")
    for number, picture in enumerate(chosen):
        row, column = divmod(number, _COLUMNS)
        sheet.paste(picture, (column * (width + _GAP), row * (height + _GAP)))
    return sheet


if __name__ == "__main__":
    folder, target = sys.argv[1:]
    contact_sheet(sorted(Path(folder).glob("*.jpg"))).save(target, quality=85, optimize=True)
