"""What waiting costs where nothing is computed: `import coralline`, `--help`, a second run that reuses everything.

    python benchmarks/startup.py

The second run is held against the imports that it can't do without (TensorFlow, TFX and all components), both timed in
turn, in one go, so that a busy machine slows both. The first run is a tiny one; it only has to be there. About 2
minutes on 2 cores.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import Table, argument_parser, machine, show
from pipeline_runs import seconds_of, timed_run

_CORALLINE = str(Path(sys.executable).with_name("coralline"))
_IMPORTS = "import pipeline.running.local_dag_runner, pipeline.create_pipeline, os; os._exit(0)"
# As little training as a run takes, and no threshold that it could miss.
_TINY = {
    "train.float_steps": 4,
    "train.qat_steps": 2,
    "train.batch_size": 4,
    "evaluate.min_ap50": 0,
    "evaluate.max_loss_to_float": None,
    "evaluate.max_loss_to_baseline": None,
}

_LIBRARY = "import time; t = time.perf_counter(); import coralline; print(time.perf_counter() - t)"
_ROWS = (
    "import coralline, s, without Python's own start",
    "coralline --help, s",
    "coralline inspect, s",
    "imports alone, s",
    "a run that reuses everything, s",
    "  times the imports",
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="medians are of this many rounds")
    options = parser.parse_args()
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        timed_run("demo", out, _TINY)
        again, imports, library, help_text, inspect = [], [], [], [], []
        for _ in range(options.rounds):
            run = timed_run("demo", out, _TINY)
            if len(run.summary["reused"]) != len(run.summary["seconds"]):
                sys.exit(f"not everything was reused, only {', '.join(run.summary['reused'])}")
            again.append(run.seconds)
            imports.append(seconds_of(sys.executable, "-c", _IMPORTS))
            library.append(float(subprocess.check_output([sys.executable, "-c", _LIBRARY], text=True)))
            help_text.append(seconds_of(_CORALLINE, "--help"))
            inspect.append(seconds_of(_CORALLINE, "inspect", run.summary["model"]))
    medians = [statistics.median(seconds) for seconds in (library, help_text, inspect, imports, again)]
    rows = dict(zip(_ROWS, [*medians, medians[-1] / medians[-2]], strict=True))
    show(on, [Table.of(rows)], options.json)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.stderr or ''}")
