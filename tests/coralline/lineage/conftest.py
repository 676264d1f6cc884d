"""Stores as pipelines leave them.

Two local runs, of which the second reuses what the first made, and a third that fails; runs on Kubeflow, behind ML
Metadata's gRPC service or in a database server.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from ml_metadata import MetadataStore
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as native
from ml_metadata.proto import metadata_store_pb2 as pb
from ml_metadata.proto import metadata_store_service_pb2_grpc as service

from deployment.emulation import metadata_records as records
from deployment.emulation.metadata_store import KfpMetadata

CODE = {"coralline_version": "0.1.0", "git_commit": "c0ffee", "lock_sha256": "ab12"}


class Writer:
    """Writes contexts, executions, artifacts and events as TFX 1.16's launcher does."""

    def __init__(self, place: Path | pb.ConnectionConfig):
        config = place if isinstance(place, pb.ConnectionConfig) else pb.ConnectionConfig()
        if isinstance(place, Path):
            config.sqlite.filename_uri = str(place)
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
    (version / "manifest.json").write_text(
        json.dumps({"files": {"model.tflite": hashlib.sha256(b"model").hexdigest()}})
    )
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


class MetadataServer(service.MetadataStoreServiceServicer):
    """ML Metadata's service, on loopback, over the library's own store: there is no package with the server's program.

    Every method hands the bytes of its request to the function of the same name, as `metadata_store_service_impl.cc`
    does, and answers an error with its code.
    """

    def __init__(self, store: MetadataStore, credentials: grpc.ServerCredentials | None = None):
        self._store, self._one_at_a_time, self.asked = store, threading.Lock(), set[str]()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        for name in dir(native):
            if not name.startswith("_") and hasattr(service.MetadataStoreServiceServicer, name):
                setattr(self, name, self._answering(name))
        service.add_MetadataStoreServiceServicer_to_server(self, self._server)
        place = "127.0.0.1:0"
        port = (
            self._server.add_secure_port(place, credentials) if credentials else self._server.add_insecure_port(place)
        )
        self.address = f"{'grpcs' if credentials else 'grpc'}://localhost:{port}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def _answering(self, name: str) -> Any:
        from ml_metadata.proto import metadata_store_service_pb2 as messages

        answer = getattr(messages, f"{name}Response")

        def method(request: Any, context: grpc.ServicerContext) -> Any:
            self.asked.add(name)
            with self._one_at_a_time:
                given = getattr(native, name)(self._store._metadata_store, request.SerializeToString())
            response, message, code = given
            if code:
                context.abort(next(c for c in grpc.StatusCode if c.value[0] == code), message.decode())
            return answer.FromString(response)

        return method


def store_in_memory() -> MetadataStore:
    config = pb.ConnectionConfig()
    config.fake_database.SetInParent()
    return MetadataStore(config)


class KubeflowRuns:
    """Writes runs as driver and launcher do, with what a real run's components recorded (recorded_run.json).

    That run was a local one of a drawn data set, with a warm start from a published model; its artifacts were turned
    into ExecutorOutput by TFX's own `kubeflow_v2_entrypoint_utils`, and its addresses are now those of a bucket.
    """

    RECORDED = json.loads(Path(__file__).with_name("recorded_run.json").read_text())
    SESSION = '{"Provider":"minio","Params":{"endpoint":"minio-service.kubeflow:9000","secretName":"mlpipeline-minio"}}'

    def __init__(self, store: MetadataStore, root: str = "minio://mlpipeline/v2/artifacts"):
        self.kfp, self.root = KfpMetadata(store), root

    def begin(self, pipeline: str, run: str) -> tuple[records.PipelineContexts, records.RecordedExecution]:
        contexts = self.kfp.get_pipeline(pipeline, run, "kubeflow", "run-resource", self.root, self.SESSION)
        root = records.ExecutionConfig(records.DAG_EXECUTION, name=f"run/{run}", input_parameters={})
        return contexts, self.kfp.create_execution(contexts, root)

    def run(self, run: str, cached: str | None = None, uncached: tuple[str, ...] = (), failing: str = "") -> None:
        """A run of the whole pipeline.

        Args:
          run: its id.
          cached: a run whose results the cache gives, but for the tasks `uncached`.
          failing: the task that fails, after which none is begun.
        """
        contexts, dag = self.begin("coralline", run)
        for number, step in enumerate(self.RECORDED):
            task = step["task"]
            hit = self.execution(cached, task) if cached and task not in uncached else None
            execution = self.drive(contexts, dag, step, hit)
            if hit is not None:
                reused = list(self.kfp.get_output_artifacts(hit.id).values())
                self.kfp.publish_execution(execution, hit.parameters[1], reused, "CACHED")
                continue
            self.launch(execution, step, number, failed=task == failing)
            if task == failing:
                return

    def execution(self, run: str, task: str) -> records.RecordedExecution:
        dag = self.kfp.get_execution_by_name(records.DAG_EXECUTION, f"run/{run}")
        return self.kfp.get_executions_in_dag(dag)[f"{task}_{dag.id}"]

    def drive(self, contexts: Any, dag: Any, step: Any, hit: Any = None) -> records.RecordedExecution:
        tasks = self.kfp.get_executions_in_dag(dag)
        artifacts = {
            name: {"artifacts": [self.kfp.get_output_artifacts(tasks[f"{task}_{dag.id}"].id)[output].as_input()]}
            for name, (task, output) in step["inputs"].items()
        }
        given = {"inputs": {"artifacts": artifacts, "parameterValues": step["settings"]}}
        config = records.config_of(
            given,
            records.CONTAINER_EXECUTION,
            task_name=step["task"],
            display_name=step["task"],
            parent_dag_id=dag.id,
            fingerprint="5d1f",
            cached_execution_id=str(hit.id) if hit else "",
        )
        return self.kfp.create_execution(contexts, config)

    def launch(self, execution: records.RecordedExecution, step: Any, number: int = 0, failed: bool = False) -> None:
        self.kfp.pre_publish_execution(execution, f"coralline-{number}", "uid", "kubeflow")
        if failed:
            self.kfp.publish_execution(execution, None, [], "FAILED")
            return
        place = f"{execution.contexts.pipeline_root}/{step['task']}/{execution.id}"
        made = {
            name: {**output, "type": {"instanceSchema": f"title: {output['type']}\ntype: object\n"}}
            for name, output in step["outputs"].items()
        }
        made["executor-logs"] = {"type": {"schemaTitle": "system.Artifact"}, "metadata": {}}
        recorded = [
            self.kfp.record_artifact(name, {**output, "uri": f"{place}/{name}"}, self.SESSION)
            for name, output in made.items()
        ]
        self.kfp.publish_execution(execution, {}, recorded, "COMPLETE")


FIRST, AGAIN, FAILED = "0b7e64f1-first", "1c8f75a2-again", "2d9086b3-failed"


@pytest.fixture(scope="session")
def kubeflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetadataServer]:
    """The service over three runs: one published, one on unchanged data, one whose training failed."""
    store = store_in_memory()
    runs = KubeflowRuns(store)
    runs.run(FIRST)
    runs.run(AGAIN, cached=FIRST, uncached=("ServedModelImporter", "Evaluator", "EdgeTpuPusher"))
    runs.run(FAILED, failing="QatTrainer")
    server = MetadataServer(store)
    yield server
    server.stop()


@pytest.fixture
def kubeflow_runs() -> Iterator[tuple[KubeflowRuns, str]]:
    """For runs of one's own: what writes them, and the address of the service over them."""
    store = store_in_memory()
    server = MetadataServer(store)
    yield KubeflowRuns(store), server.address
    server.stop()


@pytest.fixture
def metadata_server() -> Iterator[Any]:
    """`metadata_server(credentials=None) -> MetadataServer`: the service over an empty store."""
    started: list[MetadataServer] = []

    def start(credentials: grpc.ServerCredentials | None = None) -> MetadataServer:
        started.append(MetadataServer(store_in_memory(), credentials))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def kubeflow_writer() -> type[KubeflowRuns]:
    """`kubeflow_writer(store) -> KubeflowRuns`."""
    return KubeflowRuns


@pytest.fixture(scope="session")
def tfx_writer() -> type[Writer]:
    """`tfx_writer(file_or_config) -> Writer`."""
    return Writer


@pytest.fixture(scope="session")
def loaded_by_lineage() -> Callable[..., list[str]]:
    """`loaded_by_lineage(*arguments)`: which of the heavy libraries a call of the command has loaded."""

    def loaded(*arguments: Any) -> list[str]:
        script = (
            "import sys; from click.testing import CliRunner; from pipeline.commands.lineage.command import command\n"
            f"assert CliRunner().invoke(command, {[str(argument) for argument in arguments]!r}).exit_code == 0\n"
            "print(*(m for m in ('tensorflow', 'tfx', 'numpy', 'pymysql') if m in sys.modules))"
        )
        return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    return loaded
