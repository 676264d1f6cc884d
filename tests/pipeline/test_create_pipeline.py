"""What runs again: TFX's own cache key of each component, with the pipeline as this version of the code wires it."""

import pytest
from tfx.dsl.compiler.compiler import Compiler
from tfx.orchestration.metadata import Metadata, sqlite_metadata_connection_config
from tfx.orchestration.portable import cache_utils
from tfx.proto.orchestration import pipeline_pb2

from pipeline import create_pipeline
from pipeline.config import load_config

_OWN = ("VocExampleGen", "QatTrainer", "TFLiteExporter", "Evaluator", "EdgeTpuPusher")


@pytest.fixture
def keys(tmp_path):
    """`keys(**settings) -> {component: its cache key}`; of the same inputs."""

    def of(**settings):
        made = create_pipeline.create_pipeline(
            load_config(None, {"data.path": "/data", **settings}), pipeline_root="/root", push_to="/published"
        )
        compiled = Compiler().compile(made)
        nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in compiled.nodes}
        with Metadata(sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))) as store:
            return {name: _key(store, nodes[name], compiled.pipeline_info) for name in _OWN}

    return of


def _key(store: Metadata, node: pipeline_pb2.PipelineNode, info: pipeline_pb2.PipelineInfo) -> str:
    given = {name: parameter.field_value for name, parameter in node.parameters.parameters.items()}
    values = {name: getattr(value, value.WhichOneof("value")) for name, value in given.items()}
    return cache_utils.get_cache_context(store, node, info, parameters=values).name


def changed(before, after):
    return [name for name in _OWN if before[name] != after[name]]


@pytest.mark.parametrize(
    ("version", "component"),
    [
        ("NETWORK_VERSION", "QatTrainer"),
        ("EXPORTER_VERSION", "TFLiteExporter"),
        ("JUDGE_VERSION", "Evaluator"),
    ],
)
def test_another_version_of_what_a_component_depends_on_runs_it_again(keys, monkeypatch, version, component):
    before = keys()
    monkeypatch.setattr(create_pipeline, version, getattr(create_pipeline, version) + 1)
    assert changed(before, keys()) == [component]


def test_a_setting_with_its_default_runs_nothing_again_and_another_value_what_depends_on_it(keys):
    before = keys()
    assert changed(before, keys(**{"train.selection_fraction": 0.1, "train.evaluate_images": 200})) == []
    assert changed(before, keys(**{"train.selection_fraction": 0.2})) == ["QatTrainer"]


def test_where_checkpoints_are_kept_is_told_to_the_trainer_and_only_where_it_is_given():
    def parameters(**places):
        config = load_config(None, {"data.path": "/data"})
        made = create_pipeline.create_pipeline(config, pipeline_root="/root", push_to="/published", **places)
        return {component.id: component.exec_properties for component in made.components}

    without, given = parameters(), parameters(workspaces="s3://bucket/kept")
    assert without["QatTrainer"].get("workspaces") is None
    assert given["QatTrainer"].pop("workspaces") == "s3://bucket/kept"
    without["QatTrainer"].pop("workspaces", None)
    assert given == without
