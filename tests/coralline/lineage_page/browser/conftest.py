"""A team's weekly retraining as the page meets it: a store, artifacts' files, published models, logs, and a server."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb
from PIL import Image, ImageDraw

from coralline.lineage_page.page_server import PageOptions, PageServer

_HOSTILE = '<img src=x onerror="alert(1)"> & \N{HATCHING CHICK}'
_WEEK_MS, _FIRST_MS = 7 * 86_400_000, 1_775_441_642_000  # Monday 6 April 2026, 02:14 UTC
_MINUTES = {"QatTrainer": 41, "VocExampleGen": 2, "TFLiteExporter": 1, "Evaluator": 3}
# Step, inputs, outputs: the pipeline's own, without TFX's statistics.
_STEPS: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("VocExampleGen", (), {"examples": "Examples", "label_map": "components.LabelMap",
                           "report": "components.DatasetReport"}),
    ("WarmStartImporter", ("label_map",), {"warm_start": "components.WarmStart"}),
    ("QatTrainer", ("examples", "label_map", "warm_start"), {"trained_model": "Model", "model_run": "ModelRun"}),
    ("TFLiteExporter", ("trained_model", "label_map"), {"tflite_model": "components.TFLiteModel"}),
    ("ServedModelImporter", ("tflite_model",), {"served_model": "components.ServedModel"}),
    ("Evaluator", ("tflite_model", "examples", "label_map", "served_model"),
     {"blessing": "ModelBlessing", "evaluation_report": "components.EvaluationReport"}),
    ("EdgeTpuPusher", ("tflite_model", "blessing", "evaluation_report"), {"pushed_model": "PushedModel"}),
)  # fmt: skip
_IMAGES = ("gate-0192", "gate-0411", "pond-0007", "pond-0160", "roof-0533", "roof-0612")


@dataclasses.dataclass(frozen=True)
class Week:
    """How a week's run goes; `ap` None: it fails in training. A name ends a run: `QatTrainer` is still running."""

    ap: float | None
    blessed: bool = True
    images: int = 1200
    steps: int = 4000
    running: bool = False
    failure: str = "The loss is not finite at step 212. The learning rate of 0.08 may be too high: lower it."


WEEKS = (
    Week(0.412), Week(0.431), Week(0.424, blessed=False), Week(None), Week(0.447, images=1310),
    Week(0.452, images=1310), Week(0.441, blessed=False, images=1310), Week(0.468, images=1395),
    Week(0.471, images=1395), Week(None), Week(0.489, images=1480, steps=6000),
    Week(0.483, blessed=False, images=1480),
)  # fmt: skip


class WeeklyRuns:
    """Writes runs into an output folder, as the pipeline leaves them."""

    HOSTILE = _HOSTILE
    Week = Week

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / "metadata.sqlite"
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(self.file)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self._store = MetadataStore(config)
        self.runs: list[str] = []
        self._moves: list[dict[str, Any]] = []

    def write(self, week: Week) -> str:
        """Adds a run and returns its id."""
        number = len(self.runs)
        began = _FIRST_MS + number * _WEEK_MS
        run = f"{_utc(began):%Y%m%d-%H%M%S}-{0xA1C0 + number * 0x2F:04x}"
        self.runs.append(run)
        made: dict[str, pb.Artifact] = {}
        now = began
        for node, inputs, outputs in _STEPS:
            trains = node == "QatTrainer"
            running, failed = trains and week.running, trains and week.ap is None and not week.running
            ended = now + _MINUTES.get(node, 0.1) * 60_000 * (0.2 if failed else 1)
            state = pb.Execution.FAILED if failed else pb.Execution.RUNNING if running else pb.Execution.COMPLETE
            new = {}
            if not (failed or running):
                new = {name: self._artifact(node, name, of, week, ended) for name, of in outputs.items()}
            self._execute(run, node, state, {name: made[name] for name in inputs}, new, week, (now, ended))
            made |= new
            now = ended
            if failed or running:
                break
        self._write_log(run, week)
        return run

    def _execute(
        self, run: str, node: str, state: int, taken: Any, new: Any, week: Week, at: tuple[float, float]
    ) -> None:
        kind = self._store.put_execution_type(pb.ExecutionType(name=f"components.{node.lower()}.component.{node}"))
        execution = pb.Execution(type_id=kind, last_known_state=state, name=f"{run}.{node}")
        settings = {
            "VocExampleGen": {
                "data": json.dumps({"path": "/srv/data/yard"}),
                "input_fingerprint": f"{week.images:064x}",
            },
            "QatTrainer": {
                "train": json.dumps({"float_steps": week.steps, "seed": 3}),
                "model": json.dumps({"preset": "mobilenet_v2_256"}),
            },
        }.get(node, {"version": "1"})
        if state == pb.Execution.FAILED:
            settings["error_message"] = week.failure
        for name, value in settings.items():
            execution.custom_properties[name].string_value = value
        pairs = [(a, _event(pb.Event.INPUT, name)) for name, a in taken.items()]
        pairs += [(a, _event(pb.Event.OUTPUT, name)) for name, a in new.items()]
        contexts = [
            self._context("pipeline", "yard"),
            self._context("pipeline_run", run),
            self._context("node", f"yard.{node}"),
        ]
        number, ids, _ = self._store.put_execution(execution, pairs, contexts)
        for (artifact, _), given in zip(pairs, ids, strict=True):
            artifact.id = given
        with closing(sqlite3.connect(self.file)) as database, database:
            database.execute(
                "UPDATE Execution SET create_time_since_epoch = ?, last_update_time_since_epoch = ? WHERE id = ?",
                (int(at[0]), int(at[1]), number),
            )
            if node == "VocExampleGen":
                began = "UPDATE Context SET create_time_since_epoch = ? WHERE name = ?"
                database.execute(began, (int(at[0]), run))
            for artifact in new.values():
                database.execute(
                    "UPDATE Artifact SET create_time_since_epoch = ? WHERE id = ?", (int(at[1]), artifact.id)
                )

    def _artifact(self, node: str, name: str, type_name: str, week: Week, ended: float) -> pb.Artifact:
        uri = self.folder / "artifacts" / node / name / str(len(self.runs))
        uri.mkdir(parents=True)
        kind = self._store.put_artifact_type(pb.ArtifactType(name=type_name))
        artifact = pb.Artifact(type_id=kind, uri=str(uri), state=pb.Artifact.LIVE)
        if type_name == "components.EvaluationReport":
            _write_report(uri, week)
        if type_name == "components.DatasetReport":
            classes = {"raccoon": week.images, "cat": 310, "hedgehog": 2 * week.images - 2310}
            (uri / "report.json").write_text(json.dumps({"classes": classes}))
        if type_name == "components.LabelMap":
            (uri / "label_map.pbtxt").write_text(
                f'item {{\n  id: 1\n  name: "raccoon"\n}}\nitem {{\n  id: 2\n  name: "{_HOSTILE}"\n}}\n'
            )
        content = self._content(type_name, week, ended)
        for key, value in content.items():
            field = {int: "int_value", float: "double_value"}.get(type(value), "string_value")
            setattr(artifact.custom_properties[key], field, value)
        return artifact

    def _content(self, type_name: str, week: Week, ended: float) -> dict[str, Any]:
        """What is written on an artifact."""
        before = self._moves[-1]["after"] if self._moves else ""
        place = str(self.folder / "published")
        if type_name == "PushedModel" and week.blessed:
            return {"pushed": 1, "pushed_destination": place, "pushed_version": self._publish(ended)}
        ap50 = round((week.ap or 0) + 0.31, 3)
        return {
            "Examples": {"input_fingerprint": f"{week.images:064x}", "train_records": week.images - 240},
            "ModelRun": {"note": _HOSTILE},
            "components.DatasetReport": {"images": week.images, "classes": 3},
            "components.WarmStart": {"source": "latest_blessed", "version": before},
            "components.ServedModel": {"content": "sha256:5e0f" if before else "nothing", "version": before},
            "components.EvaluationReport": {"AP": week.ap, "AP50": ap50, "images": 240, "split": "eval"},
            "ModelBlessing": {"blessed": int(week.blessed), "reasons": _reasons(week)},
        }.get(type_name, {})

    def _publish(self, ended: float) -> str:
        version = f"{_utc(ended):%Y%m%dT%H%M%SZ}-{0x5E0F + len(self.runs):04x}"
        place = self.folder / "published"
        (place / version).mkdir(parents=True)
        (place / version / "manifest.json").write_text(json.dumps({"version": version, "files": {}}))
        self._move(version, "push", f"{_utc(ended):%Y-%m-%dT%H:%M:%SZ}", "")
        return version

    def fail_what_is_running(self) -> None:
        """As when a run is killed and cleaned up after."""
        (running,) = (e for e in self._store.get_executions() if e.last_known_state == pb.Execution.RUNNING)
        running.last_known_state = pb.Execution.FAILED
        self._store.put_executions([running])

    def roll_back(self, reason: str) -> None:
        """Serves the version before the last one again."""
        moved = self._moves[-1]
        self._move(moved["before"], "rollback", f"{moved['time'][:11]}09:12:00Z", reason)

    def _move(self, version: str, by: str, when: str, reason: str) -> None:
        place, before = self.folder / "published", self._moves[-1]["after"] if self._moves else None
        self._moves.append({"time": when, "before": before, "after": version, "by": by, "reason": reason})
        (place / "history.json").write_text(json.dumps({"moves": self._moves}))
        (place / "latest").unlink(missing_ok=True)
        (place / "latest").symlink_to(version)

    def _write_log(self, run: str, week: Week) -> None:
        (self.folder / "logs").mkdir(exist_ok=True)
        lines = [f"step {step}: loss {3 / (1 + step / 40):.3f}" for step in range(0, 212, 4)]
        (self.folder / "logs" / f"{run}.log").write_text(
            "\n".join([*lines, week.failure if week.ap is None else "done"])
        )

    def _context(self, type_name: str, name: str) -> pb.Context:
        found = self._store.get_context_by_type_and_name(type_name, name)
        if found is not None:
            return found
        context = pb.Context(type_id=self._store.put_context_type(pb.ContextType(name=type_name)), name=name)
        if type_name == "pipeline_run":
            code = {
                "coralline_version": "0.1.0",
                "git_commit": f"{len(self.runs) // 4 * 7 + 0xC0FFEE:07x}",
                "lock_sha256": "ab12",
            }
            for key, value in code.items():
                context.custom_properties[key].string_value = value
        (context.id,) = self._store.put_contexts([context])
        return context


def _utc(ms: float) -> datetime:
    return datetime.fromtimestamp(ms / 1000, timezone.utc)


def _event(kind: int, name: str) -> pb.Event:
    event = pb.Event(type=kind)
    event.path.steps.add().key = name
    event.path.steps.add().index = 0
    return event


def _reasons(week: Week) -> str:
    if week.blessed:
        return f"AP50 {(week.ap or 0) + 0.31:.3f} reaches the required 0.600 (min_ap50)"
    return f"AP {week.ap:.3f} is below the served model's beyond chance (max_loss_to_baseline)"


def _write_report(folder: Path, week: Week) -> None:
    """A page, figures, and pictures of images with what is there (left) and what is found (right)."""
    ap = week.ap or 0
    per_class = {"raccoon": ap + 0.04, "cat": 0.9 - ap, "hedgehog": round(2 * ap - 0.5, 3)}
    (folder / "report.json").write_text(json.dumps({"int8": {"per_class": per_class}}))
    prying = "<script>try { parent.document.title = 1 } catch {}</script>"
    (folder / "report.html").write_text(f"<!doctype html><title>Report</title><h1>AP {week.ap}</h1>{prying}")
    (folder / "eval").mkdir()
    for index, name in enumerate(_IMAGES):
        picture = Image.new("RGB", (240, 120))
        draw = ImageDraw.Draw(picture)
        for side in (0, 120):
            draw.rectangle((side, 0, side + 119, 119), fill=(70 + 20 * index, 120, 100 + 15 * index))
            draw.ellipse((side + 30 + 4 * index, 40, side + 80 + 4 * index, 96), fill=(120, 98, 84))
        found = week.ap is not None and week.ap > 0.42 + 0.012 * index
        draw.rectangle(
            (28 + 4 * index, 38, 82 + 4 * index, 98), outline=(255, 183, 51) if not found else (53, 194, 125), width=3
        )
        if found:
            draw.rectangle((147 + 4 * index, 37, 203 + 4 * index, 99), outline=(53, 194, 125), width=3)
        picture.save(folder / "eval" / f"{index + 1:03d}_{name}.jpg", quality=80)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server, ready = PageServer(PageOptions(str(folder), port=0)), threading.Event()
    thread = threading.Thread(target=server.run, args=(ready.set,))
    thread.start()
    try:
        assert ready.wait(30)
        server.page.watch.wait_until_loaded(30)
        yield server.address.rstrip("/")
    finally:
        server.stop()
        thread.join(30)


@pytest.fixture(scope="session")
def weekly_runs(tmp_path_factory: pytest.TempPathFactory) -> WeeklyRuns:
    """Twelve weeks: some not blessed, two failed, one rolled back. Not to be written to."""
    runs = WeeklyRuns(tmp_path_factory.mktemp("yard"))
    for week in WEEKS:
        runs.write(week)
    runs.roll_back("misses raccoons at night")
    return runs


@pytest.fixture(scope="session")
def served_weekly_runs(weekly_runs: WeeklyRuns) -> Iterator[str]:
    """Address of their page."""
    with _served(weekly_runs.folder) as address:
        yield address


@pytest.fixture
def serve_runs(tmp_path: Path) -> Iterator[Callable[[], tuple[WeeklyRuns, str]]]:
    """`serve_runs()`: runs of one's own to write, and the address of their page.

    Its server is another process, as with people: within one, SQLite's locks don't hold between its several libraries.
    """
    code = "from pipeline.cli import main; main()"
    command = [sys.executable, "-c", code, "lineage", "serve", "--store", str(tmp_path), "--port", "0"]
    with ExitStack() as stack:

        def begin() -> tuple[WeeklyRuns, str]:
            runs = WeeklyRuns(tmp_path)
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.terminate)
            assert process.stdout is not None
            return runs, process.stdout.readline().rsplit(" ", 1)[-1].strip().rstrip("/")

        yield begin


@pytest.fixture
def open_lineage_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """`open_lineage_page(address, refused=False, **options of the context)`: fails if the page says anything on the
    console, or asks another server; `refused`: the server may answer that there is no such thing.
    """
    contexts, said = [], []

    def load(address: str, refused: bool = False, **options: Any) -> Any:
        context = chromium.new_context(**{"timezone_id": "UTC", "viewport": {"width": 1200, "height": 900}} | options)
        contexts.append(context)
        page = context.new_page()
        origin = "/".join(address.split("/")[:3])
        # axe-core writes to every frame, also to a report's, which has no origin.
        expected = re.compile("'postMessage' on 'DOMWindow'" + ("|Failed to load resource" if refused else ""))
        page.on("console", lambda message: said.append(message.text) if not expected.search(message.text) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: said.append(request.url) if not request.url.startswith(origin) else None)
        page.goto(address)
        page.wait_for_selector("main h1", state="attached")
        return page

    yield load
    for context in contexts:
        context.close()
    assert said == []
