"""A large store of ML Metadata, as a thousand runs of this pipeline leave it: `python -m benchmarks.big_store`.

Everything is written by ml_metadata itself, as TFX's launcher does it: an execution with its artifacts, events and
contexts in one transaction. What a run reuses, where it fails and whether its model is blessed are drawn with a fixed
seed. A SQLite store is written in memory's file system where there is one, and moved to its place.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import shutil
import sqlite3
import tempfile
import urllib.parse
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

# (step, inputs, outputs: (name, type, how many)), as the pipeline has them; the trainer's checkpoints are one artifact
# each, which makes the number of artifacts that the page is measured with.
_STEPS: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str, int], ...]], ...] = (
    ("VocExampleGen", (), (("examples", "Examples", 1), ("label_map", "components.LabelMap", 1),
                           ("dataset_report", "components.DatasetReport", 1))),
    ("StatisticsGen", ("examples",), (("statistics", "ExampleStatistics", 1),)),
    ("SchemaGen", ("statistics",), (("schema", "Schema", 1),)),
    ("ExampleValidator", ("statistics", "schema"), (("anomalies", "ExampleAnomalies", 1),)),
    ("WarmStartImporter", ("examples", "label_map"), (("warm_start", "components.WarmStart", 1),)),
    ("QatTrainer", ("examples", "label_map", "warm_start"),
     (("trained_model", "Model", 1), ("model_run", "ModelRun", 1), ("checkpoints", "Model", 23))),
    ("TFLiteExporter", ("trained_model", "label_map", "dataset_report"),
     (("tflite_model", "components.TFLiteModel", 1),)),
    ("ServedModelImporter", ("tflite_model",), (("served_model", "components.ServedModel", 1),)),
    ("Evaluator", ("tflite_model", "examples", "label_map", "anomalies", "served_model", "trained_model"),
     (("blessing", "ModelBlessing", 1), ("evaluation", "ModelEvaluation", 1),
      ("report", "components.EvaluationReport", 1))),
    ("EdgeTpuPusher", ("tflite_model", "blessing", "report"), (("pushed_model", "PushedModel", 1),)),
)  # fmt: skip
_FAILURES = (
    "there are no annotations in /data/raccoon/annotations",
    "The loss is not finite at step 212: lower train.learning_rate",
    "No space left on device",
)
_HOUR_MS = 3_600_000
_DATA_STEPS = 4
_RUNS_OF_DATA = 50


@dataclasses.dataclass
class _Written:
    """What the run under way can take: artifacts by name, and of the runs before."""

    run: int = 0
    artifacts: dict[str, list[int]] = dataclasses.field(default_factory=dict)


class StoreWriter:
    """Writes runs into a store."""

    def __init__(self, store: MetadataStore, folder: str, seed: int = 0):
        self._store, self._folder, self._random = store, folder, random.Random(seed)
        self._types: dict[tuple[str, str], int] = {}
        self._contexts: dict[tuple[str, str], pb.Context] = {}
        self._last = _Written()
        self.runs = self.executions = self.artifacts = 0

    def write_run(self, pause: Callable[[], None] = lambda: None) -> str:
        """Adds a run and returns its id; `pause` is called between its steps."""
        chance, number = self._random, self.runs
        run_id = f"2026{1 + number // 84 % 12:02d}{1 + number // 3 % 28:02d}-{number % 24:02d}0000-{number:04x}"
        code = {
            "coralline_version": "0.1.0",
            "git_commit": f"{number // 40:040x}",
            "lock_sha256": f"{number // 90:064x}",
        }
        now = _Written(number)
        fails_at = chance.randrange(len(_STEPS)) if chance.random() < 0.08 else None
        new_data = not self._last.artifacts or number // _RUNS_OF_DATA > self._last.run // _RUNS_OF_DATA
        reused = 0 if new_data else chance.choices((_DATA_STEPS, _DATA_STEPS + 2), (0.9, 0.1))[0]
        for index, (node, inputs, outputs) in enumerate(_STEPS):
            state = pb.Execution.CACHED if index < reused else pb.Execution.COMPLETE
            if index == fails_at and state == pb.Execution.COMPLETE:
                state = pb.Execution.FAILED
            self._execute(run_id, node, state, inputs, outputs, now, code)
            pause()
            if state == pb.Execution.FAILED:
                break
        else:
            self._last = now
        self.runs += 1
        return run_id

    def _execute(self, run_id: str, node: str, state: int, inputs: Any, outputs: Any, now: _Written, code: Any) -> None:
        execution = pb.Execution(
            type_id=self._type("execution", f"components.{node}.component.{node}"),
            last_known_state=state,
            name=f"{run_id}.{node}",
        )
        for name, value in self._settings(node).items():
            execution.custom_properties[name].string_value = value
        if state == pb.Execution.FAILED:
            execution.custom_properties["error_message"].string_value = self._random.choice(_FAILURES)
        pairs = [
            (pb.Artifact(id=artifact), _event(pb.Event.INPUT, name, i))
            for name in inputs
            for i, artifact in enumerate(now.artifacts.get(name, ()))
        ]
        made: list[tuple[str, pb.Artifact | int]] = []
        if state == pb.Execution.CACHED:
            made = [(name, artifact) for name, _, _ in outputs for artifact in self._last.artifacts[name]]
        elif state == pb.Execution.COMPLETE:
            number = self.executions + 1
            made = [
                (name, self._artifact(type_name, f"{self._folder}/artifacts/{node}/{name}/{number}", i, count, code))
                for name, type_name, count in outputs
                for i in range(count)
            ]
        for index, (name, artifact) in enumerate(made):
            given = pb.Artifact(id=artifact) if isinstance(artifact, int) else artifact
            pairs.append((given, _event(pb.Event.OUTPUT, name, index)))
        pairs = [(self._whole(artifact), event) for artifact, event in pairs]
        contexts = [self._context("pipeline", "coralline"), self._context("pipeline_run", run_id, **code)]
        contexts.append(self._context("node", f"coralline.{node}"))
        _, ids, _ = self._store.put_execution(execution, pairs, contexts)
        for (name, artifact), written in zip(made, ids[len(ids) - len(made) :], strict=True):
            now.artifacts.setdefault(name, []).append(written)
            self.artifacts += not isinstance(artifact, int)
        self.executions += 1

    def _whole(self, artifact: pb.Artifact) -> pb.Artifact:
        """An artifact that is there already, as the launcher hands it back: unchanged."""
        return artifact if artifact.uri else self._store.get_artifacts_by_id([artifact.id])[0]

    def _settings(self, node: str) -> dict[str, str]:
        number = self.runs
        train = {"version": 1, "batch_size": 16, "float_steps": 450 + number % 7 * 50, "seed": number % 5}
        return {
            "VocExampleGen": {
                "data": json.dumps({"path": f"/data/raccoon-{number // _RUNS_OF_DATA}", "version": 2}),
                "input_fingerprint": f"{number // _RUNS_OF_DATA:064x}",
            },
            "QatTrainer": {"train": json.dumps(train), "model": json.dumps({"preset": "fpnlite_320", "version": 1})},
        }.get(node, {"version": "1", "node": node})

    def _artifact(self, type_name: str, uri: str, index: int, count: int, code: dict[str, str]) -> pb.Artifact:
        artifact = pb.Artifact(
            type_id=self._type("artifact", type_name),
            uri=f"{uri}/{index}" if count > 1 else uri,
            state=pb.Artifact.LIVE,
        )
        for key, value in {**code, **self._content(type_name)}.items():
            kind = {int: "int_value", float: "double_value", str: "string_value"}[type(value)]
            setattr(artifact.custom_properties[key], kind, value)
        return artifact

    def _content(self, type_name: str) -> dict[str, Any]:
        number = self.runs
        score = round(0.7 - 0.4 / (1 + number / 100) + self._random.uniform(-0.05, 0.05), 4)
        blessed = self._random.random() < 0.55
        reason = f"AP {score} {'reaches' if blessed else 'is below'} 0.5"
        return {
            "Examples": {"split_names": '["train", "eval"]', "input_fingerprint": f"{number // _RUNS_OF_DATA:064x}"},
            "components.EvaluationReport": {"AP": score, "AP50": score + 0.2, "AP75": score - 0.1, "images": 120,
                                            "split": "eval"},
            "ModelBlessing": {"blessed": int(blessed), "reasons": reason},
            "PushedModel": {"pushed": 1, "pushed_destination": f"{self._folder}/published",
                            "pushed_version": f"2026T{number:06d}Z"},
        }.get(type_name, {})  # fmt: skip

    def _type(self, kind: str, name: str) -> int:
        if (kind, name) not in self._types:
            message = {"execution": pb.ExecutionType, "artifact": pb.ArtifactType, "context": pb.ContextType}[kind]
            self._types[kind, name] = getattr(self._store, f"put_{kind}_type")(message(name=name))
        return self._types[kind, name]

    def _context(self, type_name: str, name: str, **properties: str) -> pb.Context:
        if (type_name, name) not in self._contexts:
            context = pb.Context(type_id=self._type("context", type_name), name=name)
            for key, value in properties.items():
                context.custom_properties[key].string_value = value
            there = self._store.get_context_by_type_and_name(type_name, name)
            context.id = there.id if there else self._store.put_contexts([context])[0]
            self._contexts[type_name, name] = context
        return self._contexts[type_name, name]


def _event(kind: int, name: str, index: int) -> pb.Event:
    event = pb.Event(type=kind)
    event.path.steps.add().key = name
    event.path.steps.add().index = index
    return event


def open_to_write(address: str) -> MetadataStore:
    """A store at a file's path, or at mysql://user:password@host:port/database or postgresql://..., made if need be."""
    config = pb.ConnectionConfig()
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "mysql":
        given = {"host": parts.hostname, "port": parts.port or 3306, "database": parts.path[1:]}
        config.mysql.MergeFrom(pb.MySQLDatabaseConfig(**given, user=parts.username, password=parts.password))
    elif parts.scheme == "postgresql":
        place = {"host": parts.hostname, "port": str(parts.port or 5432), "dbname": parts.path[1:]}
        config.postgresql.MergeFrom(pb.PostgreSQLDatabaseConfig(**place, user=parts.username, password=parts.password))
    else:
        config.sqlite.filename_uri = address
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return MetadataStore(config)


def write_big_store(address: str, executions: int = 10_000, tell: Callable[[str], None] = print) -> StoreWriter:
    """Writes runs until the store has so many executions (and about three times as many artifacts)."""
    if "://" in address:
        return _fill(StoreWriter(open_to_write(address), "/store"), executions, tell)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = str(Path(address).absolute().parent)
    with tempfile.TemporaryDirectory(dir=memory) as aside:
        file = os.path.join(aside, "metadata.sqlite")
        writer = _fill(StoreWriter(open_to_write(file), folder), executions, tell)
        _spread_over_time(file)
        os.makedirs(folder, exist_ok=True)
        shutil.move(file, address)
    return writer


def _fill(writer: StoreWriter, executions: int, tell: Callable[[str], None]) -> StoreWriter:
    while writer.executions < executions or writer.artifacts < 3 * executions:
        writer.write_run()
        if writer.runs % 100 == 0:
            tell(f"{writer.runs} runs, {writer.executions} executions, {writer.artifacts} artifacts")
    return writer


def _spread_over_time(file: str) -> None:
    """A run an hour, a step some minutes: ML Metadata stamps what is written with the time of writing alone."""
    with closing(sqlite3.connect(file)) as database, database:
        (last, now) = database.execute("SELECT MAX(id), MAX(create_time_since_epoch) FROM Execution").fetchone()
        ended = f"{now} - ({last} - Execution.id) * {_HOUR_MS // 10}"
        database.execute(f"UPDATE Execution SET create_time_since_epoch = {ended} - 60000")
        database.execute(f"UPDATE Execution SET last_update_time_since_epoch = {ended}")
        for table, joined, column in (
            ("Context", "Association", "context_id"),
            ("Artifact", "Event", "artifact_id"),
        ):
            began = (
                f"(SELECT MIN(Execution.create_time_since_epoch) FROM Execution JOIN {joined}"
                f" ON {joined}.execution_id = Execution.id WHERE {joined}.{column} = {table}.id)"
            )
            database.execute(
                f"UPDATE {table} SET create_time_since_epoch = {began}, last_update_time_since_epoch = {began}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="a new SQLite file, or mysql://user:password@host:port/database")
    parser.add_argument("--executions", type=int, default=10_000)
    arguments = parser.parse_args()
    written = write_big_store(arguments.address, arguments.executions)
    print(f"{written.runs} runs, {written.executions} executions, {written.artifacts} artifacts")


if __name__ == "__main__":
    main()
