"""`coralline lineage` and `coralline report` on runs that Kubeflow recorded, asked through ML Metadata's service."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import coralline
from deployment.emulation import metadata_records as records
from pipeline.commands import report
from pipeline.commands.lineage.command import command

FIRST, AGAIN, FAILED = "0b7e64f1-first", "1c8f75a2-again", "2d9086b3-failed"
PUBLISHED = "s3://yard/published/20261130T102726Z-9be620b0"


def call(store: Any, *arguments: Any) -> str:
    asked = [*map(str, arguments), "--store", store if isinstance(store, str) else store.address]
    result = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_lists_a_clusters_runs_with_state_code_and_what_was_reused(kubeflow, valid_document):
    runs = valid_document(call(kubeflow, "list", "--json"))["runs"]
    assert [(run["run_id"], run["pipeline"], run["state"]) for run in runs] == [
        (FAILED, "coralline", "FAILED"),
        (AGAIN, "coralline", "COMPLETE"),
        (FIRST, "coralline", "COMPLETE"),
    ]
    assert {run["properties"]["git_commit"][:7] for run in runs} == {"cf5a16c"}
    assert [len(run["executions"]) for run in runs] == [4, 10, 10]  # tasks; the DAG of a run isn't one
    assert "7 of 10" in call(kubeflow, "list")


def test_shows_a_run_with_its_tasks_settings_and_where_a_failures_reason_is(kubeflow, valid_document):
    run = valid_document(call(kubeflow, "show", "2d90", "--json"))
    trainer = run["steps"][-1]
    assert (trainer["node"], trainer["state"]) == ("QatTrainer", "FAILED")
    assert trainer["settings"]["train"]["float_steps"] == 4
    assert trainer["failure"] == "the reason is in the log of pod coralline-3, namespace kubeflow"
    assert [artifact["type"] for artifact in trainer["inputs"]["examples"]] == ["Examples"]
    assert trainer["failure"] in call(kubeflow, "show", FAILED)
    reused = valid_document(call(kubeflow, "show", AGAIN, "--json"))["steps"][0]
    assert (reused["state"], reused["details"]["cached_execution_id"]) == ("CACHED", "2")
    assert "cached_execution_id" in call(kubeflow, "show", f"execution:{reused['execution']}")


def test_why_answers_as_for_a_local_run(kubeflow, valid_document):
    why = valid_document(call(kubeflow, "why", f"{PUBLISHED}/model.tflite", "--json"))
    assert why["artifact"]["type"] == "PushedModel"
    assert why["artifact"]["properties"]["edgetpu_total"] == 108
    assert (why["run"], why["code"]["git_commit"][:7]) == (FIRST, "cf5a16c")  # who published it first
    data = why["data"]["VocExampleGen"]
    assert data["data"] == {"path": "s3://yard/data", "version": 2}
    assert data["input_fingerprint"].startswith("6c5d7b05") and data["span"] == 0
    counts = {name: data[name] for name in ("images", "boxes", "classes", "train_images", "eval_images")}
    assert counts == {"images": 40, "boxes": 98, "classes": 3, "train_images": 32, "eval_images": 8}
    assert not {"display_name", "store_session_info"} & data.keys()
    assert why["settings"]["QatTrainer"]["model"]["preset"] == "demo_160"
    assert why["settings"]["Evaluator"]["evaluate"]["min_ap50"] == 0.0
    assert why["baseline"]["version"] == why["warm_start"]["version"] == "20261130T100703Z-efd3492b"
    assert why["warm_start"]["source"] == "latest_blessed"
    verdict = {name: why["recorded"][name] for name in ("AP50", "images", "split", "blessed", "published")}
    assert verdict == {"AP50": 0, "images": 8, "split": "eval", "blessed": True, "published": PUBLISHED}
    trained = [step for step in why["steps"] if step["node"] == "QatTrainer"]
    assert [(step["run"], step["state"]) for step in trained] == [(FIRST, "COMPLETE")]
    text = call(kubeflow, "why", PUBLISHED)
    assert "blessed; AP 0.000, AP50 0.000, AP75 0.000 on 8 eval images" in text
    assert "s3://yard/published/" in text and "40 images, 98 boxes (32 train, 8 eval)" in text
    text = call(kubeflow, "why", PUBLISHED, "--all")
    assert "on 8 eval images; blessed; published as s3://yard/published/" in text and "images 40" in text


def test_a_version_on_a_clusters_volume_is_known_by_its_path_there_and_a_copy_by_its_manifest(
    kubeflow, kubeflow_runs, tmp_path
):
    copy = tmp_path / "models"
    copy.mkdir()
    version = PUBLISHED.rpartition("/")[2]
    (copy / "model.tflite").write_bytes(b"model")
    files = {"model.tflite": hashlib.sha256(b"model").hexdigest()}
    (copy / "manifest.json").write_text(json.dumps({"version": version, "files": files}))
    assert coralline.why(copy / "model.tflite", kubeflow.address)["artifact"]["properties"]["pushed_version"] == version
    runs, address = kubeflow_runs
    contexts, dag = runs.begin("coralline", "run-6")
    pushed = {"type": "tfx.PushedModel", "metadata": {"pushed_destination": "/mnt/of-the-pod", "pushed_version": "v1"}}
    step = {"task": "EdgeTpuPusher", "settings": {}, "inputs": {}, "outputs": {"pushed_model": pushed}}
    runs.launch(runs.drive(contexts, dag, step), step)
    assert coralline.why("/mnt/of-the-pod/v1/model.tflite", address)["run"] == "run-6"
    with pytest.raises(coralline.UserError, match="no such file"):
        coralline.why("/mnt/of-the-pod/v2/model.tflite", address)


def test_an_artifact_is_followed_through_what_reused_it(kubeflow, valid_document):
    examples = json.loads(call(kubeflow, "show", FIRST, "--json"))["steps"][0]["outputs"]["examples"][0]["id"]
    shown = valid_document(call(kubeflow, "show", f"artifact:{examples}", "--json"))
    assert [step["node"] for step in shown["came_from"]] == ["VocExampleGen"]
    pushed = [step["run"] for step in shown["came_of_it"] if step["node"] == "EdgeTpuPusher"]
    assert pushed == [FIRST, AGAIN]
    shown_in_words = call(kubeflow, "show", f"artifact:{examples}")
    assert "Examples" in shown_in_words and "minio://mlpipeline/v2/artifacts/coralline" in shown_in_words


def test_python_asks_the_same(kubeflow):
    history = coralline.open_lineage(kubeflow.address)
    assert [run.run_id for run in history.runs(1)] == [FAILED]
    assert coralline.why(PUBLISHED, kubeflow.address)["run"] == FIRST


def test_reading_asks_the_service_for_nothing_but_answers(kubeflow):
    kubeflow.asked.clear()
    call(kubeflow, "list")
    call(kubeflow, "why", PUBLISHED)
    assert kubeflow.asked and not [name for name in kubeflow.asked if not name.startswith("Get")]
    with pytest.raises(AttributeError, match="never written"):
        coralline.open_lineage(kubeflow.address)._store.put_artifacts([])


def test_the_report_of_a_clusters_run(kubeflow_runs, tmp_path, valid_document):
    runs, address = kubeflow_runs
    runs.root = str(tmp_path)  # the launcher's bucket, mounted
    runs.run(FIRST)
    (pushed,) = coralline.open_lineage(address).artifacts_of_type("PushedModel")
    (Path(pushed.uri) / "report").mkdir(parents=True)
    (Path(pushed.uri) / "report/report.html").write_text("a page")
    asked = ["--store", address, "--json"]
    found = valid_document(CliRunner().invoke(report.command, asked, catch_exceptions=False).stdout)
    assert found["page"] == f"{pushed.uri}/report/report.html"
    assert found["recorded"] == {
        "AP": 0,
        "AP50": 0,
        "AP75": 0,
        "images": 8,
        "split": "eval",
        "blessed": True,
        "reasons": ["AP50 0.000 reaches the required 0.000 (min_ap50)"],
        "published": PUBLISHED,
    }


def test_a_task_that_was_run_again_counts_as_it_ended_last(kubeflow_runs):
    runs, address = kubeflow_runs
    contexts, dag = runs.begin("coralline", "run-3")
    step = runs.RECORDED[0]
    runs.launch(runs.drive(contexts, dag, step), step, failed=True)
    (run,) = coralline.open_lineage(address).runs()
    assert (run.state, len(run.executions)) == ("FAILED", 1)
    runs.launch(runs.drive(contexts, dag, step), step)
    (run,) = coralline.open_lineage(address).runs()
    assert (run.state, len(run.executions)) == ("COMPLETE", 2)


def test_a_pod_that_is_tried_again_and_a_run_without_tasks_are_running(kubeflow_runs):
    runs, address = kubeflow_runs
    contexts, dag = runs.begin("coralline", "run-4")
    assert [run.state for run in coralline.open_lineage(address).runs()] == ["RUNNING"]
    execution = runs.drive(contexts, dag, runs.RECORDED[0])
    runs.launch(execution, runs.RECORDED[0], failed=True)
    runs.kfp.pre_publish_execution(execution, "coralline-again", "uid", "kubeflow")
    assert [run.state for run in coralline.open_lineage(address).runs()] == ["RUNNING"]


def test_others_pipelines_are_listed_with_loops_importers_and_conditions(kubeflow_runs, valid_document):
    runs, address = kubeflow_runs
    contexts, root = runs.begin("wines", "run-5")

    def task(kind: str, name: str, parent: Any, **more: Any) -> records.RecordedExecution:
        config = records.ExecutionConfig(kind, name, parent_dag_id=parent.id, **more)
        return runs.kfp.create_execution(contexts, config)

    imported = task(records.IMPORTER_EXECUTION, "importer", root)
    data = {
        "type": {"schemaTitle": "system.Dataset"},
        "uri": "gs://wines/2026.csv",
        "metadata": {"rows": 178, "a": [1]},
    }
    runs.kfp.publish_execution(imported, None, [runs.kfp.record_artifact("dataset", data)], "COMPLETE")
    loop = task(records.DAG_EXECUTION, "for-loop-1", root, iteration_count=2)
    for index in range(2):
        turn = task(records.DAG_EXECUTION, "for-loop-1", loop, iteration_index=index, total_dag_tasks=1)
        trained = task(records.CONTAINER_EXECUTION, "train", turn, input_parameters={"depth": index + 3})
        runs.kfp.publish_execution(trained, {"score": 0.5 + index / 4}, [], "COMPLETE")
        runs.kfp.update_dag_state(runs.kfp.get_execution(turn.id))
    task(records.CONTAINER_EXECUTION, "deploy", root, not_triggered=True)

    run = valid_document(call(address, "show", "latest", "--json"))
    assert (run["pipeline"], run["state"]) == ("wines", "COMPLETE")
    assert [(step["node"], step["state"]) for step in run["steps"]] == [
        ("importer", "COMPLETE"),
        ("for-loop-1/for-loop-1[0]/train", "COMPLETE"),
        ("for-loop-1/for-loop-1[1]/train", "COMPLETE"),
        ("deploy", "SKIPPED"),
    ]
    assert [step["settings"] for step in run["steps"][1:3]] == [{"depth": 3}, {"depth": 4}]
    assert run["steps"][2]["details"]["outputs"] == {"score": 0.75}
    text = call(address, "show", "latest")
    assert "system.Dataset" in text and "skipped" in text and "for-loop-1[1]/train" in text
    properties = valid_document(call(address, "show", "artifact:1", "--json"))["artifact"]["properties"]
    assert (properties["rows"], properties["a"]) == (178, [1])


def test_an_empty_store_has_no_runs(kubeflow_runs):
    assert "No runs are recorded" in call(kubeflow_runs[1], "list")


def test_needs_no_tensorflow_and_no_tfx(kubeflow, loaded_by_lineage):
    assert loaded_by_lineage("list", "--store", kubeflow.address) == []
