"""Runs as OpenLineage events, held against what its published client describes (openlineage-2-0-2.json)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from coralline.lineage.export.openlineage_datasets import dataset_name

_SPEC = json.loads(Path(__file__).with_name("openlineage-2-0-2.json").read_text())
_FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER


def _valid(text: str) -> list[dict[str, Any]]:
    """The events, each of which and each of whose standard facets is as the specification says."""
    events = [json.loads(line) for line in text.splitlines()]
    for event in events:
        _validate("RunEvent", event)
        assert event["schemaURL"] == _SPEC["schemaURLs"]["RunEvent"]
        described = [event["run"], event["job"], *event["inputs"], *event["outputs"]]
        facets = [pair for d in described for part in ("facets", "outputFacets") for pair in d.get(part, {}).items()]
        for name, facet in facets:
            if name in _SPEC["facets"]:
                _validate(_SPEC["facets"][name], facet)
                assert facet["_schemaURL"] == _SPEC["schemaURLs"][name]
            else:
                assert name.startswith("coralline_") and facet["_schemaURL"].startswith("urn:coralline:openlineage:")
    return events


def _validate(name: str, value: Any) -> None:
    schema = {"$ref": f"#/$defs/{name}", "$defs": _SPEC["$defs"]}
    jsonschema.Draft202012Validator(schema, format_checker=_FORMATS).validate(value)


def _of(events: list[dict[str, Any]], job: str) -> list[dict[str, Any]]:
    return [event for event in events if event["job"]["name"] == job]


def test_each_execution_begins_and_ends(out: Path, exported: Any) -> None:
    events = _valid(exported("20260101", "--store", out, "--format", "openlineage"))
    kinds = Counter((event["job"]["name"], event["eventType"]) for event in events)
    jobs = ("coralline", "coralline.VocExampleGen", "coralline.QatTrainer", "coralline.EdgeTpuPusher")
    assert kinds == {(job, kind): 1 for job in jobs for kind in ("START", "COMPLETE")}
    begun, ended = _of(events, "coralline.QatTrainer")
    assert begun["run"]["runId"] == ended["run"]["runId"]
    parent = ended["run"]["facets"]["parent"]
    assert parent["run"]["runId"] == _of(events, "coralline")[0]["run"]["runId"]
    assert [d["name"] for d in ended["inputs"]] == [
        f"{out}/artifacts/VocExampleGen/{name}/1" for name in ("examples", "label_map")
    ]
    assert {d["namespace"] for d in ended["inputs"] + ended["outputs"]} == {"file"}
    (model,) = ended["outputs"]
    assert model["facets"]["datasetType"]["datasetType"] == "MODEL"
    source = _of(events, "coralline.VocExampleGen")[1]["inputs"]
    assert [(d["name"], d["facets"]["version"]["datasetVersion"]) for d in source] == [("/data/raccoon", "f1")]


def test_twice_the_same(out: Path, exported: Any) -> None:
    arguments = ("20260101", "--store", out, "--format", "openlineage")
    assert exported(*arguments) == exported(*arguments)


def test_a_reused_result_says_who_made_it(out: Path, exported: Any) -> None:
    events = _valid(exported("20260102", "--store", out, "--format", "openlineage"))
    told = _of(events, "coralline.QatTrainer")[1]["run"]["facets"]["coralline_execution"]
    assert (told["reused"], told["madeBy"]["run"]) == (True, "20260101-000000-aaaa")
    first = _valid(exported("20260101", "--store", out, "--format", "openlineage"))
    assert told["madeBy"]["runId"] == _of(first, "coralline.QatTrainer")[0]["run"]["runId"]
    assert _of(first, "coralline.QatTrainer")[1]["run"]["facets"]["coralline_execution"]["reused"] is False


def test_a_failure_is_told(out: Path, exported: Any) -> None:
    events = _valid(exported("20260103", "--store", out, "--format", "openlineage"))
    ended = [event for event in events if event["eventType"] == "FAIL"]
    assert {event["run"]["facets"]["errorMessage"]["message"] for event in ended} == {"there are no annotations"}
    assert len(ended) == 2


def test_code_has_an_address_if_the_repository_is_named(out: Path, exported: Any) -> None:
    arguments = ("latest", "--store", out, "--format", "openlineage")
    where = ("--repository", "https://git.example/yard.git", "--namespace", "yard")
    job = _valid(exported(*arguments, *where))[0]["job"]
    assert job["namespace"] == "yard"
    assert job["facets"]["sourceCodeLocation"]["url"] == "https://git.example/yard/tree/c0ffee"
    assert "sourceCodeLocation" not in _valid(exported(*arguments))[0]["job"]["facets"]


def test_an_artifact_has_the_events_of_all_around_it(out: Path, exported: Any) -> None:
    events = _valid(exported("artifact:3", "--store", out, "--format", "openlineage"))
    assert {event["job"]["name"] for event in events} >= {"coralline.QatTrainer", "coralline.EdgeTpuPusher"}


def test_runs_of_kubeflow(kubeflow: Any, exported: Any) -> None:
    events = _valid(exported("0b7e64f1-first", "--store", kubeflow.address, "--format", "openlineage"))
    engines = {event["run"]["facets"]["processing_engine"]["name"] for event in events}
    assert engines == {"Kubeflow Pipelines"}
    assert {d["namespace"] for event in events for d in event["outputs"]} == {"minio://mlpipeline"}
    failed = _valid(exported("2d9086b3-failed", "--store", kubeflow.address, "--format", "openlineage"))
    assert "FAIL" in {event["eventType"] for event in failed}


def test_hostile_names_and_secrets(hostile_store: Path, exported: Any) -> None:
    text = exported("latest", "--store", hostile_store, "--format", "openlineage")
    _valid(text)
    assert "hunter2" not in text and "abcdef" not in text and "u:p@" not in text
    assert len(text) < 200_000


@pytest.mark.parametrize(
    ("address", "namespace", "name"),
    [
        ("/data/a", "file", "/data/a"),
        ("file:///data/a/", "file", "/data/a"),
        ("file://host/data/a", "file://host", "/data/a"),
        ("gs://bucket/a/b", "gs://bucket", "a/b"),
        ("s3://bucket", "s3://bucket", "/"),
        ("https://host/a", "https://host", "/a"),
        ("", "file", "/"),
    ],
)
def test_names_of_data_sets(address: str, namespace: str, name: str) -> None:
    assert dataset_name(address) == (namespace, name)
