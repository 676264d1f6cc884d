"""Tasks of the compiled pipeline, run by their own commands with ExecutorInputs as Kubeflow's driver makes them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils

from components.kept_address import kept_address
from coralline.foundation.errors import UserError
from coralline.lineage.recorded_names import EVERY_ARTIFACT, recorded_names
from coralline.publishing import published
from deployment.entrypoint.executor_input import exec_properties, for_tfx, read_executor_input
from deployment.entrypoint.executor_output import executor_output, write_executor_output
from deployment.entrypoint.fingerprint_data import fingerprint_data
from deployment.entrypoint.fingerprint_served import fingerprint_served
from deployment.entrypoint.launcher_mirror import LauncherMirror
from deployment.entrypoint.run_task import TaskCommand, name_addresses, number_as_recorded, run_id_of, run_task

_OTHERS_WRITE = {"tfx_version", "display_name"}


@pytest.fixture
def candidate(backend: Any) -> Callable[[bytes], None]:
    def write(model: bytes) -> None:
        backend.record("TFLiteExporter", "tflite_model", {})
        folder = backend.path_of("TFLiteExporter", "tflite_model")
        folder.mkdir(parents=True)
        (folder / "model.tflite").write_bytes(model)

    return write


def _said_of_served(backend: Any, place: str) -> dict[str, str]:
    given = read_executor_input(backend.args("ServedFingerprint", {"published_at": place})[1])
    fingerprint_served(given, LauncherMirror(str(backend.mirror)))
    return backend.parameters()


def test_a_task_takes_the_launchers_input_and_leaves_what_the_launcher_accepts(backend: Any) -> None:
    _, args = backend.args("DataFingerprint", {"data_path": backend.data})[:2]
    fingerprint_data(read_executor_input(args), {}, {"data_path": "data.path"})
    content = backend.parameters()["data_content"]
    parameters = {"data_path": backend.data, "data_content": content}
    run_task(TaskCommand.parse(backend.args("VocExampleGen", parameters)))
    made = backend.publish("VocExampleGen")
    assert made["examples"]["metadata"]["input_fingerprint"] == content
    assert set(made) == {"examples", "label_map", "report"}, "no executor-logs"
    assert (backend.path_of("VocExampleGen", "label_map") / "label_map.pbtxt").is_file()
    # The backend records nothing of runs and executions for us: what was made says it, under the documented names.
    documented = {name for name in recorded_names() if EVERY_ARTIFACT in name.on} - {"host_gpus"}
    assert all(documented <= set(artifact["metadata"]) for artifact in made.values())
    assert made["label_map"]["metadata"].keys() - documented - _OTHERS_WRITE <= {"host_gpus"}
    assert made["report"]["metadata"]["host_memory_bytes"] > 100 << 20
    run_task(TaskCommand.parse(backend.args("StatisticsGen")))
    [statistics] = backend.publish("StatisticsGen").values()
    assert documented <= set(statistics["metadata"]), "of TFX's components too"


def test_examples_of_data_that_has_changed_meanwhile_are_not_made(backend: Any) -> None:
    with pytest.raises(UserError, match="the data has changed while the run was reading it"):
        run_task(
            TaskCommand.parse(backend.args("VocExampleGen", {"data_path": backend.data, "data_content": "another"}))
        )
    assert not backend.output_file.exists()


def test_what_is_served_is_the_baseline_and_found_by_its_version(
    backend: Any, candidate: Callable[[bytes], None]
) -> None:
    candidate(b"new")
    place = str(backend.mirror / "published")
    nothing = _said_of_served(backend, place)
    assert nothing == {"served_version": "", "served_content": "nothing"}
    version = published.publish(place, {"model.tflite": b"old", "labels.txt": b"cat\n"}, {})
    said = _said_of_served(backend, place)
    assert said["served_version"] == version and said["served_content"].startswith("sha256:")
    run_task(TaskCommand.parse(backend.args("ServedModelImporter", {"published_at": place, **said})))
    metadata = backend.publish("ServedModelImporter")["served_model"]["metadata"]
    assert (metadata["version"], metadata["content"]) == (version, said["served_content"])
    assert (backend.path_of("ServedModelImporter", "served_model") / "model.tflite").read_bytes() == b"old"


def test_after_its_own_push_a_run_says_the_same_about_what_is_served(
    backend: Any, candidate: Callable[[bytes], None]
) -> None:
    candidate(b"new")
    place = str(backend.mirror / "published")
    published.publish(place, {"model.tflite": b"old"}, {})
    before = _said_of_served(backend, place)
    published.publish(place, {"model.tflite": b"new"}, {})
    assert _said_of_served(backend, place) == before
    published.publish(place, {"model.tflite": b"of another run"}, {})
    assert _said_of_served(backend, place) != before


def test_artifacts_keep_their_ids_and_numbers_become_whole_again(backend: Any) -> None:
    backend.record("VocExampleGen", "examples", {"span": 3.0, "split_names": '["train"]', "blessed": {"list": [1.0]}})
    backend.record("VocExampleGen", "label_map", {})
    command = TaskCommand.parse(backend.args("StatisticsGen"))
    given = read_executor_input(command.executor_input)
    task = for_tfx(given, command.inputs_spec, command.outputs_spec, LauncherMirror(str(backend.mirror)))
    inputs = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(task.inputs.artifacts)
    number_as_recorded(task, inputs, {})
    [examples] = inputs["examples"]
    assert (type(examples).__name__, examples.id, examples.span) == ("Examples", 1, 3)
    assert examples.uri == str(backend.path_of("VocExampleGen", "examples"))
    assert examples.get_json_value_custom_property("blessed") == [1.0]
    assert kept_address(examples) == examples.uri
    name_addresses(given, inputs)
    assert kept_address(examples) == backend.uri("VocExampleGen", "examples") != examples.uri
    assert run_id_of(given) == backend.run_id


def test_settings_of_the_run_take_the_place_of_compiled_ones(backend: Any) -> None:
    command = TaskCommand.parse(
        backend.args("QatTrainer", {"train_float_steps": "7", "train_qat_steps": ""}, inputs=False)
    )
    assert command.run_parameters == {"train_float_steps": "train.float_steps", "train_qat_steps": "train.qat_steps"}
    given = read_executor_input(command.executor_input)
    properties = exec_properties(given, command.inputs_spec, command.run_parameters)
    assert json.loads(properties["train"]) == {"version": 1, "float_steps": "7", "qat_steps": None}
    assert properties["network_version"] == 1 and type(properties["network_version"]) is int
    assert not set(command.run_parameters) & set(properties)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"train_float_steps": "many"}, "`train.float_steps` must be a whole number, at least 1"),
        ({"data_path": ""}, "`data.path` must be text"),
        ({"data_path": "/nowhere"}, "there is no such folder"),
    ],
)
def test_the_first_step_refuses_settings_that_cannot_be(backend: Any, given: dict[str, str], told: str) -> None:
    flags = backend.args("DataFingerprint", {"data_path": backend.data, **given})
    _, args, _, settings, _, parameters = flags
    with pytest.raises(UserError, match=told):
        fingerprint_data(read_executor_input(args), json.loads(settings), json.loads(parameters))
    assert not backend.output_file.exists()


def test_a_mistake_is_one_message_and_ends_with_1(backend: Any) -> None:
    args = backend.args("DataFingerprint", {"data_path": "/nowhere"})
    command = [sys.executable, "-m", "deployment.entrypoint.fingerprint_data", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: /nowhere: there is no such folder") and "Traceback" not in done.stderr


def test_sigterm_ends_a_step_that_is_deep_in_a_call() -> None:
    code = (
        "import ctypes\n"
        "from deployment.entrypoint.process_end import run_to_its_end\n"
        "def work():\n    print('at work', flush=True)\n    [ctypes.CDLL(None).sleep(600) for _ in range(9)]\n"
        "run_to_its_end(work)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[1] == "ended by SIGTERM\n"
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("shape", [b"{}", b'{"outputs": {"outputFile": "/x"}, "newField": 1}'])
def test_fields_of_a_newer_backend_are_passed_over(shape: bytes) -> None:
    assert read_executor_input(shape.decode()) is not None


def test_metadata_that_the_launcher_cannot_record_is_left_out_or_text(backend: Any) -> None:
    made = pipeline_spec_pb2.ArtifactList()
    artifact = made.artifacts.add(uri="/somewhere")
    artifact.metadata.update({"nothing": None, "AP": float("nan"), "images": 3.0})
    given = read_executor_input(backend.args("SchemaGen", inputs=False)[3])
    answer = executor_output({"schema": made}, given)
    [said] = answer.artifacts["schema"].artifacts
    assert json_format.MessageToDict(said.metadata) == {"AP": "nan", "images": 3.0}
    assert said.uri == backend.uri("SchemaGen", "schema")
    # Where older backends look for it, in a folder that isn't there yet.
    place = backend.mirror / "tmp/kfp_outputs/output_metadata.json"
    write_executor_output(answer, str(place))
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://bucket/a/b", "/gcs/bucket/a/b"),
        ("s3://bucket/a", "/s3/bucket/a"),
        ("minio://bucket/a", "/minio/bucket/a"),
        ("/somewhere/of/a/local/runner", "/somewhere/of/a/local/runner"),
    ],
)
def test_artifacts_lie_where_the_launcher_copies_them(uri: str, path: str) -> None:
    assert LauncherMirror().path_of(uri) == path
    on_volume = LauncherMirror("/mnt/yard/artifacts").path_of(uri)
    assert on_volume == (f"/mnt/yard/artifacts{path}" if "://" in uri else path)
