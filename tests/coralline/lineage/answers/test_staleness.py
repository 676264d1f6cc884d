"""What is served, and what makes it stale."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.data.data_fingerprint import content_of_data
from coralline.data.data_settings import DataSettings
from coralline.data.drawn_shapes import draw_dataset
from coralline.foundation.code_version import code_version
from coralline.lineage.answers.staleness import staleness
from coralline.lineage.run_history import open_lineage
from tests.coralline.lineage.answers.conftest import REFUSED, SECOND


def test_tells_what_is_served_and_that_a_better_run_was_not_blessed(differing: Path) -> None:
    (place,) = staleness(open_lineage(differing))["places"]
    assert (place["destination"], place["version"], place["run"]["run_id"]) == (f"{differing}/published", "v02", SECOND)
    assert [(run["run_id"], run["verdict"]) for run in place["better"]] == [(REFUSED, "not blessed")]
    assert place["code"]["changed"] is True
    assert (place["data"]["changed"], place["data"]["why_not"]) == (None, "the folder isn't here")
    assert place["stale"] is True


def test_a_folder_that_serves_nothing_or_is_gone_is_told(differing: Path) -> None:
    (differing / "published/latest").unlink()
    (place,) = staleness(open_lineage(differing))["places"]
    assert (place["version"], place["why_not"]) == (None, "it has no `latest`: nothing is served")
    shutil.rmtree(differing / "published")
    (place,) = staleness(open_lineage(differing))["places"]
    assert (place["version"], place["why_not"], place["stale"]) == (None, "its folder isn't here", None)


def test_an_address_is_not_asked_unless_wanted(kubeflow: Any) -> None:
    (place,) = staleness(open_lineage(kubeflow.address))["places"]
    assert (place["destination"], place["version"]) == ("s3://yard/published", None)
    assert "isn't asked" in place["why_not"]


def test_a_store_without_publications_has_no_places(store_writer: Any, tmp_path: Path) -> None:
    store_writer.execute("20260104-000000-dddd", "Trainer", pb.Execution.COMPLETE, {}, {})
    assert staleness(open_lineage(tmp_path)) == {"places": []}


@pytest.mark.parametrize("changed", [False, True])
def test_data_that_changed_since_makes_a_model_stale(store_writer: Any, tmp_path: Path, changed: bool) -> None:
    draw_dataset(tmp_path / "data", images=3)
    options = DataSettings(path=str(tmp_path / "data"))
    examples = store_writer.artifact("Examples", "x", input_fingerprint=content_of_data(options))
    known = {"pushed": 1, "pushed_destination": f"{tmp_path}/published", "pushed_version": "v1"}
    pushed = store_writer.artifact("PushedModel", "p", **known)
    run, done = "20260104-000000-dddd", pb.Execution.COMPLETE
    store_writer.context("pipeline_run", run, **code_version())
    data = json.loads(options.to_property())
    store_writer.execute(run, "VocExampleGen", done, {}, {"examples": examples}, data=json.dumps(data))
    store_writer.execute(run, "Pusher", done, {"examples": examples}, {"pushed": pushed})
    (tmp_path / "published/v1").mkdir(parents=True)
    (tmp_path / "published/latest").symlink_to("v1")
    if changed:
        next((tmp_path / "data/annotations").iterdir()).unlink()
    (place,) = staleness(open_lineage(tmp_path))["places"]
    assert (place["data"]["changed"], place["code"]["changed"], place["stale"]) == (changed, False, changed)
