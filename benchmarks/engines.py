"""VocExampleGen on a Flink of two task managers with one slot each, beside the direct runner.

    python benchmarks/engines.py                        100,000 images, about 20 minutes on a quiet machine of 2 cores
    python benchmarks/engines.py --images 5000          a first look

The images are hard links of 40 that are drawn, each with an annotation of its own. Both ways make the same records, of
which checksums are compared. Seconds of CPU are those of every process that takes part, without imports of the step
itself and without the start of the cluster, which serves many jobs: the step; Flink's JVMs; Beam's workers with all of
their imports. Memory is the most that a process had at any time, and for workers also what it had after a third of the
run: what is flat stays there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from figures import GIB, Table, argument_parser, machine, show

from coralline.data.drawn_shapes import draw_dataset
from deployment.engines.flink_files import fetch_flink
from deployment.engines.local_flink import LocalFlink
from pipeline.beam_settings import BeamSettings, beam_args
from pipeline.termination import heed_sigterm

_DRAWN, _SIZE_PX = 40, 300
_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE_S = 0.5
_MACHINES = 10


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--task-managers", type=int, default=2)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        _one_way(json.loads(options.way), Path(options.folder))
        return
    heed_sigterm()  # It ends the cluster, too.
    on = machine()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "data")
        _link(data, options.images)
        direct = _timed([], Path(folder), {})
        cluster = LocalFlink(Path(folder, "flink"), fetch_flink())
        try:
            cluster.start(options.task_managers)
            settings = BeamSettings(
                runner="flink", job_endpoint=cluster.job_endpoint, parallelism=options.task_managers
            )
            flink = _timed(beam_args(settings), Path(folder), cluster.health()["processes"])
        finally:
            cluster.stop()
    if direct.pop("records") != flink.pop("records"):
        sys.exit("the records of the two ways differ")
    show(on, [_comparison(direct, flink), _by_calculation(flink, options.images)], options.json)


def _comparison(direct: dict[str, Any], flink: dict[str, Any]) -> Table:
    rows = {name: [direct.get(name, ""), flink[name]] for name in flink if not name.startswith("_")}
    total = [sum(way["_cpu"].values()) for way in (direct, flink)]
    return Table(
        ("direct", "Flink"),
        {**rows, "CPU seconds in all": total, "  times the direct runner's": ["", total[1] / total[0]]},
    )


def _by_calculation(flink: dict[str, Any], images: int) -> Table:
    """What ten machines of one slot would take, by calculation: nothing of it was run.

    The step's own seconds stay, and so do a worker's start and a JVM's share; what workers did beside is divided.
    """
    cpu = flink["_cpu"]
    step, starts = cpu["step"], _worker_start_s()
    work = cpu["workers"] - starts * flink["_workers"]
    seconds = step + starts + cpu["JVMs"] / flink["_jvms"] + work / _MACHINES
    return Table.of(
        {
            f"seconds on {_MACHINES} machines, by calculation": seconds,
            "  images/s": images / seconds,
            "  of it the step alone, which isn't divided": step,
        }
    )


def _link(data: Path, images: int) -> None:
    draw_dataset(data / "drawn", _DRAWN, _SIZE_PX)
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (data / "voc" / part).mkdir(parents=True)
    names = []
    for number in range(images):
        name, source = f"i{number:06d}", f"shapes-{number % _DRAWN:04d}"
        names.append(name)
        os.link(data / "drawn" / "images" / f"{source}.jpg", data / "voc" / "JPEGImages" / f"{name}.jpg")
        text = (data / "drawn" / "annotations" / f"{source}.xml").read_text(encoding="utf-8")
        text = re.sub("<filename>.*</filename>", f"<filename>{name}.jpg</filename>", text)
        (data / "voc" / "Annotations" / f"{name}.xml").write_text(text, encoding="utf-8")
    for side, of in (("train", names[images // 10 :]), ("val", names[: images // 10])):
        (data / "voc" / "ImageSets" / "Main" / f"{side}.txt").write_text("\n".join(of), encoding="utf-8")


def _timed(args: list[str], folder: Path, cluster: dict[str, int]) -> dict[str, Any]:
    """One way in a process of its own, watched with all that it starts and with the cluster's processes."""
    call = [sys.executable, __file__, "--way", json.dumps(args), "--folder", str(folder)]
    watched = _Watched(cluster)
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen(call, stdout=subprocess.PIPE, text=True, env=env) as step:
        watched.begin()
        output, _ = step.communicate()
    watched.end()
    if step.returncode:
        sys.exit(f"{args or 'direct'} failed")
    figures = json.loads(output.splitlines()[-1])
    out = folder / "out"
    records = {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((out / "examples").rglob("*.gz"))
    }
    subprocess.run(["rm", "-rf", str(out)], check=True)
    cpu = {"step": figures["cpu"], "JVMs": watched.cpu("jvm"), "workers": watched.cpu("worker")}
    workers = watched.peaks("worker")
    found = {
        "seconds": figures["seconds"],
        "images/s": figures["images"] / figures["seconds"],
        **{f"CPU seconds of the {name}": value for name, value in cpu.items()},
        "peak memory of the step, GiB": figures["peak_gib"],
    }
    if cluster:
        found |= {
            "peak memory of a worker, GiB": max(workers),
            "  after a third of the run": watched.early_peak("worker"),
            "peak memory of a JVM, GiB": max(watched.peaks("jvm")),
        }
    return {**found, "records": records, "_cpu": cpu, "_workers": len(workers), "_jvms": len(cluster)}


def _worker_start_s() -> float:
    """CPU seconds of what a worker imports."""
    imports = "import time; from apache_beam.runners.worker import sdk_worker_main; "
    imports += "import components.voc_example_gen.shards; print(time.process_time())"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", imports], capture_output=True, text=True, check=True)
    return float(done.stdout)


class _Watched:
    """Samples of processes: the cluster's, and workers, which task managers start."""

    def __init__(self, cluster: dict[str, int]):
        self._roots = set(cluster.values())
        self._kind: dict[int, str] = {}
        self._first: dict[int, float] = {pid: _cpu_s(pid) for pid in self._roots}
        self._last: dict[int, float] = {}
        self._peaks: dict[int, list[tuple[float, float]]] = {}
        self._ended = threading.Event()

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def cpu(self, kind: str) -> float:
        pids = [pid for pid, of in self._kind.items() if of == kind]
        return sum(self._last[pid] - self._first.get(pid, 0.0) for pid in pids)

    def peaks(self, kind: str) -> list[float]:
        return [max(peak for _, peak in samples) for pid, samples in self._peaks.items() if self._kind[pid] == kind]

    def early_peak(self, kind: str) -> float:
        """The most of a worker within the first third of its life."""
        found = []
        for pid, samples in self._peaks.items():
            if self._kind[pid] == kind:
                begin, end = samples[0][0], samples[-1][0]
                found.append(max(peak for at, peak in samples if at <= begin + (end - begin) / 3))
        return max(found)

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_S):
            for pid in self._roots:
                self._sample(pid, "jvm")
            for pid in _with_parents(self._roots):
                self._sample(pid, "worker")

    def _sample(self, pid: int, kind: str) -> None:
        try:
            text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            cpu = _cpu_s(pid)
        except OSError:
            return
        peak = re.search(r"^VmHWM:\s+(\d+) kB$", text, re.MULTILINE)
        if peak is not None:
            self._kind[pid], self._last[pid] = kind, cpu
            self._peaks.setdefault(pid, []).append((time.monotonic(), int(peak.group(1)) * 1024 / GIB))


def _with_parents(parents: set[int]) -> list[int]:
    """Python processes whose parent is one of them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) in parents:
            found.append(int(stat.parent.name))
    return found


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _one_way(args: list[str], folder: Path) -> None:
    import tfx.components.util.examples_utils  # noqa: F401
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types import standard_artifacts

    from components.artifacts import DatasetReport, LabelMap
    from components.record_counts import written_records
    from components.voc_example_gen.executor import Executor
    from coralline.data.data_fingerprint import FINGERPRINT_PROPERTY
    from coralline.data.data_settings import DataSettings

    out = folder / "out"
    outputs = {"examples": standard_artifacts.Examples(), "label_map": LabelMap(), "report": DatasetReport()}
    for name, artifact in outputs.items():
        artifact.uri = str(out / name)
    (out / "tmp").mkdir(parents=True)
    context = BaseBeamExecutor.Context(beam_pipeline_args=args, tmp_dir=str(out / "tmp"), unique_id="1")
    settings = DataSettings(path=str(folder / "data" / "voc")).to_property()
    properties = {"data": settings, "history": str(out / "history"), FINGERPRINT_PROPERTY: "0"}
    began, cpu = time.monotonic(), time.process_time()
    Executor(context).Do({}, {name: [artifact] for name, artifact in outputs.items()}, properties)
    figures = {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "images": sum(written_records(outputs["examples"]).values()),
    }
    [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    print("\n" + json.dumps({**figures, "peak_gib": int(peak) * 1024 / GIB}))


if __name__ == "__main__":
    main()
