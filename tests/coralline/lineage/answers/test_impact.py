"""What came of data and models, through warm starts too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.answers.impact import impact
from coralline.lineage.answers.recorded_file import artifacts_meant
from coralline.lineage.run_history import open_lineage
from tests.coralline.lineage.answers.conftest import FIRST, REFUSED, SECOND


def _impact(store: Any, what: str) -> dict[str, Any]:
    history = open_lineage(store)
    return impact(history, artifacts_meant(history, what))


def test_a_data_set_leads_to_every_published_model_that_saw_it(differing: Path) -> None:
    found = _impact(differing, "/data/yard")
    assert [(p["version"], p["run"], p["served"], p["how"]) for p in found["published"]] == [
        ("v02", SECOND, True, "made from it"),
        ("v01", FIRST, False, "made from it"),
    ]
    assert [run["run_id"] for run in found["runs"]] == [REFUSED, SECOND, FIRST]
    assert len({made["id"] for made in found["made"]}) == len(found["made"])


def test_a_model_that_began_with_another_depends_on_its_data(differing: Path) -> None:
    history = open_lineage(differing)
    first = history.artifacts_of_type("Examples")[-1]
    fingerprint = first.properties["input_fingerprint"]
    found = _impact(differing, fingerprint[:10])
    assert [artifact["id"] for artifact in found["artifacts"]] == [first.id]
    assert {p["version"]: p["how"] for p in found["published"]} == {"v01": "made from it", "v02": "warm start"}


def test_what_nothing_was_made_from_has_no_impact(differing: Path) -> None:
    history = open_lineage(differing)
    pushed = history.artifacts_of_type("PushedModel")[0]
    found = _impact(differing, f"artifact:{pushed.id}")
    assert (found["made"], found["runs"], found["published"]) == ([], [], [])


def test_data_of_a_cluster_is_found_by_its_address(kubeflow: Any) -> None:
    found = _impact(kubeflow.address, "s3://yard/data/")
    assert {p["address"] for p in found["published"]} == {"s3://yard/published/20261130T102726Z-9be620b0"}


@pytest.mark.parametrize("what", ["artifact:0", "artifact:999999", "deadbeefdeadbeef", "/nowhere/at/all", "a\0b"])
def test_what_is_not_recorded_is_told(differing: Path, what: str) -> None:
    with pytest.raises(UserError):
        _impact(differing, what)
