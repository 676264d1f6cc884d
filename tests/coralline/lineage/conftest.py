"""A store as two local runs write it: the second one reuses what the first one made, then a third one fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

CODE = {"coralline_version": "0.1.0", "git_commit": "c0ffee", "lock_sha256": "ab12"}


class Writer:
    """Writes contexts, executions, artifacts and events as TFX 1.16's launcher does."""

    def __init__(self, file: Path):
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(file)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = MetadataStore(config)
        self._contexts: dict[tuple[str, str], Any] = {}

    def context(self, type_name: str, name: str, **properties: str) -> pb.Context:
        if (type_name, name) not in self._contexts:
            context = pb.Context(type_id=self.store.put_context_type(pb.ContextType(name=type_name)), name=name)
            for key, value in properties.items():
                context.custom_properties[key].string_value = value
            (context.id,) = self.store.put_contexts([context])
            self._contexts[type_name, name] = context
        return self._contexts[type_name, name]

    def artifact(self, type_name: str, uri: str, **properties: Any) -> pb.Artifact:
        artifact = pb.Artifact(type_id=self.store.put_artifact_type(pb.ArtifactType(name=type_name)), uri=uri)
        artifact.state = pb.Artifact.LIVE
        for key, value in properties.items():
            setattr(artifact.custom_properties[key], "int_value" if isinstance(value, int) else "string_value", value)
        return artifact

    def execute(
        self, run: str, node: str, state: int, inputs: dict[str, Any], outputs: dict[str, Any], **settings: str
    ) -> None:
        type_id = self.store.put_execution_type(pb.ExecutionType(name=f"components.{node.lower()}.component.{node}"))
        execution = pb.Execution(type_id=type_id, last_known_state=state, name=f"{run}.{node}")
        for key, value in settings.items():
            execution.custom_properties[key].string_value = value
        pairs = [(a, _event(pb.Event.INPUT, name)) for name, a in inputs.items()]
        pairs += [(a, _event(pb.Event.OUTPUT, name)) for name, a in outputs.items()]
        contexts = [self.context("pipeline", "coralline"), self.context("pipeline_run", run, **CODE)]
        contexts.append(self.context("node", f"coralline.{node}"))
        _, ids, _ = self.store.put_execution(execution, pairs, contexts)
        for (artifact, _), made in zip(pairs, ids, strict=True):
            artifact.id = made


def _event(kind: int, name: str) -> pb.Event:
    event = pb.Event(type=kind)
    event.path.steps.add().key = name
    event.path.steps.add().index = 0
    return event


@pytest.fixture
def store_writer(tmp_path: Path) -> Writer:
    """For a store of one's own, in an output folder."""
    return Writer(tmp_path / "metadata.sqlite")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder with a store, and one published model that two runs have pushed."""
    writer, done, reused = Writer(tmp_path / "metadata.sqlite"), pb.Execution.COMPLETE, pb.Execution.CACHED
    version = tmp_path / "published" / "v1"
    version.mkdir(parents=True)
    (version / "model.tflite").write_bytes(b"model")
    (version / "manifest.json").write_text(json.dumps({"files": {"model.tflite": "9f"}}))
    (tmp_path / "published" / "latest").symlink_to("v1")

    examples = writer.artifact(
        "Examples", f"{tmp_path}/artifacts/VocExampleGen/examples/1", input_fingerprint="f1", **CODE
    )
    labels = writer.artifact("components.LabelMap", f"{tmp_path}/artifacts/VocExampleGen/label_map/1", **CODE)
    model = writer.artifact("Model", f"{tmp_path}/artifacts/QatTrainer/model/2", **CODE)
    where = {"pushed_destination": str(tmp_path / "published"), "pushed_version": "v1"}
    pushed = writer.artifact(
        "PushedModel", f"{tmp_path}/artifacts/EdgeTpuPusher/pushed_model/3", pushed=1, **where, **CODE
    )
    taken = {"examples": examples, "label_map": labels}
    for run, state in (("20260101-000000-aaaa", done), ("20260102-000000-bbbb", reused)):
        writer.execute(run, "VocExampleGen", state, {}, taken, data=json.dumps({"path": "/data/raccoon"}))
        writer.execute(run, "QatTrainer", state, taken, {"model": model}, train=json.dumps({"seed": 3}))
        writer.execute(run, "EdgeTpuPusher", state, {"model": model}, {"pushed_model": pushed}, push_to="p")
    failed = "20260103-000000-cccc"
    writer.execute(failed, "VocExampleGen", pb.Execution.FAILED, {}, {}, error_message="there are no annotations")
    return tmp_path
