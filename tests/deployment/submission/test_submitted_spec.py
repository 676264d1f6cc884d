"""Compiled specs before they are submitted: what is refused, and what parameters of a run mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coralline.foundation.errors import UserError
from deployment.submission.submitted_spec import read_submitted_spec

_PARAMETERS = {
    "push_to": {"parameterType": "STRING", "defaultValue": "", "isOptional": True},
    "steps": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3, "isOptional": True},
}


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("", "isn't a compiled spec"),
        ("a: [", "isn't a compiled spec"),
        ("- a", "isn't a compiled spec"),
        ("name: yard\ndata: {path: x}", "isn't a compiled spec"),
        ('{"pipelineSpec": {}}', "isn't a compiled spec"),
        ("pipelineInfo: {name: y}\nschemaVersion: 2.1.0\nroot: {dag: {tasks: {}}}", "isn't a compiled spec"),
        ("pipelineInfo: {name: y}\nschemaVersion: 2.0.0\nroot: {dag: {tasks: {a: {}}}}", "version of the schema"),
        ("\x00", "isn't a compiled spec"),
    ],
)
def test_what_no_cluster_takes_is_refused(tmp_path: Path, content, wrong) -> None:
    (tmp_path / "spec").write_text(content)
    with pytest.raises(UserError, match=wrong) as told:
        read_submitted_spec(tmp_path / "spec")
    assert str(tmp_path / "spec") in str(told.value)


def test_a_file_that_is_not_there_and_one_for_another_target_are_told(tmp_path: Path, spec_file) -> None:
    with pytest.raises(UserError, match="can't be read"):
        read_submitted_spec(tmp_path / "spec")
    with pytest.raises(UserError, match="was compiled for Kubeflow Pipelines"):
        read_submitted_spec(spec_file()).require_target("vertex")
    inner = read_submitted_spec(spec_file()).pipeline_spec
    job = {"pipelineSpec": inner, "runtimeConfig": {"gcsOutputDirectory": "gs://bucket/root"}}
    (tmp_path / "job.json").write_text(json.dumps(job))
    spec = read_submitted_spec(tmp_path / "job.json")
    assert (spec.target, spec.name, spec.default_root) == ("vertex", "yard", "gs://bucket/root")


def test_parameters_are_texts_or_json_as_the_spec_declares(spec_file) -> None:
    spec = read_submitted_spec(spec_file(**_PARAMETERS))
    assert spec.read_parameters(("push_to=7", "steps=7")) == {"push_to": "7", "steps": 7}
    assert spec.read_parameters(("push_to=a=b",)) == {"push_to": "a=b"}
    assert spec.read_parameters(()) == {}


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (["float_steps=3"], "no parameter float_steps"),
        (["steps=many"], "can't be read"),
        (['steps="3"'], "wrong type"),
        (["steps=true"], "wrong type"),
        (["steps"], "needs a value"),
        (["steps=1", "steps=2"], "given twice"),
    ],
)
def test_parameters_that_the_spec_does_not_declare_so_are_refused(spec_file, given, wrong) -> None:
    with pytest.raises(UserError, match=wrong):
        read_submitted_spec(spec_file(**_PARAMETERS)).read_parameters(tuple(given))


def test_a_parameter_without_a_default_must_be_given(spec_file) -> None:
    spec = read_submitted_spec(spec_file(place={"parameterType": "STRING"}))
    with pytest.raises(UserError, match="parameter place is not optional"):
        spec.read_parameters(())
