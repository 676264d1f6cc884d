"""What the emulation does with specs of scripts, by the backend's rules: contract, cache, pods, retries."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from deployment.emulation.backend_error import BackendError
from deployment.emulation.bucket_client import open_bucket
from deployment.emulation.bucket_uris import bucket_of_artifact, mirrored
from deployment.emulation.cluster_description import ClusterDescription, NodeDescription
from deployment.emulation.emulated_backend import EmulatedBackend, TaskFailedError, open_metadata
from deployment.emulation.task_driver import BackendOptions

_SAYING = 'answer({"artifacts": {"out": {"artifacts": [%s]}}})'


@pytest.fixture
def root(s3_bucket: str, tmp_path: Path) -> str:
    return f"minio://bucket/{tmp_path.name}"


def _object(uri: str, tmp_path: Path) -> str:
    config = bucket_of_artifact(uri)
    open_bucket(config).download(config.key_of(uri), tmp_path / "object")
    return (tmp_path / "object").read_text()


def _output(task: Any, name: str = "out") -> str:
    return str(task.executor_input["outputs"]["artifacts"][name]["artifacts"][0]["uri"])


def _failure(backend: EmulatedBackend, spec: bytes, root: str) -> TaskFailedError:
    progress = backend.begin(spec, "spec.yaml", root, {})
    with pytest.raises(TaskFailedError) as caught:
        list(backend.perform(progress))
    return caught.value


@pytest.mark.parametrize("scheme", ["minio", "s3", "gs"])
def test_a_task_is_given_what_the_backend_gives(backend, scripts, scheme, tmp_path, request) -> None:
    request.getfixturevalue("gs_bucket" if scheme == "gs" else "s3_bucket")
    root = f"{scheme}://bucket/{tmp_path.name}"
    said = {"metadata": {"span": 3, "ok": True, "name": "n", "share": 0.5}}
    write = 'open(given["outputs"]["parameters"]["p_hash"]["outputFile"], "w").write("abc")'
    answer = f'answer({{"artifacts": {{"out": {{"artifacts": [{said!r}]}}}}}})'
    spec = scripts.compiled(
        {
            "Make": scripts.Task(f"make()\n{write}\n{answer}", gives=("out", "p_hash")),
            "Take": scripts.Task(
                "make(sys.argv[1] + taken())",
                takes={"taken": ("Make", "out"), "hash": ("Make", "p_hash")},
            ),
        }
    )
    progress = backend.begin(spec, "spec.yaml", root, {})
    tasks = dict(backend.perform(progress))

    written = _object(f"{_output(tasks['Take'])}/made", tmp_path)
    assert written.endswith("made"), "the input was downloaded"
    given = json.loads(written.removesuffix("made"))
    assert given["inputs"]["parameterValues"] == {"hash": "abc"}
    (taken,) = given["inputs"]["artifacts"]["taken"]["artifacts"]
    assert taken["type"] == {"instanceSchema": ""} and taken["name"].isdigit()
    assert taken["metadata"].items() >= {"span": 3, "ok": 1, "name": "n", "share": 0.5}.items()
    assert taken["uri"] == _output(tasks["Make"])
    assert taken["uri"].startswith(f"{root}/scripts/{progress.run_id}/Make/")
    (logs,) = given["outputs"]["artifacts"]["executor-logs"]["artifacts"]
    assert logs["type"] == {"schemaTitle": "system.Artifact"} and logs["uri"].endswith("/executor-logs-0")
    folder = (mirrored(_output(tasks["Take"])) or "").removesuffix("/out")
    assert given["outputs"]["outputFile"] == f"{folder}/output_metadata.json"


def test_logs_off_and_an_older_backend(backend, scripts, root) -> None:
    options = BackendOptions(publish_logs=False, old_output_file=True)
    said = 'answer({"parameterValues": {"p_file": given["outputs"]["outputFile"]}})'
    spec = scripts.compiled({"Make": scripts.Task(said, gives=("p_file",))})
    tasks = scripts.performed(dataclasses.replace(backend, options=options), spec, root)
    assert tasks["Make"].executor_input["outputs"]["artifacts"] == {}
    _, said = open_metadata(backend.state).get_execution(tasks["Make"].execution).parameters
    assert said == {"p_file": "/tmp/kfp_outputs/output_metadata.json"}


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (_SAYING % '{"metadata": {"a": None}}', "unable to produce MLMD artifact"),
        (_SAYING % '{"uri": "minio://bucket/elsewhere"}', "does not have expected bucket prefix"),
        ('answer({"artefacts": {}})', "failed to unmarshall ExecutorOutput"),
        ('answer("{")', "failed to unmarshall ExecutorOutput"),
        ('answer(\'{"parameterValues": {"a": NaN}}\')', "failed to unmarshall ExecutorOutput"),
        ('print("what went wrong"); sys.exit(3)', "exit status 3"),
        ("os.kill(os.getpid(), 9)", "signal: 9|exit status 137"),
    ],
    ids=["null metadata", "URI outside the root", "unknown field", "no JSON", "NaN", "exit code", "killed"],
)  # fmt: skip
def test_an_answer_that_the_launcher_refuses_fails_the_task(backend, scripts, root, script, message, tmp_path) -> None:
    failure = _failure(backend, scripts.compiled({"Make": scripts.Task(script)}), root)
    assert failure.task == "Make"
    with pytest.raises(TaskFailedError, match=message):
        raise failure
    if "went" in script:
        assert failure.log is not None and "what went wrong" in failure.log.read_text()
        (run,) = (backend.state / "runs").iterdir()
        logs = json.loads((run / "run.json").read_text())["tasks"]["Make"]["executor_input"]["outputs"]["artifacts"]
        uri = f"{logs['executor-logs']['artifacts'][0]['uri']}-0"
        assert _object(uri, tmp_path) == "what went wrong\n", "the log of a failed task is kept"


def test_what_is_not_there_or_in_no_bucket_is_a_warning_until_another_task_takes_it(backend, scripts, root) -> None:
    local = scripts.Task(_SAYING % '{"uri": "/claim/models/1"}')
    tasks = {"Local": local, "Nothing": scripts.Task("pass")}
    done = scripts.performed(backend, scripts.compiled(tasks), root)
    assert "does not have a recognized storage URI" in done["Local"].warnings[0]
    assert "does not exist" in done["Nothing"].warnings[0]
    tasks["Take"] = scripts.Task(
        'assert not os.path.exists(mirror(given["inputs"]["artifacts"]["b"]["artifacts"][0]["uri"]))',
        {"b": ("Nothing", "out")},
        gives=(),
    )
    tasks["TakeLocal"] = scripts.Task("", {"a": ("Local", "out")}, gives=())
    failure = _failure(backend, scripts.compiled(tasks), root)
    assert failure.task == "TakeLocal" and 'unrecognized uri format: "/claim/models/1"' in failure.message


def test_an_empty_object_that_stands_for_a_folder_breaks_the_download(backend, scripts, root, tmp_path) -> None:
    spec = scripts.compiled({"Make": scripts.Task(), "Take": scripts.Task("taken()", {"taken": ("Make", "out")})})
    progress = backend.begin(spec, "spec.yaml", root, {})
    with pytest.raises(TaskFailedError, match="not a directory"):
        for name, task in backend.perform(progress):
            if name == "Make":
                config = bucket_of_artifact(_output(task))
                (tmp_path / "empty").touch()
                open_bucket(config).upload(tmp_path / "empty", f"{config.key_of(_output(task))}/")


def test_the_cache_answers_for_equal_inputs_and_only_for_them(backend, scripts, root) -> None:
    def states(make: str = "make()", image: str = "scripts:1", uncached: bool = False) -> list[str]:
        first = scripts.Task(make, task={"cachingOptions": {}} if uncached else {}, container={"image": image})
        spec = scripts.compiled({"Make": first, "Take": scripts.Task("make(taken())", {"taken": ("Make", "out")})})
        return [task.state for task in scripts.performed(backend, spec, root).values()]

    assert states() == ["succeeded", "succeeded"]
    assert states() == ["cached", "cached"]
    assert states(uncached=True) == ["succeeded", "succeeded"], "equal content of another artifact is another key"
    assert states(image="scripts:2") == ["succeeded", "succeeded"]
    assert states(make="make() ") == ["succeeded", "succeeded"]
    other = dataclasses.replace(backend, options=BackendOptions(namespace="other"))
    spec = scripts.compiled({"Make": scripts.Task()})
    assert [task.state for task in scripts.performed(other, spec, root).values()] == ["succeeded"]


def test_a_run_takes_parameters_and_refuses_wrong_ones(backend, scripts, root) -> None:
    task = scripts.Task(
        """run = "{{$.inputs.parameters['run']}}"
assert given["inputs"]["parameterValues"] == {"n": "7", "m": "x", "run": run} and len(run) == 36, given["inputs"]""",
        gives=(),
        parameters={
            "n": {"componentInputParameter": "n"},
            "m": {"componentInputParameter": "m"},
            "run": {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}},
        },
    )
    spec = scripts.compiled(
        {"Make": task},
        n={"parameterType": "NUMBER_INTEGER"},
        m={"parameterType": "STRING", "defaultValue": "x"},
    )
    scripts.performed(backend, spec, root, n=7)
    for wrong, message in (({}, "n is not optional"), ({"n": "7"}, "wrong type"), ({"n": 7, "o": 1}, "no parameter o")):
        with pytest.raises(Exception, match=message):
            backend.begin(spec, "spec.yaml", root, wrong)


@pytest.mark.parametrize("root", ["/srv/pipelines", "file:///srv/pipelines", "https://host/bucket"])
def test_a_root_that_is_in_no_bucket_is_refused(backend, scripts, root) -> None:
    with pytest.raises(BackendError, match="parse bucket config failed"):
        backend.begin(scripts.compiled({"Make": scripts.Task()}), "spec.yaml", root, {})


def test_a_run_without_a_root_goes_to_the_default(backend, scripts) -> None:
    assert (
        backend.begin(scripts.compiled({"Make": scripts.Task()}), "s", None, {}).root
        == "minio://mlpipeline/v2/artifacts"
    )


def test_a_pod_has_its_own_folders_its_claims_and_nothing_of_this_machine(backend, scripts, root, tmp_path) -> None:
    (tmp_path / "claim").mkdir()
    (tmp_path / "secret").write_text("of this machine")
    check = f"""
assert os.environ["KEY"] == "k" and os.environ["PLAIN"] == "p" and "AWS_SECRET_ACCESS_KEY" not in os.environ
assert not os.path.exists({str(tmp_path / "secret")!r}) and os.listdir("/tmp") == []
for folder in ("/minio/left", "/tmp/left", "/left", "/mnt/claim/kept"):
    open(folder + given["inputs"]["parameterValues"]["n"], "w").close()
assert sorted(os.listdir("/mnt/claim"))[-1] == "kept" + given["inputs"]["parameterValues"]["n"]
assert len([name for name in os.listdir("/minio") if name.startswith("left")]) == 1
"""
    tasks = {
        name: scripts.Task(
            check,
            gives=(),
            parameters={"n": {"runtimeValue": {"constant": name}}},
            container={"env": [{"name": "PLAIN", "value": "p"}]},
        )
        for name in ("A", "B")
    }
    config = {
        "pvcMount": [{"mountPath": "/mnt/claim", "constant": "data"}],
        "secretAsEnv": [{"secretName": "keys", "keyToEnv": [{"secretKey": "key", "envVar": "KEY"}]}],
    }
    spec = scripts.compiled(tasks, {"A": config, "B": config})
    cluster = ClusterDescription(claims={"data": tmp_path / "claim"}, secrets={"keys": {"key": "k"}})
    scripts.performed(dataclasses.replace(backend, cluster=cluster), spec, root)
    assert sorted(path.name for path in (tmp_path / "claim").iterdir()) == ["keptA", "keptB"]
    assert list((backend.state / "pods").iterdir()) == []
    assert not Path("/minio").exists() and not Path("/mnt/claim").exists()
    for without, message in (
        (ClusterDescription(claims=cluster.claims), 'secret "keys" not found'),
        (ClusterDescription(secrets=cluster.secrets), 'persistentvolumeclaim "data" not found'),
    ):
        again = dataclasses.replace(backend, cluster=without, options=BackendOptions(cache=False))
        assert message in str(_failure(again, spec, root))


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ({"cpu": 8, "memory": "16G"}, "has no nvidia.com/gpu, 1 needed"),
        ({"cpu": 8, "memory": "7Gi", "nvidia.com/gpu": 1}, "has 7Gi memory, 8000000000 needed"),
        ({"cpu": 8, "memory": "16G", "nvidia.com/gpu": 1}, "lacks the label pool=training"),
        (
            {"cpu": 8, "memory": "16G", "nvidia.com/gpu": 1, "labels": {"pool": "training"}}
            | {"taints": [{"key": "busy", "effect": "NoSchedule"}]},
            "has the taint busy",
        ),
    ],
)
def test_a_placement_that_no_node_has_is_told_in_one_message(backend, scripts, root, node, reason) -> None:
    resources = {"cpuRequest": 4.0, "memoryLimit": 8.0, "accelerator": {"type": "nvidia.com/gpu", "count": "1"}}
    config = {
        "nodeSelector": {"labels": {"pool": "training"}},
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    }
    spec = scripts.compiled({"Make": scripts.Task(container={"resources": resources})}, {"Make": config})
    cluster = ClusterDescription(nodes=[NodeDescription.model_validate(node)])
    failure = _failure(dataclasses.replace(backend, cluster=cluster), spec, root)
    assert "0/1 nodes are available" in str(failure) and reason in str(failure)
    assert failure.log is None


def test_a_failed_pod_is_started_again_as_often_as_its_policy_says(backend, scripts, root, tmp_path) -> None:
    (tmp_path / "claim").mkdir()
    script = """
tries = len(os.listdir("/claim"))
open(f"/claim/{tries}", "w").write(os.environ["KFP_RETRY_INDEX"])
sys.exit(tries < 2)"""
    policy = {"retryPolicy": {"maxRetryCount": 2, "backoffDuration": "0s"}}
    mount = {"Make": {"pvcMount": [{"mountPath": "/claim", "constant": "data"}]}}
    spec = scripts.compiled({"Make": scripts.Task(script, gives=(), task=policy)}, mount)
    cluster = ClusterDescription(claims={"data": tmp_path / "claim"})
    tasks = scripts.performed(dataclasses.replace(backend, cluster=cluster), spec, root)
    assert tasks["Make"].attempts == 3
    assert [path.read_text() for path in sorted((tmp_path / "claim").iterdir())] == ["0", "1", "2"]


def test_a_pod_ends_at_its_deadline(backend, scripts, root) -> None:
    spec = scripts.compiled(
        {"Make": scripts.Task("import time; time.sleep(60)")}, {"Make": {"activeDeadlineSeconds": "1"}}
    )
    assert "signal: 9" in str(_failure(backend, spec, root))


_PERFORM = """
import sys
from pathlib import Path
from deployment.emulation.cluster_description import ClusterDescription
from deployment.emulation.emulated_backend import EmulatedBackend
from deployment.emulation.process_pods import ProcessPods
from deployment.emulation.task_driver import BackendOptions
cluster = ClusterDescription(claims={"data": Path(sys.argv[3])})
backend = EmulatedBackend(Path(sys.argv[1]), cluster, ProcessPods(), BackendOptions())
list(backend.perform(backend.resumed(sys.argv[2])))
"""


def test_a_killed_run_is_retried_from_the_task_that_had_not_ended(backend, scripts, root, tmp_path) -> None:
    (tmp_path / "claim").mkdir()
    cluster = ClusterDescription(claims={"data": tmp_path / "claim"})
    backend = dataclasses.replace(backend, cluster=cluster)
    script = """
import time
if not os.path.exists("/claim/begun"):
    open("/claim/begun", "w").write(sys.argv[1])
    open("/minio/lost", "w").close()
    time.sleep(60)
assert not os.path.exists("/minio/lost")
make(open("/claim/begun").read())"""
    mount = {"Wait": {"pvcMount": [{"mountPath": "/claim", "constant": "data"}]}}
    spec = scripts.compiled({"Make": scripts.Task(), "Wait": scripts.Task(script, {"taken": ("Make", "out")})}, mount)
    progress = backend.begin(spec, "spec.yaml", root, {})
    command = [sys.executable, "-c", _PERFORM, str(backend.state), progress.run_id, str(tmp_path / "claim")]
    killed = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))})
    try:
        while killed.poll() is None and not (tmp_path / "claim" / "begun").exists():
            time.sleep(0.05)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()

    tasks = dict(backend.perform(backend.resumed(progress.run_id)))
    assert [task.attempts for task in tasks.values()] == [1, 1], "the first isn't run again"
    begun = _object(f"{_output(tasks['Wait'])}/made", tmp_path)
    (out,) = json.loads(begun)["outputs"]["artifacts"]["out"]["artifacts"]
    assert out["uri"] == _output(tasks["Wait"]), "with the same ExecutorInput"


def test_two_runs_at_once_do_not_see_each_others_pods(backend, scripts, root) -> None:
    script = """
import time
open("/minio/mine" + os.environ["KFP_POD_UID"], "w").close()
time.sleep(1)
assert [name for name in os.listdir("/minio") if name.startswith("mine")] == ["mine" + os.environ["KFP_POD_UID"]]
make()"""
    spec = scripts.compiled({"Make": scripts.Task(script)})
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: scripts.performed(backend, spec, root), range(2)))
    assert len({_output(run["Make"]) for run in runs}) == 2
    with contextlib.suppress(FileNotFoundError):
        assert list((backend.state / "pods").iterdir()) == []
