"""Records penguin.sql, a store that TFX alone wrote: its own penguin example, unchanged, run by its LocalDagRunner.

    TF_USE_LEGACY_KERAS=1 python record_penguin_runs.py

takes some minutes. It draws a table of penguins, and runs `tfx.examples.penguin` five times:

1. everything, with SchemaGen; the first model is blessed and pushed;
2. the same again: what can be is reused, and the evaluator has a baseline;
3. with two spans of data, of which the date names one (a dynamic exec property), an imported schema, ExampleValidator,
   a resolver of spans, and more accuracy wanted than there can be: not blessed, and nothing pushed;
4. with a module file that raises: Transform fails;
5. of another pipeline in the same store, stopped while it ran: the process is gone, ML Metadata says RUNNING.

The paths in the store become those of somebody's home. Needs no network.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

_DUMP = Path(__file__).with_name("penguin.sql")
_HOME, _LIBRARIES = "/home/ada/penguin", "/usr/lib/python3/site-packages"
_COLUMNS = "species,culmen_length_mm,culmen_depth_mm,flipper_length_mm,body_mass_g"
_CENTRES = ((0.25, 0.65, 0.3, 0.3), (0.6, 0.6, 0.4, 0.3), (0.55, 0.25, 0.8, 0.7))
_KILLED = 9


def draw(folder: Path, seed: int) -> None:
    """Three kinds of penguins, normalized as those of the example are."""
    chance = random.Random(seed)
    rows = [
        ",".join([str(species), *(f"{chance.gauss(centre, 0.06):.4f}" for centre in _CENTRES[species])])
        for species in (chance.randrange(3) for _ in range(150))
    ]
    folder.mkdir(parents=True)
    (folder / "penguins.csv").write_text("\n".join([_COLUMNS, *rows]) + "\n")


def run(root: Path, which: int) -> None:
    """One of the five runs; the fifth kills its own process within a component."""
    from absl import flags
    from tfx import v1 as tfx
    from tfx.examples.penguin.penguin_pipeline_local import create_pipeline

    flags.FLAGS(["penguin"])
    spans = which == 3
    name = "penguin_stopped" if which == 5 else "penguin_local_keras"
    pipeline = create_pipeline(
        pipeline_name=name,
        pipeline_root=str(root / "pipelines" / name),
        data_root=str(root / ("spans" if spans else "data")),
        module_file=str(root / {4: "raises.py", 5: "dies.py"}.get(which, "penguin_utils_keras.py")),
        accuracy_threshold=1.01 if spans else 0.6,
        serving_model_dir=str(root / "serving_model"),
        metadata_path=str(root / "metadata.db"),
        user_provided_schema_path=str(root / "schema" / "schema.pbtxt") if spans else None,
        enable_tuning=False,
        enable_bulk_inferrer=False,
        enable_example_diff=False,
        examplegen_input_config=tfx.proto.Input(splits=[tfx.proto.Input.Split(name="input", pattern="day{SPAN}/*")])
        if spans
        else None,
        examplegen_range_config_date="20220103" if spans else None,
        resolver_range_config=tfx.proto.RangeConfig(rolling_range=tfx.proto.RollingRange(num_spans=2))
        if spans
        else None,
        beam_pipeline_args=["--direct_running_mode=in_memory"],
        enable_transform_input_cache=which != 5,
    )
    tfx.orchestration.LocalDagRunner().run(pipeline)


def record(root: Path) -> None:
    """Runs everything in processes of their own, and writes the dump."""
    import tfx.examples.penguin as example

    shutil.copy(Path(example.__file__).with_name("penguin_utils_keras.py"), root)
    (root / "raises.py").write_text("def preprocessing_fn(inputs):\n    raise ValueError('no such column: beak')\n")
    (root / "dies.py").write_text(f"import os\n\ndef preprocessing_fn(inputs):\n    os.kill(os.getpid(), {_KILLED})\n")
    draw(root / "data" / "labelled", 1)
    draw(root / "spans" / "labelled" / "day1", 1)
    draw(root / "spans" / "labelled" / "day2", 2)
    for which in (1, 2, 3, 4, 5):
        done = subprocess.run([sys.executable, __file__, str(root), str(which)])
        assert done.returncode == {4: 1, 5: -_KILLED}.get(which, 0), f"run {which} ended with {done.returncode}"
        if which == 1:
            (made,) = root.glob("pipelines/*/SchemaGen/schema/*")
            shutil.copytree(made, root / "schema")
    with closing(sqlite3.connect(root / "metadata.db")) as store:
        libraries = Path(example.__file__).parents[3]
        dump = "\n".join(store.iterdump()).replace(str(root), _HOME).replace(str(libraries), _LIBRARIES)
    _DUMP.write_text(dump + "\n")


if __name__ == "__main__":
    os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="")
    if len(sys.argv) == 3:
        run(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            record(Path(folder))
