"""The driver that a compiled pipeline names, replayed as its container would run it."""

import json

import pytest
from tfx.orchestration import pipeline
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner, step_builder

from components.voc_example_gen import kubeflow_driver
from components.voc_example_gen.component import VocExampleGen
from coralline.data.data_fingerprint import FINGERPRINT_PROPERTY, UNREADABLE, fingerprint
from coralline.data.data_settings import DataSettings
from coralline.data.drawn_shapes import draw_dataset

pytestmark = pytest.mark.slow


def compiled_container(tmp_path, data):
    runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
        kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(default_image="image", use_pipeline_spec_2_1=True),
        output_filename=str(tmp_path / "spec.json"),
    )
    component = VocExampleGen(data=data, history="history")
    with kubeflow_driver.content_driver():
        runner.run(pipeline.Pipeline("voc", str(tmp_path / "root"), components=[component]))
    spec = json.loads((tmp_path / "spec.json").read_text(encoding="utf-8"))["pipelineSpec"]
    outputs = spec["components"]["VocExampleGen"]["outputDefinitions"]["artifacts"]
    return spec["deploymentSpec"]["executors"]["VocExampleGen_executor"]["container"], outputs


def answer(tmp_path, data):
    container, outputs = compiled_container(tmp_path, data)
    hook = container["lifecycle"]["preCacheCheck"]
    assert hook["command"] == ["python", "-m", "components.voc_example_gen.kubeflow_driver"]
    task = {
        "inputs": {"parameterValues": {"data": data, "history": "history"}},
        "outputs": {
            "artifacts": {
                name: {"artifacts": [{"name": name, "uri": f"/out/{name}", "type": definition["artifactType"]}]}
                for name, definition in outputs.items()
            },
            "outputFile": str(tmp_path / "task" / "output.json"),
        },
    }
    kubeflow_driver.main([json.dumps(task) if arg == "{{$}}" else arg for arg in hook["args"]])
    return json.loads((tmp_path / "task" / "output.json").read_text(encoding="utf-8"))


def test_answers_with_the_content_of_the_data(tmp_path):
    draw_dataset(tmp_path / "shapes", images=3, size_px=64)
    data = DataSettings(path=str(tmp_path / "shapes")).to_property()
    content = fingerprint(DataSettings.from_property(data))
    reply = answer(tmp_path, data)
    assert reply["parameterValues"] == {FINGERPRINT_PROPERTY: content}
    [examples] = reply["artifacts"]["examples"]["artifacts"]
    assert examples["uri"] == "/out/examples" and examples["metadata"][FINGERPRINT_PROPERTY] == content
    (tmp_path / "shapes" / "images" / "shapes-0000.jpg").write_bytes(b"changed")
    assert answer(tmp_path, data)["parameterValues"] != reply["parameterValues"]


def test_leaves_it_to_the_executor_to_say_that_data_is_missing(tmp_path):
    reply = answer(tmp_path, DataSettings(path=str(tmp_path / "nothing")).to_property())
    assert reply["parameterValues"] == {FINGERPRINT_PROPERTY: UNREADABLE}


@pytest.mark.advice("kubeflow_driver.content_driver")
def test_tfx_still_has_one_fixed_command_for_every_driver():
    stock = ("python", "-m", "tfx.orchestration.kubeflow.v2.file_based_example_gen.driver")
    assert stock == step_builder._DRIVER_COMMANDS


def test_this_driver_is_named_within_the_context_alone():
    stock = step_builder._DRIVER_COMMANDS
    with kubeflow_driver.content_driver():
        assert stock != step_builder._DRIVER_COMMANDS
    assert stock == step_builder._DRIVER_COMMANDS
