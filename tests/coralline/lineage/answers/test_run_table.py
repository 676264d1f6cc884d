"""The table of runs says of each what people look for first, and nothing that wasn't recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coralline.lineage.answers.run_table import run_row, run_rows
from coralline.lineage.run_history import open_lineage


def test_a_row_has_what_was_recorded_and_none_for_the_rest(out: Path) -> None:
    failed, reused, first = run_rows(open_lineage(out))
    assert failed.failure == "VocExampleGen: there are no annotations"
    assert (failed.state, failed.verdict, failed.published, failed.figures) == ("FAILED", None, None, {})
    assert (reused.reused, reused.steps) == (3, 3)
    assert (first.data, first.data_fingerprint, first.preset) == ("/data/raccoon", "f1", None)
    assert (first.published, first.served) == (f"{out}/published/v1", True)
    assert first.code["git_commit"] == "c0ffee"


def test_the_row_of_one_run_is_that_of_the_table(out: Path) -> None:
    history = open_lineage(out)
    for run, row in zip(history.runs(), run_rows(history), strict=True):
        assert run_row(history, run) == row


def test_a_version_that_is_no_longer_pointed_at_is_not_served(out: Path) -> None:
    (out / "published/latest").unlink()
    assert run_rows(open_lineage(out))[-1].served is False


def test_runs_of_kubeflow_have_the_same_columns(kubeflow: Any) -> None:
    failed, again, first = run_rows(open_lineage(kubeflow.address))
    assert failed.state == "FAILED" and failed.failure and failed.failure.startswith("QatTrainer: ")
    assert again.reused > 0
    assert (first.verdict, first.preset, first.data, first.images) == ("blessed", "demo_160", "s3://yard/data", 8)
    assert (first.published, first.served) == ("s3://yard/published/20261130T102726Z-9be620b0", None)
