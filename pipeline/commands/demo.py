"""`coralline demo`: the whole pipeline on a drawn data set."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from pipeline.run_options import json_option, settings_options

_DRAWING = {"images": 700, "size_px": 176, "seed": 1}


@click.command()
@click.option("--out", metavar="DIR", default="coralline-demo", show_default=True, help="The output folder.")
@settings_options
@json_option
def command(out: str, settings: tuple[tuple[str, Any], ...], as_json: bool) -> None:
    """Draw a small data set of shapes and run the whole pipeline on it."""
    from pipeline.config import load_config
    from pipeline.running.local_run import run_locally
    from pipeline.running.out_folder import OutFolder

    OutFolder(Path(out)).prepare()
    data = draw_once(Path(out))
    overrides = {"data.path": str(data), "model.preset": "demo_160", "out": out}
    run_locally(load_config(None, overrides | dict(settings)), as_json)


def draw_once(out: Path) -> Path:
    """The folder of the drawn data set. It is drawn aside, then renamed, and kept for the next run."""
    from coralline.data.drawn_shapes import draw_dataset

    data, drawn = out / "data", json.dumps(_DRAWING)
    mark = data / "drawn.json"
    if not mark.is_file() or mark.read_text(encoding="utf-8") != drawn:
        aside = out / ".data-being-drawn"
        for leftover in (aside, data):
            shutil.rmtree(leftover, ignore_errors=True)
        draw_dataset(aside, **_DRAWING)
        (aside / mark.name).write_text(drawn, encoding="utf-8")
        aside.rename(data)
    return data
