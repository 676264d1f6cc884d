"""What differs between two runs, and why something can't be told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from coralline.lineage.answers.run_difference import differing_code, run_difference
from coralline.lineage.run_history import open_lineage
from tests.coralline.lineage.answers.conftest import FIRST, SECOND


def _differences(out: Path, one: str = FIRST, other: str = SECOND) -> dict[str, Any]:
    history = open_lineage(out)
    first, second = history.run(one), history.run(other)
    assert first and second
    return run_difference(history, first, second)


def test_settings_are_compared_as_they_were_used_and_each_is_told_once(differing: Path) -> None:
    assert _differences(differing)["settings"] == [
        {"node": "QatTrainer", "name": "train.batch_size", "one": 4, "other": 8},
        {"node": "QatTrainer", "name": "train.float_steps", "one": 450, "other": 500},
        {"node": "QatTrainer", "name": "model.warm_start", "one": None, "other": "latest_blessed"},
    ]


def test_data_is_compared_by_class_and_by_image(differing: Path) -> None:
    data = _differences(differing)["data"]
    assert data["changed"] is True
    assert data["sentences"][:2] == ["1 image more (2 before, 3 now)", "2 boxes more (4 before, 6 now)"]
    assert [(e["name"], e["one"], e["other"]) for e in data["classes"]] == [
        ("cat", 3, 3),
        ("dog", 1, 2),
        ("owl", None, 1),
    ]
    assert data["files"] == {"added": ["c.jpg"], "removed": [], "changed": ["b.jpg"]}


def test_code_classes_and_found_objects_are_compared(differing: Path) -> None:
    found = _differences(differing)
    assert found["code"] == [{"name": "git_commit", "one": "aaaa1111", "other": "bbbb2222"}]
    assert {e["name"]: (e["one"], e["other"]) for e in found["classes"]}["dog"] == (0.3, 0.4)
    images = found["images"]
    assert [(e["image"], e["label"]) for e in images["only_one_finds"]] == [("b.jpg", "cat")]
    assert [(e["image"], e["box"]) for e in images["only_other_finds"]] == [("a.jpg", [0.5, 0.5, 0.9, 0.9])]


def test_a_run_does_not_differ_from_itself(differing: Path) -> None:
    found = _differences(differing, FIRST, FIRST)
    assert (found["settings"], found["code"], found["data"]["changed"]) == ([], [], False)
    assert found["images"] == {"only_one_finds": [], "only_other_finds": []}


def test_what_was_deleted_or_never_recorded_is_told_in_words(differing: Path) -> None:
    shutil.rmtree(differing / "artifacts")
    found = _differences(differing)
    assert (found["data"]["files"], found["data"]["why_not"]) == (None, "the run's files have been deleted")
    assert (found["images"], found["images_why_not"]) == (None, "the run's files have been deleted")


def test_runs_without_evaluation_or_data_are_compared_too(out: Path, kubeflow: Any) -> None:
    found = _differences(out, "20260103-000000-cccc", "20260101-000000-aaaa")
    assert (found["classes"], found["images"]) == ([], None)
    assert found["data"]["changed"] is None
    clusters = _differences(kubeflow.address, "0b7e64f1-first", "1c8f75a2-again")
    assert (clusters["settings"], clusters["data"]["changed"]) == ([], False)


def test_the_same_files_are_the_same_code_whatever_the_commit() -> None:
    one, other = {"git_commit": "a", "code_sha256": "5", "lock_sha256": "1"}, {"git_commit": "b", "code_sha256": "5"}
    assert differing_code(one, other | {"lock_sha256": "1"}) == []
    assert [entry["name"] for entry in differing_code(one, other)] == ["lock_sha256"]
    assert [entry["name"] for entry in differing_code({"git_commit": "a"}, {"git_commit": "b"})] == ["git_commit"]
