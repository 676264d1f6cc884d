"""A store whose executions name every setting, as the releases before 0.2 wrote them, is reused."""

import json
from pathlib import Path

import pytest
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.metadata import sqlite_metadata_connection_config
from tfx.orchestration.pipeline import Pipeline

from components.artifacts import LabelMap
from coralline.detector.train_settings import TrainSettings
from pipeline.running.local_dag_runner import NodeOutcome, RecordingLocalDagRunner

# TFX reads the annotations of this function: they have to be types, not strings.


@component
def Trainer(label_map: OutputArtifact[LabelMap], train: Parameter[str]):
    Path(label_map.uri, "content").write_text(train)


class Outcomes:
    def __init__(self):
        self.seen = []

    def component_begins(self, node_id):
        pass

    def component_ended(self, node_id, outcome, seconds):
        self.seen.append(outcome)

    def component_failed(self, node_id, error):
        self.seen.append(error)


@pytest.fixture
def run(tmp_path):
    def run(train):
        outcomes, store = Outcomes(), sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))
        pipeline = Pipeline(
            "toy",
            str(tmp_path / "artifacts"),
            components=[Trainer(train=train)],
            enable_cache=True,
            metadata_connection_config=store,
        )
        RecordingLocalDagRunner(f"run-{len(list(tmp_path.rglob('content')))}-{id(outcomes)}", outcomes).run(pipeline)
        return outcomes.seen[0]

    return run


def in_full(settings, without=()):
    values = settings.model_dump(mode="json")
    return json.dumps({key: value for key, value in values.items() if key not in without}, sort_keys=True)


def test_the_same_settings_written_in_full_are_found(run):
    settings = TrainSettings(float_steps=7, ema_decay=0.99)
    assert run(in_full(settings)) is NodeOutcome.DONE
    assert run(settings.to_property()) is NodeOutcome.REUSED
    assert run(settings.to_property()) is NodeOutcome.REUSED


def test_a_setting_that_the_earlier_version_did_not_know_counts_only_when_it_is_set(run):
    run(in_full(TrainSettings(), without=("xla",)))
    assert run(TrainSettings(xla=True).to_property()) is NodeOutcome.DONE
    assert run(TrainSettings().to_property()) is NodeOutcome.REUSED


def test_other_settings_run_anew(run):
    run(in_full(TrainSettings(float_steps=7)))
    assert run(TrainSettings(float_steps=8).to_property()) is NodeOutcome.DONE


def test_what_the_first_version_wrote_is_not_reused_by_a_section_of_another(run, monkeypatch):
    run(in_full(TrainSettings(float_steps=7)))
    monkeypatch.setattr(TrainSettings, "VERSION", 2)
    assert run(TrainSettings(float_steps=7).to_property()) is NodeOutcome.DONE
