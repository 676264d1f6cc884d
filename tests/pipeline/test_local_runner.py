"""What a local run does when what is served changes while it judges."""

from pathlib import Path

import pytest
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from pipeline import create_pipeline, local_runner
from pipeline.config import load_config
from pipeline.preflight import Preflight

# TFX reads the annotations of this function: they have to be types, not strings.


@component
def Pusher(
    refusals: Parameter[int], counter: Parameter[str], pushed_model: OutputArtifact[standard_artifacts.PushedModel]
):
    before = len(Path(counter).read_text())
    Path(counter).write_text("x" * (before + 1))
    pushed_model.set_string_custom_property("refused_by", "baseline" if before < refusals else "")


@pytest.mark.parametrize(("refusals", "pushes", "ends_with"), [(0, 1, "run"), (1, 2, "run-2"), (9, 3, "run-3")])
def test_a_model_that_met_another_baseline_is_judged_again_by_a_run_of_its_own(
    tmp_path, monkeypatch, refusals, pushes, ends_with
):
    counter = tmp_path / "counter"
    counter.write_text("")

    def toy(config, *, pipeline_root, metadata_connection_config, **_):
        return Pipeline(
            "toy",
            pipeline_root,
            components=[Pusher(refusals=refusals, counter=str(counter))],
            enable_cache=False,
            metadata_connection_config=metadata_connection_config,
        )

    monkeypatch.setattr(create_pipeline, "create_pipeline", toy)
    found = Preflight(None, None, None, None, None)  # type: ignore[arg-type]
    config = load_config(None, {"out": str(tmp_path / "out")})
    assert local_runner.run_pipeline(config, found, "run") == ends_with
    assert len(counter.read_text()) == pushes
