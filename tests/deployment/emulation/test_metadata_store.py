"""What driver and launcher leave in ML Metadata by the backend's own rules: a run, its repetition, a failure."""

from __future__ import annotations

from typing import Any

import pytest
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from deployment.emulation import metadata_records, runtime_artifact
from deployment.emulation.metadata_store import KfpMetadata, output_uri

ROOT, SESSION = "minio://mlpipeline/v2/artifacts", '{"Provider": "minio", "Params": {"secretName": "keys"}}'
EXAMPLES = {"type": {"instanceSchema": "title: tfx.Examples\ntype: object\n"}, "uri": "minio://b/examples"}


@pytest.fixture
def store() -> MetadataStore:
    config = pb.ConnectionConfig()
    config.fake_database.SetInParent()
    return MetadataStore(config)


@pytest.fixture
def kfp(store: MetadataStore) -> KfpMetadata:
    return KfpMetadata(store)


def begin(kfp: KfpMetadata, run_id: str = "run-1") -> tuple[Any, Any]:
    contexts = kfp.get_pipeline("yard", run_id, "ml", "run-resource", ROOT, SESSION)
    config = metadata_records.config_of(
        {"inputs": {"parameterValues": {"steps": 450}}}, metadata_records.DAG_EXECUTION, name=f"run/{run_id}"
    )
    return contexts, kfp.create_execution(contexts, config)


def task(kfp: KfpMetadata, contexts: Any, dag: Any, name: str, **inputs: Any) -> Any:
    config = metadata_records.config_of(
        {"inputs": inputs},
        metadata_records.CONTAINER_EXECUTION,
        task_name=name,
        parent_dag_id=dag.id,
        fingerprint="f1",
    )
    return kfp.create_execution(contexts, config)


def test_contexts_are_made_once_and_keep_what_the_root_driver_wrote(kfp: KfpMetadata, store: MetadataStore) -> None:
    begin(kfp)
    later = kfp.get_pipeline("yard", "run-1")
    assert later.pipeline_root == f"{ROOT}/yard/run-1"
    assert later.store_session_info == SESSION
    assert (later.pipeline.type, later.run.type) == ("system.Pipeline", "system.PipelineRun")
    assert [parent.name for parent in store.get_parent_contexts_by_context(later.run.id)] == ["yard"]
    with pytest.raises(runtime_artifact.KfpMetadataError, match="different from expected"):
        kfp.get_pipeline("garden", "run-1")


def test_an_output_comes_back_as_the_next_drivers_input(kfp: KfpMetadata) -> None:
    contexts, dag = begin(kfp)
    first = task(kfp, contexts, dag, "VocExampleGen", parameterValues={"version": 3, "data": '{"path": "p"}'})
    assert first.parameters == ({"version": 3, "data": '{"path": "p"}'}, {})
    kfp.pre_publish_execution(first, "pod", "uid", "ml")
    metadata = {"images": 12, "share": 0.25, "blessed": True, "splits": ["train"], "_kfp_workspace": True}
    made = kfp.record_artifact("examples", EXAMPLES | {"metadata": metadata}, contexts.store_session_info)
    kfp.publish_execution(first, {"hash": "ab"}, [made], "COMPLETE")

    assert list(kfp.get_executions_in_dag(kfp.get_execution(dag.id))) == [f"VocExampleGen_{dag.id}"]
    assert kfp.get_execution(first.id).state == "COMPLETE"
    found = kfp.get_output_artifacts(first.id)["examples"]
    assert found.stored.type == "tfx.Examples"
    assert found.as_input() == {
        "name": str(made.stored.id),
        "uri": "minio://b/examples",
        "type": {"instanceSchema": ""},
        "metadata": {
            "images": 12,
            "share": 0.25,
            "blessed": 1,
            "splits": {"list": ["train"]},
            "display_name": "examples",
            "store_session_info": '{"Provider":"minio","Params":{"secretName":"keys"}}',
        },
    }
    assert found.stored.custom_properties["images"].WhichOneof("value") == "double_value"


def test_a_cached_execution_has_the_first_ones_outputs(kfp: KfpMetadata, store: MetadataStore) -> None:
    contexts, dag = begin(kfp)
    first = task(kfp, contexts, dag, "VocExampleGen")
    kfp.publish_execution(first, {}, [kfp.record_artifact("examples", EXAMPLES)], "COMPLETE")
    contexts, dag = begin(kfp, "run-2")
    again = task(kfp, contexts, dag, "VocExampleGen")
    outputs = kfp.get_output_artifacts(first.id)
    kfp.publish_execution(again, first.parameters[1], list(outputs.values()), "CACHED")
    assert kfp.get_output_artifacts(again.id)["examples"].stored.id == outputs["examples"].stored.id
    assert len(store.get_artifacts()) == 1
    assert kfp.get_execution(again.id).state == "CACHED"


def test_a_failed_execution_has_no_outputs_and_its_inputs_are_events(kfp: KfpMetadata, store: MetadataStore) -> None:
    contexts, dag = begin(kfp)
    first = task(kfp, contexts, dag, "VocExampleGen")
    kfp.publish_execution(first, {}, [kfp.record_artifact("examples", EXAMPLES)], "COMPLETE")
    taken = kfp.get_output_artifacts(first.id)["examples"].as_input()
    second = task(kfp, contexts, dag, "QatTrainer", artifacts={"examples": {"artifacts": [taken]}})
    kfp.publish_execution(second, None, [], "FAILED")
    stored = kfp.get_execution(second.id)
    assert (stored.state, "outputs" in stored.stored.custom_properties) == ("FAILED", False)
    (event,) = store.get_events_by_execution_ids([second.id])
    assert (event.type, event.path.steps[0].key) == (pb.Event.INPUT, "examples")


def test_the_root_dag_stays_open_and_a_counted_one_is_closed(kfp: KfpMetadata) -> None:
    contexts, root = begin(kfp)
    config = metadata_records.ExecutionConfig(
        metadata_records.DAG_EXECUTION, "loop", parent_dag_id=root.id, iteration_count=1
    )
    loop = kfp.create_execution(contexts, config)
    inner = task(kfp, contexts, loop, "inner")
    kfp.publish_execution(inner, {}, [], "COMPLETE")
    kfp.update_dag_state(kfp.get_execution(loop.id))
    assert kfp.get_execution(loop.id).state == "COMPLETE"
    kfp.update_dag_state(kfp.get_execution(root.id))
    assert kfp.get_execution_by_name(metadata_records.DAG_EXECUTION, "run/run-1").state == "RUNNING"


def test_refuses_what_the_backend_refuses(kfp: KfpMetadata) -> None:
    for wrong in (EXAMPLES | {"metadata": {"note": None}}, EXAMPLES | {"type": {"instanceSchema": ""}}):
        with pytest.raises(runtime_artifact.KfpMetadataError):
            kfp.record_artifact("examples", wrong)
    contexts, dag = begin(kfp)
    with pytest.raises(runtime_artifact.KfpMetadataError, match="unable to parse input artifact id"):
        task(kfp, contexts, dag, "t", artifacts={"x": {"artifacts": [{"name": "projects/1"}]}})


def test_uris_keep_the_scheme_and_drop_the_query() -> None:
    assert output_uri("s3://b/r/?region=x", "Task", "id", "model") == "s3://b/r/Task/id/model"
    assert output_uri("s3://b/r?region=x", "yard", "1", keep_query=True) == "s3://b/r/yard/1?region=x"
