"""Output folders as runs leave them, with files in them, without the hours that runs take."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.publishing import published
from pipeline.running.out_folder import OutFolder

COMPLETE, CACHED, FAILED, RUNNING = (
    pb.Execution.COMPLETE,
    pb.Execution.CACHED,
    pb.Execution.FAILED,
    pb.Execution.RUNNING,
)
_MAKES = {
    "VocExampleGen": {"examples": "Examples", "label_map": "components.LabelMap"},
    "StatisticsGen": {"statistics": "ExampleStatistics"},
    "QatTrainer": {"trained_model": "Model", "model_run": "ModelRun"},
    "TFLiteExporter": {"tflite_model": "components.TFLiteModel"},
    "Evaluator": {"blessing": "ModelBlessing", "report": "components.EvaluationReport"},
    "EdgeTpuPusher": {"pushed_model": "PushedModel"},
}
_TAKES = {
    "VocExampleGen": (),
    "StatisticsGen": ("examples",),
    "QatTrainer": ("examples", "label_map"),
    "TFLiteExporter": ("trained_model", "label_map"),
    "Evaluator": ("examples", "trained_model", "tflite_model"),
    "EdgeTpuPusher": ("tflite_model", "blessing", "report"),
}


class Yard:
    """Writes runs into an output folder as TFX 1.16's launcher and our components do."""

    def __init__(self, path: Path):
        self.out = OutFolder(path)
        self.out.prepare()
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(self.out.store)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = MetadataStore(config)
        self._contexts: dict[tuple[str, str], pb.Context] = {}
        self._runs, self._pipeline = 0, "yard"

    def run(
        self,
        *,
        blessed: bool = True,
        reuse: dict[str, pb.Artifact] | None = None,
        fails: str = "",
        killed: str = "",
        ends_after: str = "",
        pipeline: str = "yard",
        outcome: str = "",
        **settings: Any,
    ) -> tuple[str, dict[str, pb.Artifact]]:
        """A run; `reuse`: what it takes from an earlier one instead of making it. Gives its id and its artifacts.

        `outcome`: as a run records it since format 2; empty: one of format 1.
        """
        self._pipeline = pipeline
        self._runs += 1
        run_id = f"2026010{self._runs}-000000-{self._runs:04x}"
        self.log(run_id, b"words")
        self.out.summary(run_id).write_text("{}")
        os.utime(self.out.summary(run_id), (time.time() - 60, time.time() - 60))
        made: dict[str, pb.Artifact] = {}
        for node, outputs in _MAKES.items():
            taken = {name: made[name] for name in _TAKES[node]}
            if reuse is not None and all(name in reuse for name in outputs):
                made |= {name: reuse[name] for name in outputs}
                self.execute(run_id, node, CACHED, taken, {name: reuse[name] for name in outputs}, settings)
                continue
            if node in (fails, killed):
                number = self.execute(run_id, node, FAILED if fails else RUNNING, taken, {}, settings)
                for name in outputs:
                    self.write(f"{node}/{name}/{number}")
                break
            made |= self.make(run_id, node, outputs, taken, blessed, settings)
            if node == ends_after:
                break
        if outcome:
            context = self.context("pipeline_run", run_id)
            context.custom_properties["record_format"].int_value = 2
            context.custom_properties["outcome"].string_value = outcome
            self.store.put_contexts([context])
        return run_id, made

    def log(self, run_id: str, content: bytes) -> None:
        """Writes the log; runs here take milliseconds, so it was written a minute ago."""
        self.out.log(run_id).write_bytes(content)
        os.utime(self.out.log(run_id), (time.time() - 60, time.time() - 60))

    def make(
        self,
        run_id: str,
        node: str,
        outputs: dict[str, str],
        taken: dict[str, pb.Artifact],
        blessed: bool,
        settings: dict[str, Any],
    ) -> dict[str, pb.Artifact]:
        """An execution that succeeds, with its files."""
        number = self.execute(run_id, node, COMPLETE, taken, {}, settings)
        made = {name: self.artifact(kind, self.write(f"{node}/{name}/{number}")) for name, kind in outputs.items()}
        if "blessing" in made:
            made["blessing"].custom_properties["blessed"].int_value = int(blessed)
        if "pushed_model" in made:
            self._push(made["pushed_model"], run_id, blessed)
        self.add_outputs(number, made)
        return made

    def write(self, place: str) -> Path:
        """A folder in the pipeline root with 8 KiB in it."""
        folder = self.out.artifacts / place
        (folder / "inner").mkdir(parents=True)
        (folder / "inner" / "content").write_bytes(os.urandom(8192))
        return folder

    def artifact(self, kind: str, uri: Path | str, **properties: str) -> pb.Artifact:
        type_id = self.store.put_artifact_type(pb.ArtifactType(name=kind))
        artifact = pb.Artifact(type_id=type_id, uri=str(uri), state=pb.Artifact.LIVE)
        for name, value in properties.items():
            artifact.custom_properties[name].string_value = value
        return artifact

    def execute(
        self,
        run_id: str,
        node: str,
        state: int,
        taken: dict[str, pb.Artifact],
        made: dict[str, pb.Artifact],
        settings: dict[str, Any],
    ) -> int:
        type_id = self.store.put_execution_type(pb.ExecutionType(name=f"components.{node}"))
        execution = pb.Execution(type_id=type_id, last_known_state=state, name=f"{run_id}.{node}")
        for name, value in settings.items():
            execution.custom_properties[name].string_value = json.dumps(value) if isinstance(value, dict) else value
        pairs = [(a, _event(pb.Event.INPUT, name)) for name, a in taken.items()]
        pairs += [(a, _event(pb.Event.OUTPUT, name)) for name, a in made.items()]
        names = {"pipeline": self._pipeline, "pipeline_run": run_id, "node": f"{self._pipeline}.{node}"}
        contexts = [self.context(kind, name) for kind, name in names.items()]
        number, _, _ = self.store.put_execution(execution, pairs, contexts)
        return int(number)

    def add_outputs(self, execution: int, made: dict[str, pb.Artifact]) -> None:
        for name, artifact in made.items():
            (artifact.id,) = self.store.put_artifacts([artifact])
            event = _event(pb.Event.OUTPUT, name)
            event.execution_id, event.artifact_id = execution, artifact.id
            self.store.put_events([event])

    def context(self, kind: str, name: str) -> pb.Context:
        if (kind, name) not in self._contexts:
            context = pb.Context(type_id=self.store.put_context_type(pb.ContextType(name=kind)), name=name)
            (context.id,) = self.store.put_contexts([context])
            self._contexts[kind, name] = context
        return self._contexts[kind, name]

    def state(self, artifact: pb.Artifact) -> str:
        (found,) = self.store.get_artifacts_by_id([artifact.id])
        return str(pb.Artifact.State.Name(found.state))

    def _push(self, artifact: pb.Artifact, run_id: str, blessed: bool) -> None:
        artifact.custom_properties["pushed"].int_value = int(blessed)
        if blessed:
            version = published.publish(str(self.out.published), {"model.tflite": run_id.encode()}, {})
            artifact.custom_properties["pushed_destination"].string_value = str(self.out.published)
            artifact.custom_properties["pushed_version"].string_value = version


def _event(kind: int, name: str) -> pb.Event:
    event = pb.Event(type=kind)
    event.path.steps.add().key = name
    event.path.steps.add().index = 0
    return event


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    """An output folder without runs."""
    return Yard(tmp_path / "yard")


@pytest.fixture
def as_nobody(yard: Yard) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """`with as_nobody():` this process is a user who may read the output folder and change nothing in it."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")

    @contextlib.contextmanager
    def other_user() -> Iterator[None]:
        above = [place for place in yard.out.path.parents if place.stat().st_uid == 0 and len(place.parts) > 2]
        modes = {place: place.stat().st_mode for place in above}
        for place in above:
            os.chmod(place, 0o755)
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
            for place, mode in modes.items():
                os.chmod(place, mode)

    return other_user
