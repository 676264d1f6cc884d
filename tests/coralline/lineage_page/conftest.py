"""An output folder as runs leave it, with a store that ML Metadata wrote, and the page's server on loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.lineage_page.page_server import PageOptions, PageServer

DONE, REUSED, FAILED = pb.Execution.COMPLETE, pb.Execution.CACHED, pb.Execution.FAILED


class RecordedRuns:
    """Writes as TFX's launcher does."""

    def __init__(self, out: Path):
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(out / "metadata.sqlite")
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store, self.out = MetadataStore(config), out
        self._contexts: dict[tuple[str, str], pb.Context] = {}

    def artifact(self, type_name: str, uri: str | Path, **properties: Any) -> pb.Artifact:
        type_id = self.store.put_artifact_type(pb.ArtifactType(name=type_name))
        artifact = pb.Artifact(type_id=type_id, uri=str(uri), state=pb.Artifact.LIVE)
        for key, value in properties.items():
            kind = {int: "int_value", float: "double_value", str: "string_value"}[type(value)]
            setattr(artifact.custom_properties[key], kind, value)
        return artifact

    def execute(self, run: str, node: str, state: int, inputs: Any, outputs: Any, **settings: str) -> int:
        """Adds a step; its artifacts have their ids afterwards."""
        type_id = self.store.put_execution_type(pb.ExecutionType(name=node))
        execution = pb.Execution(type_id=type_id, last_known_state=state, name=f"{run}.{node}")
        for key, value in settings.items():
            execution.custom_properties[key].string_value = value
        pairs = [(a, _event(pb.Event.INPUT, name)) for name, a in inputs.items()]
        pairs += [(a, _event(pb.Event.OUTPUT, name)) for name, a in outputs.items()]
        names = (("pipeline", "yard"), ("pipeline_run", run), ("node", f"yard.{node}"))
        contexts = [self._context(*name) for name in names]
        number, ids, _ = self.store.put_execution(execution, pairs, contexts)
        for (artifact, _), made in zip(pairs, ids, strict=True):
            artifact.id = made
        return int(number)

    def _context(self, type_name: str, name: str) -> pb.Context:
        if (type_name, name) not in self._contexts:
            context = pb.Context(type_id=self.store.put_context_type(pb.ContextType(name=type_name)), name=name)
            (context.id,) = self.store.put_contexts([context])
            self._contexts[type_name, name] = context
        return self._contexts[type_name, name]


def _event(kind: int, name: str) -> pb.Event:
    event = pb.Event(type=kind)
    event.path.steps.add().key = name
    event.path.steps.add().index = 0
    return event


class Page:
    """The page's server and a client that sends a path as it is given."""

    def __init__(self, server: PageServer):
        self.server, self.address = server, urllib.parse.urlsplit(server.address)
        self.token = urllib.parse.parse_qs(self.address.query).get("token", [""])[0]

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (in small letters) and body; `Host` may be given as `host`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="host" in headers)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        status, _, body = self.get(path)
        assert status == 200, body
        return json.loads(body)

    def error(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
        status, answered, body = self.get(path, **headers)
        assert answered["content-type"] == "application/json" and b"Traceback" not in body
        return status, json.loads(body)["error"]


@pytest.fixture
def recorded(tmp_path: Path) -> RecordedRuns:
    """An output folder with a run that published a model, one that reused it, and one that failed."""
    return _recorded(tmp_path)


def _recorded(tmp_path: Path) -> RecordedRuns:
    runs, artifacts = RecordedRuns(tmp_path), tmp_path / "artifacts"
    report, labels = artifacts / "Evaluator" / "report" / "3", artifacts / "VocExampleGen" / "label_map" / "1"
    for folder in (report, labels, tmp_path / "logs"):
        folder.mkdir(parents=True)
    (report / "report.html").write_text("<script>document.title = 'hello'</script>")
    (report / "curve.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    (labels / "labels.txt").write_text("cat\ndog\n")
    (labels / "weights.bin").write_bytes(b"\0\1\2")
    (tmp_path / "logs" / "20260101-000000-aaaa.log").write_text("loss 0.4\n")
    examples = runs.artifact("Examples", artifacts / "VocExampleGen" / "examples" / "1", input_fingerprint="f1")
    label_map = runs.artifact("components.LabelMap", labels)
    model = runs.artifact("Model", artifacts / "QatTrainer" / "model" / "2")
    figures = {"AP": 0.61, "AP50": 0.9, "images": 40, "split": "eval"}
    evaluation = runs.artifact("components.EvaluationReport", report, **figures)
    blessing = runs.artifact("ModelBlessing", artifacts / "b", blessed=1, reasons="AP50 0.900 reaches 0.500")
    where = {"pushed_destination": str(tmp_path / "published"), "pushed_version": "v1"}
    pushed = runs.artifact("PushedModel", artifacts / "EdgeTpuPusher" / "pushed" / "4", pushed=1, **where)
    taken = {"examples": examples, "label_map": label_map}
    for run, state in (("20260101-000000-aaaa", DONE), ("20260102-000000-bbbb", REUSED)):
        runs.execute(run, "VocExampleGen", state, {}, taken, data=json.dumps({"path": "/data/raccoon"}))
        runs.execute(run, "QatTrainer", state, taken, {"model": model}, model='{"preset": "demo_160"}')
        runs.execute(run, "Evaluator", state, {"model": model}, {"report": evaluation, "blessing": blessing})
        runs.execute(run, "EdgeTpuPusher", state, {"model": model}, {"pushed_model": pushed})
    runs.execute("20260103-000000-cccc", "VocExampleGen", FAILED, {}, {}, error_message="<b>no</b> annotations\x07")
    return runs


@contextlib.contextmanager
def serving(store: str | Path, **options: Any) -> Iterator[Page]:
    """The page's server, which has read the store."""
    server, ready = PageServer(PageOptions(str(store), port=0, **options)), threading.Event()
    thread = threading.Thread(target=server.run, args=(ready.set,))
    thread.start()
    try:
        assert ready.wait(30)
        server.page.watch.wait_until_loaded(30)
        yield Page(server)
    finally:
        server.stop()
        thread.join(30)


@pytest.fixture
def open_page() -> Iterator[Callable[..., Page]]:
    """Starts servers, as `serving` does, which end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda store, **options: stack.enter_context(serving(store, **options))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page over the recorded runs, for tests that change nothing."""
    with serving(_recorded(tmp_path_factory.mktemp("out")).out) as page:
        yield page
