"""What would be deleted in an output folder, and what never is."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from coralline.publishing import published
from pipeline.housekeeping.deletion_plan import Choice, DeletionPlan, plan_deletion
from pipeline.running.store_locks import locked


def plan(
    yard: Any, keep_last: int = 1, keep_published: bool = False, older_than_s: float | None = None
) -> DeletionPlan:
    return plan_deletion(yard.out, Choice(keep_last, keep_published, older_than_s))


def going(yard: Any, **choice: Any) -> set[str]:
    """What would go, by its place in the output folder."""
    return {os.path.relpath(removal.path, yard.out.path) for removal in plan(yard, **choice).removals}


def test_all_of_an_old_run_goes_that_nothing_needs(yard: Any) -> None:
    run, _ = yard.run(blessed=False)
    yard.run(train={"seed": 2})
    assert going(yard) == {
        *(f"artifacts/{place}/1" for place in ("VocExampleGen/examples", "VocExampleGen/label_map")),
        "artifacts/StatisticsGen/statistics/2",
        *(f"artifacts/QatTrainer/{name}/3" for name in ("trained_model", "model_run")),
        "artifacts/TFLiteExporter/tflite_model/4",
        *(f"artifacts/Evaluator/{name}/5" for name in ("blessing", "report")),
        "artifacts/EdgeTpuPusher/pushed_model/6",
        f"logs/{run}.log",
        f"runs/{run}.json",
    }
    assert sum(removal.bytes for removal in plan(yard).removals) >= 9 * 8192


def test_what_a_kept_run_reused_stays(yard: Any) -> None:
    _, first = yard.run(blessed=False)
    yard.run(blessed=False, reuse={name: first[name] for name in ("examples", "label_map", "statistics")})
    gone = going(yard)
    assert not any("VocExampleGen" in place or "StatisticsGen" in place for place in gone)
    assert any("QatTrainer" in place for place in gone)


def test_runs_that_failed_do_not_push_out_the_last_one_that_worked(yard: Any) -> None:
    worked, made = yard.run(blessed=False)
    for _ in range(3):
        yard.run(fails="QatTrainer", reuse={"examples": made["examples"], "label_map": made["label_map"]})
    assert going(yard) == set()
    assert worked in plan(yard).runs


def test_what_is_served_keeps_all_that_it_was_made_from(yard: Any) -> None:
    _, served = yard.run()
    for _ in range(2):
        yard.run(blessed=False)
    kept = {entry.artifact: entry.reason for entry in plan(yard).kept}
    assert {artifact.id for artifact in served.values() if artifact.id} <= kept.keys() | {served["statistics"].id}
    assert kept[served["examples"].id].startswith("served as ")


def test_what_is_published_keeps_all_but_its_data(yard: Any) -> None:
    _, old = yard.run()
    _, served = yard.run()
    yard.run(blessed=False)
    by_id = {entry.artifact for entry in plan(yard, keep_published=True).kept}
    assert {old[name].id for name in ("trained_model", "tflite_model", "report", "blessing", "label_map")} <= by_id
    assert old["examples"].id not in by_id and served["examples"].id in by_id
    assert old["trained_model"].id not in {entry.artifact for entry in plan(yard).kept}
    assert (yard.out.published / "latest").exists() and not any("published" in place for place in going(yard))


def test_after_a_rollback_the_version_that_is_served_now_counts(yard: Any) -> None:
    _, first = yard.run()
    yard.run()
    yard.run(blessed=False)
    assert first["examples"].id not in {entry.artifact for entry in plan(yard).kept}
    published.roll_back(str(yard.out.published))
    assert first["examples"].id in {entry.artifact for entry in plan(yard).kept}


def test_while_a_publishing_folder_is_not_there_all_that_was_published_to_it_stays(yard: Any) -> None:
    _, first = yard.run()
    yard.run()
    yard.run(blessed=False)
    yard.out.published.rename(yard.out.path / "unmounted")
    kept = {entry.artifact: entry.reason for entry in plan(yard).kept}
    assert "can't be asked" in kept[first["examples"].id]


def test_a_warm_start_that_a_kept_run_names_by_path_stays(yard: Any) -> None:
    _, first = yard.run(blessed=False)
    yard.run(model={"warm_start": f"{first['tflite_model'].uri}/inner/content"})
    assert "artifacts/TFLiteExporter/tflite_model/4" not in going(yard)
    assert "artifacts/QatTrainer/trained_model/3" in going(yard)


def test_only_what_nothing_used_for_so_long(yard: Any) -> None:
    yard.run(blessed=False)
    yard.run()
    assert going(yard, older_than_s=3600) == set()
    assert going(yard, older_than_s=-3600) == going(yard) != set()


def test_checkpoints_stay_while_a_kept_run_may_go_on_with_them(yard: Any) -> None:
    trainings = yard.out.artifacts / "QatTrainer" / ".training"
    for name in ("0123456789abcdef", "fedcba9876543210", "mine"):
        (trainings / name).mkdir(parents=True)
        (trainings / name / "checkpoint").write_text("weights")
        Path(f"{trainings / name}.lock").touch()
    hour_ago = time.time() - 3600
    for path in (*trainings.rglob("*"), *trainings.glob("*")):
        os.utime(path, (hour_ago, hour_ago))
    yard.run()
    assert going(yard) == {f"artifacts/QatTrainer/.training/{n}" for n in ("0123456789abcdef", "fedcba9876543210")}
    with open(trainings / "fedcba9876543210.lock", "w"):  # as a run does that trains there
        pass
    assert going(yard) == {"artifacts/QatTrainer/.training/0123456789abcdef"}


def test_checkpoints_that_are_in_use_stay(yard: Any) -> None:
    work = yard.out.artifacts / "QatTrainer" / ".training" / "0123456789abcdef"
    work.mkdir(parents=True)
    os.utime(work, (0, 0))
    yard.run()
    with locked(Path(f"{work}.lock")):
        os.utime(f"{work}.lock", (0, 0))
        assert going(yard) == set()
    assert going(yard) == {"artifacts/QatTrainer/.training/0123456789abcdef"}


def test_each_pipeline_keeps_its_newest_runs(yard: Any) -> None:
    weekly, _ = yard.run(pipeline="weekly", blessed=False)
    for _ in range(3):
        yard.run(pipeline="hourly", blessed=False)
    assert weekly in plan(yard).runs and len(plan(yard).runs) == 2


def test_a_run_that_was_killed_between_two_steps_has_not_completed(yard: Any) -> None:
    worked, _ = yard.run(blessed=False)
    yard.run(ends_after="QatTrainer")
    assert worked in plan(yard).runs
    noted, _ = yard.run(blessed=False, outcome="complete")
    assert plan(yard).runs == [noted]
    yard.run(blessed=False, outcome="killed")
    assert noted in plan(yard).runs and worked not in plan(yard).runs


def test_what_a_killed_execution_left_goes_once_its_run_is_not_kept(yard: Any) -> None:
    yard.run(killed="QatTrainer", blessed=False)
    assert going(yard) == set()
    yard.run()
    assert {"artifacts/QatTrainer/trained_model/3", "artifacts/VocExampleGen/examples/1"} <= going(yard)


def test_files_of_others_stay(yard: Any) -> None:
    yard.run(blessed=False)
    root = yard.out.artifacts
    for mine in ("notes.txt", "mine/1/a", "QatTrainer/best/a", "QatTrainer/trained_model/77/a", "data_history/a.json"):
        (root / mine).parent.mkdir(parents=True, exist_ok=True)
        (root / mine).write_text("mine")
    (yard.out.path / "logs" / "mine.log").write_text("mine")
    yard.run()
    assert not any("mine" in p or "best" in p or "77" in p or "history" in p or "notes" in p for p in going(yard))


def test_a_folder_that_somebody_has_changed_since_stays(yard: Any) -> None:
    _, first = yard.run(blessed=False)
    note = Path(first["trained_model"].uri, "inner", "notes.txt")
    note.write_text("the good one")
    os.utime(note, (time.time() + 3600, time.time() + 3600))
    yard.run()
    assert "artifacts/QatTrainer/trained_model/3" not in going(yard)
    (left,) = plan(yard).left
    assert "inner/notes.txt was changed after the run had made it" in left.reason


def _outside(yard: Any, tmp_path: Path, first: Any) -> str:
    return str(
        shutil.copytree(first["trained_model"].uri, tmp_path / "elsewhere" / "QatTrainer" / "trained_model" / "3")
    )


def _upwards(yard: Any, tmp_path: Path, first: Any) -> str:
    return f"{yard.out.artifacts}/QatTrainer/trained_model/../../../data"


def _root(yard: Any, tmp_path: Path, first: Any) -> str:
    return str(yard.out.artifacts)


def _of_another(yard: Any, tmp_path: Path, first: Any) -> str:
    return str(first["examples"].uri)


def _a_bucket(yard: Any, tmp_path: Path, first: Any) -> str:
    return "gs://bucket/artifacts/QatTrainer/trained_model/3"


def _relative(yard: Any, tmp_path: Path, first: Any) -> str:
    return os.path.relpath(first["trained_model"].uri)


@pytest.mark.parametrize("address", [_outside, _upwards, _root, _of_another, _a_bucket, _relative])
def test_an_artifact_is_deleted_only_where_its_maker_wrote(yard: Any, tmp_path: Path, address: Any) -> None:
    _, first = yard.run(blessed=False)
    (yard.out.path / "data").mkdir()
    artifact = first["trained_model"]
    artifact.uri = address(yard, tmp_path, first)
    yard.store.put_artifacts([artifact])
    yard.run()
    assert artifact.id not in {removal.artifact for removal in plan(yard).removals}
    assert "artifacts/QatTrainer/model_run/3" in going(yard)


@pytest.mark.parametrize("linked", ["QatTrainer", "QatTrainer/trained_model", "QatTrainer/trained_model/3"])
def test_a_link_that_leads_elsewhere_is_not_followed(yard: Any, tmp_path: Path, linked: str) -> None:
    yard.run(blessed=False)
    place = yard.out.artifacts / linked
    place.rename(tmp_path / "bigger_disk")
    place.symlink_to(tmp_path / "bigger_disk")
    yard.run()
    assert "artifacts/QatTrainer/trained_model/3" not in going(yard)


def test_artifacts_on_another_disk_behind_one_link_are_still_looked_after(yard: Any, tmp_path: Path) -> None:
    yard.run(blessed=False)
    yard.out.artifacts.rename(tmp_path / "bigger_disk")
    yard.out.artifacts.symlink_to(tmp_path / "bigger_disk")
    yard.run()
    assert "../bigger_disk/QatTrainer/trained_model/3" in going(yard)


def test_a_link_to_another_folders_artifacts_is_refused(yard: Any, tmp_path: Path) -> None:
    yard.run()
    shutil.copytree(yard.out.path, tmp_path / "other")
    shutil.rmtree(yard.out.artifacts)
    yard.out.artifacts.symlink_to(tmp_path / "other" / "artifacts")
    with pytest.raises(UserError, match="belong to another one"):
        plan(yard)


def test_a_copied_output_folder_leaves_the_first_one_alone(yard: Any, tmp_path: Path) -> None:
    yard.run(blessed=False)
    yard.run()
    shutil.copytree(yard.out.path, tmp_path / "copy", symlinks=True)
    copied = plan_deletion(type(yard.out)(tmp_path / "copy"), Choice(1, False))
    assert {r.kind for r in copied.removals} <= {"log", "summary"}
    assert all(removal.path.startswith(str(tmp_path / "copy")) for removal in copied.removals)
    assert len(copied.left) == 9


def test_data_within_the_artifacts_stays_and_around_them_hinders_nothing(yard: Any, tmp_path: Path) -> None:
    _, first = yard.run(blessed=False, data={"path": str(tmp_path)})
    assert going(yard) == set()
    yard.run(data={"path": f"{first['model_run'].uri}/inner"})
    assert "artifacts/QatTrainer/model_run/3" not in going(yard)
    assert "artifacts/QatTrainer/trained_model/3" in going(yard)


def test_the_page_that_report_names_stays(yard: Any) -> None:
    _, first = yard.run(blessed=False)
    yard.out.point_report_to(Path(first["pushed_model"].uri) / "inner")
    yard.run()
    assert "artifacts/EdgeTpuPusher/pushed_model/6" not in going(yard)


def test_a_folder_that_may_not_be_changed_stays_whole(yard: Any, as_nobody: Any) -> None:
    yard.run(blessed=False)
    yard.run()
    with as_nobody():
        assert going(yard) == set()
        assert all("may not be changed by this user" in left.reason for left in plan(yard).left)
