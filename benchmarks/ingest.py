"""From annotated images to TFRecords: VocExampleGen beside the two scripts that it replaces.

    python benchmarks/ingest.py                              5,000 images, about a minute
    python benchmarks/ingest.py --copies 250 --rounds 1      50,000 images and 7 GB on disk, about 3 minutes

CORALLINE_TEST_DATA names the folder that holds `data/raccoon`, whose 200 images are copied under new names. Both ways
read the same files, in turn, each in a process of its own whose imports aren't counted. The scripts
(`original_scripts.py`) check nothing and write one uncompressed file; VocExampleGen does all that a run of the
pipeline does: the fingerprint that the cache asks for, every check, both splits, the label map and the report. What
either has written is read back and held against the Object Detection API's own `test.record`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from figures import GIB, Table, argument_parser, machine, show
from pipeline_runs import seconds_of

from coralline.data.records import tfrecord
from coralline.data.records.tf_example import GroundTruthExample, decode_example

_CORALLINE = str(Path(sys.executable).with_name("coralline"))
_WAYS = ("scripts", "Coralline")


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--copies", type=int, default=25, help="of the 200 images; at most 1000")
    parser.add_argument("--rounds", type=int, default=3, help="medians are of this many rounds")
    parser.add_argument("--way", choices=_WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        _one_way(options.way, Path(options.folder))
        return
    if "CORALLINE_TEST_DATA" not in os.environ:
        parser.error("CORALLINE_TEST_DATA isn't set: a folder with data/raccoon")
    raccoon = Path(os.environ["CORALLINE_TEST_DATA"], "data", "raccoon")
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        _copy(raccoon, data, options.copies)
        rounds = [{way: _timed_way(way, Path(folder), raccoon) for way in _WAYS} for _ in range(options.rounds)]
        checks = [seconds_of(_CORALLINE, "check", "--json", "--data", str(data)) for _ in range(options.rounds)]
    show(on, [_comparison(rounds), _alone(rounds, checks)], options.json)


def _comparison(rounds: list[dict[str, dict[str, Any]]]) -> Table:
    def of(figure: str, choose: Any) -> list[Any]:
        return [choose([one[way][figure] for one in rounds]) for way in _WAYS]

    return Table(
        _WAYS,
        {
            "images/s": of("images/s", statistics.median),
            "  slowest round": of("images/s", min),
            "  fastest round": of("images/s", max),
            "peak memory, GiB": of("peak_gib", max),
            "images written": of("images", max),
            "boxes written": of("boxes", max),
            "images of the reference record": of("of_reference", max),
            "  with other boxes or labels": of("unlike_reference", max),
        },
    )


def _alone(rounds: list[dict[str, dict[str, Any]]], checks: list[float]) -> Table:
    ratios = [one["Coralline"]["images/s"] / one["scripts"]["images/s"] for one in rounds]
    return Table.of(
        {
            "images/s, times the scripts'": statistics.median(ratios),
            "  worst round": min(ratios),
            "fingerprint alone, s": statistics.median(one["Coralline"]["fingerprint"] for one in rounds),
            "coralline check, imports included, s": statistics.median(checks),
            "  slowest round": max(checks),
        }
    )


def _copy(raccoon: Path, data: Path, copies: int) -> None:
    """`raccoon-1.jpg` and its annotation become `raccoon-1-000.jpg` and so on, with the new name in the annotation."""
    for part in ("images", "annotations"):
        (data / part).mkdir(parents=True)
    for annotation in sorted((raccoon / "annotations").iterdir()):
        text = annotation.read_text(encoding="utf-8")
        image = raccoon / "images" / f"{annotation.stem}.jpg"
        for copy in range(copies):
            name = f"{annotation.stem}-{copy:03d}"
            shutil.copyfile(image, data / "images" / f"{name}.jpg")
            renamed = re.sub("<filename>.*</filename>", f"<filename>{name}.jpg</filename>", text)
            (data / "annotations" / f"{name}.xml").write_text(renamed, encoding="utf-8")
    os.sync()


def _timed_way(way: str, folder: Path, raccoon: Path) -> dict[str, Any]:
    call = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(call, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode != 0:
        sys.exit(f"{way} failed:\n{done.stderr[-3000:]}")
    figures = json.loads(done.stdout.splitlines()[-1])
    figures |= _written(folder / "out", raccoon)
    figures["images/s"] = figures["images"] / figures["seconds"]
    shutil.rmtree(folder / "out")
    os.sync()
    return figures


def _one_way(way: str, folder: Path) -> None:
    figures = (_scripts if way == "scripts" else _coralline)(folder / "data", folder / "out")
    # Not `getrusage`: that of a new process begins with what its parent held.
    [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    print("\n" + json.dumps({**figures, "peak_gib": int(peak) * 1024 / GIB}))


def _scripts(data: Path, out: Path) -> dict[str, float]:
    import original_scripts

    out.mkdir()
    began = time.monotonic()
    original_scripts.xml_to_csv(str(data / "annotations"), str(out / "labels.csv"))
    original_scripts.generate_tfrecord(str(out / "labels.csv"), str(data / "images"), str(out / "data.tfrecord"))
    return {"seconds": time.monotonic() - began}


def _coralline(data: Path, out: Path) -> dict[str, float]:
    import tfx.components.util.examples_utils  # noqa: F401
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import standard_artifacts

    from components.artifacts import DatasetReport, LabelMap
    from components.voc_example_gen.executor import Executor
    from coralline.data.data_fingerprint import FINGERPRINT_PROPERTY, fingerprint
    from coralline.data.data_settings import DataSettings

    outputs = {"examples": standard_artifacts.Examples(), "label_map": LabelMap(), "report": DatasetReport()}
    for name, artifact in outputs.items():
        artifact.uri = str(out / name)
    context = BaseBeamExecutor.Context(beam_pipeline_args=[], tmp_dir=str(out / "tmp"), unique_id="1")
    settings = DataSettings(path=str(data)).to_property()
    began = time.monotonic()
    content = fingerprint(DataSettings.from_property(settings))
    fingerprinted = time.monotonic()
    properties = {"data": settings, "history": str(out / "history"), FINGERPRINT_PROPERTY: content}
    Executor(context).Do({}, {name: [artifact] for name, artifact in outputs.items()}, properties)
    return {"seconds": time.monotonic() - began, "fingerprint": fingerprinted - began}


def _written(out: Path, raccoon: Path) -> dict[str, int]:
    reference = {example.filename: example for example in _examples([raccoon / "test.record"])}
    counts = {"images": 0, "boxes": 0, "of_reference": 0, "unlike_reference": 0}
    for example in _examples(sorted(path for path in out.rglob("*tfrecord*") if path.is_file())):
        counts["images"] += 1
        counts["boxes"] += len(example.class_ids)
        original = reference.get(re.sub(r"-\d{3}\.jpg$", ".jpg", example.filename))
        if original is not None:
            counts["of_reference"] += 1
            counts["unlike_reference"] += not _is_same(example, original)
    return counts


def _examples(records: Iterable[Path]) -> Iterator[GroundTruthExample]:
    for path in records:
        yield from map(decode_example, tfrecord.read_record_file(str(path)))


def _is_same(a: GroundTruthExample, b: GroundTruthExample) -> bool:
    boxes = a.boxes_ymin_xmin_ymax_xmax.tolist() == b.boxes_ymin_xmin_ymax_xmax.tolist()
    return boxes and (*a.class_ids,) == (*b.class_ids,) and a.class_names == b.class_names


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.stderr or ''}")
