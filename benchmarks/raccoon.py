"""The default preset on real photographs: 200 raccoons, one class, warm-started from ImageNet weights.

    CORALLINE_TEST_DATA=DIR python benchmarks/raccoon.py

DIR holds `data/raccoon` (a LabelImg-style folder) and `models/tf2_mobilenet_v2_1.0_224_ptq.tflite` (MobileNetV2 1.0,
ImageNet, int8). Time, AP of the int8 file beside the quantization-aware and the float model. About 15 minutes on 2
cores.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from figures import argument_parser, machine, show
from pipeline_runs import tables, timed_run


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new folder to keep; else a temporary one")
    parser.add_argument("--seed", type=int, default=1, help="train.seed")
    parser.add_argument("--from-scratch", action="store_true", help="without the warm start")
    options = parser.parse_args()
    if "CORALLINE_TEST_DATA" not in os.environ:
        parser.error("CORALLINE_TEST_DATA isn't set: see above for what that folder holds")
    if options.out is not None and options.out.exists():
        parser.error(f"{options.out} is there already: its results would be reused, not measured")
    given = Path(os.environ["CORALLINE_TEST_DATA"]).resolve()
    settings = {"model.preset": "mobilenet_v2_256", "train.seed": options.seed}
    if not options.from_scratch:
        settings["model.warm_start"] = str(given / "models" / "tf2_mobilenet_v2_1.0_224_ptq.tflite")
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        out = options.out or Path(folder, "out")
        run = timed_run("run", out, settings, "--data", str(given / "data" / "raccoon"))
    show(on, tables(run), options.json)


if __name__ == "__main__":
    main()
