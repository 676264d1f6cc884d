"""What compiling costs: `coralline compile` beside the imports that it can't do without, and the size of the spec.

    python benchmarks/compile.py

Both are timed in turn, in one go, so that a busy machine slows both. About 3 minutes on 2 cores.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import Table, argument_parser, machine, show
from pipeline_runs import seconds_of

_CORALLINE = str(Path(sys.executable).with_name("coralline"))
_IMPORTS = (
    "import pipeline.create_pipeline, os\nfrom tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner\nos._exit(0)"
)
_SETTINGS = (
    "--set=deployment.image=registry.example/coralline:1",
    "--set=deployment.pipeline_root=s3://bucket/coralline",
    "--set=model.warm_start=latest_blessed",
)


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="medians are of this many rounds")
    options = parser.parse_args()
    on = machine()
    imports, compiling = [], []
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "pipeline.yaml")
        for _ in range(options.rounds):
            compiling.append(seconds_of(_CORALLINE, "compile", "--target=kubeflow", "-o", str(spec), *_SETTINGS))
            imports.append(seconds_of(sys.executable, "-c", _IMPORTS))
        size_kb = spec.stat().st_size / 1000
    rows = {
        "imports alone, s": statistics.median(imports),
        "coralline compile, s": statistics.median(compiling),
        "  times the imports": statistics.median(compiling) / statistics.median(imports),
        "the spec, kB": size_kb,
    }
    show(on, [Table.of(rows)], options.json)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.stderr or ''}")
