"""The demo, from the call to the published model: time, and AP of the int8 file beside the models it was made from.

    python benchmarks/demo.py
    python benchmarks/demo.py --out coralline-demo      keeps what the run has made

About 4 minutes on 2 cores.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from figures import argument_parser, machine, show
from pipeline_runs import tables, timed_run


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--out", type=Path, metavar="DIR", help="a new folder to keep; else a temporary one")
    parser.add_argument("--seed", type=int, default=1, help="train.seed")
    options = parser.parse_args()
    if options.out is not None and options.out.exists():
        parser.error(f"{options.out} is there already: its results would be reused, not measured")
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        run = timed_run("demo", options.out or Path(folder, "out"), {"train.seed": options.seed})
    show(on, tables(run), options.json)


if __name__ == "__main__":
    main()
