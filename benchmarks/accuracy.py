"""What a preset reaches on real photographs: the int8 file beside the models it was made from, and what it took.

    CORALLINE_TEST_DATA=DIR python benchmarks/accuracy.py raccoon
    CORALLINE_TEST_DATA=DIR python benchmarks/accuracy.py bccd --seeds 1 2 3
    CORALLINE_TEST_DATA=DIR python benchmarks/accuracy.py raccoon --preset mobiledet_edgetpu_320
    CORALLINE_TEST_DATA=DIR python benchmarks/accuracy.py raccoon --selection-fraction 0.2

DIR holds `data/raccoon` (a LabelImg-style folder, one class), `data/bccd` (a VOC devkit, three classes) and
`models/tf2_mobilenet_v2_1.0_224_ptq.tflite` (MobileNetV2 1.0, ImageNet, int8), with which presets of that backbone are
warm-started. The row that counts for conversion is `int8's AP less this AP` under `qat`: both are judged with the same
post-processing on the same images. 8 minutes a seed on 2 cores.

BCCD has a test side, which judges; its eval side chooses the checkpoints. Raccoon is too small for the default settings
to hold out images for that: those that judge choose as well. `AP too good by at most` is what a cross-check of their
halves says of that; `--selection-fraction` holds out.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from figures import Table, argument_parser, machine, show
from pipeline_runs import TimedRun, tables, timed_run

from coralline.detector import presets

_DATA = ("raccoon", "bccd")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("data", choices=_DATA)
    parser.add_argument("--preset", choices=presets.PRESETS, default="mobilenet_v2_256")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], metavar="N", help="train.seed; a run for each")
    parser.add_argument("--selection-fraction", type=float, metavar="X", help="train.selection_fraction")
    parser.add_argument("--from-scratch", action="store_true", help="without the warm start")
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new folder to keep; else a temporary one")
    options = parser.parse_args()
    if "CORALLINE_TEST_DATA" not in os.environ:
        parser.error("CORALLINE_TEST_DATA isn't set: see above for what that folder holds")
    if options.out is not None and options.out.exists():
        parser.error(f"{options.out} is there already: its results would be reused, not measured")
    given = Path(os.environ["CORALLINE_TEST_DATA"]).resolve()
    preset = presets.get(options.preset)
    settings: dict[str, Any] = {"model.preset": preset.name}
    if options.selection_fraction is not None:
        settings["train.selection_fraction"] = options.selection_fraction
    if not options.from_scratch and (preset.backbone, preset.width_multiplier) == ("MobileNetV2", 1.0):
        settings["model.warm_start"] = str(given / "models" / "tf2_mobilenet_v2_1.0_224_ptq.tflite")
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        out = options.out or Path(folder)
        runs = [
            timed_run(
                "run", out / str(seed), settings | {"train.seed": seed}, "--data", str(given / "data" / options.data)
            )
            for seed in options.seeds
        ]
        choice = _selection(out / str(options.seeds[0]))
    over_seeds = _over_seeds(runs) if len(runs) > 1 else []
    show(on, [*tables(runs[0]), choice, *over_seeds], options.json)


def _selection(out: Path) -> Table:
    """What chose the checkpoints of a run, and how much too good that may make the figures."""
    [description] = (out / "artifacts/QatTrainer/trained_model").glob("*/detector.json")
    detector = json.loads(description.read_text())
    rows = {"images that chose the checkpoints": f"{detector['selection']['images']} {detector['selection']['split']}"}
    for phase, kept in detector["kept"].items():
        if "optimism" in kept:
            rows[f"AP too good by at most, {phase} phase"] = kept["optimism"]
    return Table.of(rows)


def _over_seeds(runs: list[TimedRun]) -> list[Table]:
    columns = ("mean", "least", "greatest")
    rows = {}
    for model in ("int8", "qat", "float"):
        for figure in ("AP", "AP50"):
            found = [run.summary["metrics"][model][figure] for run in runs]
            rows[f"{model} {figure}, {len(runs)} seeds"] = [statistics.mean(found), min(found), max(found)]
    apart = [run.summary["metrics"]["int8"]["AP"] - run.summary["metrics"]["qat"]["AP"] for run in runs]
    rows[f"int8's AP less qat's, {len(runs)} seeds"] = [statistics.mean(apart), min(apart), max(apart)]
    return [Table(columns, rows)]


if __name__ == "__main__":
    main()
