"""Training a detector: Coralline beside Model Garden's own `train_lib`, on the same configuration.

    python benchmarks/training.py                                      the default preset on drawn shapes, ~12 minutes
    python benchmarks/training.py --preset demo_160
    python benchmarks/training.py --data ~/pictures/raccoons --steps 200 60 --rounds 3
    python benchmarks/training.py --preset demo_160 --steps 20 20      a trial

A float phase and a quantization-aware one, in turn, each way in a process of its own; imports aren't counted.

The same on both sides: the network to the last layer, its anchors and losses, the TFRecord files, batch size, flips and
scale jitter, Adam with its clipping, warm-up and cosine, steps, reports, checkpoints, an evaluation by COCO's AP of the
same images at the same steps, the best checkpoint kept, and the machine's cores.

What differs is what each of them is. Model Garden: `official.core.train_lib.run_experiment` with its RetinaNet tasks
and input pipeline as they come, nothing patched, nothing slowed down; it decodes every image anew in each epoch (its
cache would come after augmentation, and freeze that), and its quantization-aware phase starts with an untrained feature
pyramid. Coralline: `coralline.detector.training.both_phases.train` as QatTrainer calls it, deterministic, ranges
calibrated and the start of the quantization-aware phase checked; it evaluates by the post-processing of the file that
ships, and writes two SavedModels (`writing`), for which Model Garden has other programs (see `export.py`).

Steps a second are those between reports after a phase's first, which holds the tracing; time outside of steps is all of
a phase less its steps at that rate. CPU seconds are of all cores, and tell more than the speed where the machine does
other work. Memory is that of the process and its children, five times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figures import GIB, Table, argument_parser, machine, show
from timeline import Timeline

from coralline.detector import presets

_WAYS = ("Model Garden", "Coralline")
_PHASES = {"float": "float", "qat": "quantization-aware"}
_OUTSIDE = ("build and trace", "checkpoints", "evaluations")
_HARDLY_THEIRS = ("writing", "rest")
_EXPERIMENT, _FIGURES = "experiment.json", "figures.json"


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--preset", choices=presets.PRESETS, default=presets.DEFAULT)
    parser.add_argument("--data", help="a folder of annotated images; else shapes are drawn")
    parser.add_argument("--images", type=int, default=200, help="to draw; a fifth of them to evaluate")
    parser.add_argument("--steps", type=int, nargs=2, default=(100, 50), metavar=("FLOAT", "QAT"))
    parser.add_argument("--evaluate-every", type=int, metavar="STEPS", help="else ten times a phase, as in a run")
    parser.add_argument("--checkpoint-every", type=int, default=50, metavar="STEPS")
    parser.add_argument("--rounds", type=int, default=1, help="medians are of this many rounds")
    parser.add_argument("--way", choices=("prepare", *_WAYS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        _one_way(options)
        return
    if min(options.steps) < 20:
        parser.error("--steps: at least 20, because the first report, of ten, says nothing of the speed")
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        options.folder = Path(folder)
        _run("prepare", options)
        rounds = [{way: _run(way, options) for way in _WAYS} for _ in range(options.rounds)]
        experiment = json.loads((options.folder / _EXPERIMENT).read_text())
    show(on, _tables(rounds, experiment), options.json)


def _run(way: str, options: argparse.Namespace) -> dict[str, Any]:
    call = [sys.executable, __file__, *sys.argv[1:], "--way", way, "--folder", str(options.folder)]
    # TF_USE_LEGACY_KERAS: Model Garden 2.16 needs it, and says so.
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
    with open(options.folder / "log", "w+") as log:
        child, peak = subprocess.Popen(call, stdout=log, stderr=log, env=quiet), 0
        while child.poll() is None:
            peak = max(peak, _resident(child.pid))
            time.sleep(0.2)
        if child.returncode != 0:
            log.seek(0)
            sys.exit(f"{way} failed:\n{log.read()[-3000:]}")
    figures: dict[str, Any] = json.loads((options.folder / _FIGURES).read_text())
    return figures | {"peak_gib": peak / GIB}


def _resident(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = [
            p for task in Path(f"/proc/{process}/task").iterdir() for p in (task / "children").read_text().split()
        ]
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(map(_resident, children))


def _one_way(options: argparse.Namespace) -> None:
    folder, figures = options.folder, {}
    if options.way == "prepare":
        (folder / _EXPERIMENT).write_text(json.dumps(_experiment(options)))
    else:
        experiment = json.loads((folder / _EXPERIMENT).read_text())
        with tempfile.TemporaryDirectory(dir=folder) as work:
            figures = (_coralline if options.way == "Coralline" else _model_garden)(experiment, work)
    (folder / _FIGURES).write_text(json.dumps(figures))


def _experiment(options: argparse.Namespace) -> dict[str, Any]:
    from coralline.data.records import tfrecord
    from coralline.data.records.label_map import LABEL_MAP_FILE, LabelMap
    from coralline.detector.anchors import grid
    from coralline.detector.inputs.augmentation import AugmentSettings
    from coralline.detector.model_settings import ModelSettings
    from coralline.detector.network import model_garden
    from coralline.detector.settings import Settings
    from coralline.detector.train_settings import TrainSettings
    from coralline.detector.training import loop
    from coralline.detector.training.job import phase_of

    sections = (
        ModelSettings(preset=options.preset, fit_anchors=False),
        TrainSettings(
            float_steps=options.steps[0],
            qat_steps=options.steps[1],
            checkpoint_every=options.checkpoint_every,
            evaluate_every=options.evaluate_every,
            evaluate_images=sys.maxsize,  # all, as Model Garden does
        ),
        AugmentSettings(),
    )
    settings, out = Settings.resolve(*sections), options.folder
    preset, phases = settings.preset, {name: phase_of(settings, name) for name in _PHASES}
    _write_examples(options.data or _drawn(out / "shapes", options.images, preset.input_size), out)
    files = {split: sorted(map(str, (out / "examples" / f"Split-{split}").iterdir())) for split in ("train", "eval")}
    names = LabelMap.read(f"{out}/label_map/{LABEL_MAP_FILE}").names
    return {
        "settings": [section.to_property() for section in sections],
        "files": files,
        "images": sum(1 for path in files["train"] for _ in tfrecord.read_record_file(path)),
        "class_names": names,
        "model": model_garden.model_config(preset, len(names)).as_dict(),
        "batch_size": preset.batch_size,
        "scale_jitter": preset.scale_jitter,
        "match_iou": grid.MATCH_IOU,
        "report_every": loop.REPORT_EVERY,
        "checkpoint_every": settings.train.checkpoint_every,
        "phases": {
            name: {
                "steps": phase.steps,
                "evaluate_every": phase.evaluate_every,
                "optimization": loop._optimization(phase).as_dict(),
            }
            for name, phase in phases.items()
        },
    }


def _drawn(folder: Path, images: int, size: int) -> str:
    from coralline.data.drawn_shapes import draw_dataset

    draw_dataset(folder, images, size)
    return str(folder)


def _write_examples(data: str, out: Path) -> None:
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import standard_artifacts

    from components.artifacts import DatasetReport, LabelMap
    from components.voc_example_gen.executor import Executor
    from coralline.data.data_fingerprint import FINGERPRINT_PROPERTY, fingerprint
    from coralline.data.data_settings import DataSettings

    outputs = {"examples": standard_artifacts.Examples(), "label_map": LabelMap(), "report": DatasetReport()}
    for name, artifact in outputs.items():
        artifact.uri = str(out / name)
    section = DataSettings(path=data).to_property()
    content = fingerprint(DataSettings.from_property(section))
    properties = {"data": section, "history": str(out / "history"), FINGERPRINT_PROPERTY: content}
    context = BaseBeamExecutor.Context(beam_pipeline_args=[], tmp_dir=str(out / "tmp"), unique_id="1")
    Executor(context).Do({}, {name: [artifact] for name, artifact in outputs.items()}, properties)


def _model_garden(experiment: dict[str, Any], work: str) -> dict[str, Any]:
    import model_garden_training

    timeline = Timeline()
    model_garden_training.train(experiment, work, timeline)
    return timeline.figures()


def _coralline(experiment: dict[str, Any], work: str) -> dict[str, Any]:
    import orbit
    import tensorflow as tf

    from coralline.detector.network import model_garden, saved_model
    from coralline.detector.training import both_phases, distribution
    from coralline.detector.training.job import Job
    from coralline.detector.training.loop import PhaseRun

    timeline = Timeline()
    timeline.watch(orbit.Controller, "_train_n_steps", "steps", lambda _, steps: steps)
    timeline.watch(tf.train.CheckpointManager, "save", "checkpoints")
    timeline.watch(PhaseRun, "_evaluate", "evaluations")
    for function in ("write_raw_model", "write_weights"):
        timeline.watch(saved_model, function, "writing")
    timeline.begin_at(model_garden, "build_qat_task", "qat")
    files, settings = experiment["files"], _settings(experiment["settings"])
    job = Job(tuple(files["train"]), tuple(files["eval"]), tuple(experiment["class_names"]), settings)
    timeline.begin("float")
    both_phases.train(
        job, distribution.find_distribution(), work=work, model_folder=f"{work}/model", log_folder=f"{work}/logs"
    )
    return timeline.figures()


def _settings(sections: list[str]) -> Any:
    from coralline.detector.inputs.augmentation import AugmentSettings
    from coralline.detector.model_settings import ModelSettings
    from coralline.detector.settings import Settings
    from coralline.detector.train_settings import TrainSettings

    model, train, augment = sections
    return Settings.resolve(
        ModelSettings.from_property(model), TrainSettings.from_property(train), AugmentSettings.from_property(augment)
    )


def _tables(rounds: list[dict[str, dict[str, Any]]], experiment: dict[str, Any]) -> list[Table]:
    def row(figure: Callable[[dict[str, Any]], float], compared: bool = True) -> list[float | None]:
        of_rounds = [[figure(one[way]) for way in _WAYS] for one in rounds]
        medians = [statistics.median(of_way) for of_way in zip(*of_rounds, strict=True)]
        return [*medians, statistics.median(ours / theirs for theirs, ours in of_rounds) if compared else None]

    rows = {}
    for phase, name in _PHASES.items():
        rows[f"{name}: steps/s"] = row(lambda way, of=phase: way[of]["steps_per_s"])
        rows[f"{name}: images/s"] = row(lambda way, of=phase: way[of]["steps_per_s"] * experiment["batch_size"])
        rows[f"{name}: CPU seconds a step"] = row(lambda way, of=phase: way[of]["cpu_s"])
        for part in (*_OUTSIDE, *_HARDLY_THEIRS):
            rows[f"  {name}: {part}, s"] = row(lambda way, of=phase, part=part: way[of][part], part in _OUTSIDE)
        rows[f"{name}: outside of steps, s"] = row(lambda way, of=phase: way[of]["outside"])
    together = {
        "outside of steps, s": row(lambda way: sum(way[phase]["outside"] for phase in _PHASES)),
        "whole training, s": row(lambda way: sum(way[phase]["whole"] for phase in _PHASES)),
        "peak memory, GiB": row(lambda way: way["peak_gib"]),
    }
    columns = (*_WAYS, "times")
    return [Table(columns, rows), Table(columns, together)]


if __name__ == "__main__":
    main()
