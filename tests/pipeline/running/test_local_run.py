"""What a run says at its start, and how one that fails is told."""

from pathlib import Path

import pytest

from coralline.data.boxes import Boxes
from coralline.data.drawn_shapes import draw_dataset
from coralline.detector.anchors.anchor_fit import PresetFit
from coralline.foundation.errors import UserError
from pipeline import preflight
from pipeline.config import load_config
from pipeline.running.local_run import about_anchors, explain_failed_run
from pipeline.running.run_summary import where_published


def caused_by(cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as e:
            raise RuntimeError("a library's own words") from e
    except RuntimeError as error:
        return error


def test_boxes_that_fit_no_anchor_are_told_with_what_would_help(tmp_path: Path) -> None:
    draw_dataset(tmp_path / "shapes", images=20, size_px=64)
    fitting = {"data.path": str(tmp_path / "shapes"), "out": str(tmp_path / "out")}
    assert list(about_anchors(preflight.check_before_run(load_config(None, fitting)))) == []
    [line] = about_anchors(preflight.check_before_run(load_config(None, {**fitting, "model.anchor_size": 12.0})))
    assert "boxes match no anchor of mobilenet_v2_256 at 256 pixels; model.anchor_size: " in line


def test_a_few_boxes_that_fit_no_anchor_are_left_to_the_check(tmp_path: Path) -> None:
    draw_dataset(tmp_path / "shapes", images=60, size_px=176)
    settings = {"data.path": str(tmp_path / "shapes"), "out": str(tmp_path / "out"), "model.preset": "demo_160"}
    found = preflight.check_before_run(load_config(None, settings))
    assert 0 < PresetFit.of(Boxes.of(found.dataset.images), found.settings.preset).unmatched < 5
    assert list(about_anchors(found)) == []


def test_a_persons_mistake_is_told_as_it_is_however_deep_it_lies(tmp_path: Path) -> None:
    mistake = UserError("a class is unknown", file="a.xml", line=3)
    assert explain_failed_run(caused_by(mistake), "VocExampleGen", tmp_path / "logs/log") is mistake


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("OSError: [Errno 28] No space left on device [while running 'SaveOutcome']"),
        RuntimeError("Error when executing query: database or disk is full query: COMMIT;"),
    ],
)
def test_a_full_disk_is_told_as_one(tmp_path: Path, error: Exception) -> None:
    (tmp_path / "logs").mkdir()
    message = str(explain_failed_run(caused_by(error), "QatTrainer", tmp_path / "logs/log"))
    assert message.startswith(f"{tmp_path}: the disk of the output folder is full")
    assert "MiB free" in message


def test_a_full_disk_of_temporary_files_is_told_as_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    monkeypatch.setattr("tempfile.tempdir", "/proc")  # a file system of its own, without room
    error = caused_by(OSError(28, "No space left on device"))
    message = str(explain_failed_run(error, "VocExampleGen", tmp_path / "logs/log"))
    assert message.startswith("/proc: the disk of temporary files is full") and "TMPDIR" in message


def test_where_nothing_can_be_published_no_run_begins(tmp_path: Path) -> None:
    draw_dataset(tmp_path / "shapes", images=20, size_px=64)
    settings = {"data.path": str(tmp_path / "shapes"), "out": str(tmp_path / "out"), "push.to": "/dev/null/models"}
    with pytest.raises(UserError, match="models can't be published there"):
        preflight.check_before_run(load_config(None, settings))


def test_a_bug_is_one_sentence_that_names_the_log(tmp_path: Path) -> None:
    message = str(explain_failed_run(ValueError("shapes differ\nin two ways"), "Evaluator", tmp_path / "log"))
    assert message.startswith("Evaluator failed") and "ValueError: shapes differ\n" in message
    assert f"see the end of {tmp_path}/log" in message


def test_a_reused_publication_that_is_not_served_any_more_is_told_as_such() -> None:
    summary = {"published": "/out/published/2", "latest": "/real/out/published/2", "rolled_back": None}
    assert where_published(summary) == "/out/published/2"
    other = {**summary, "latest": "/real/out/published/1"}
    assert where_published(other) == (
        "/out/published/2 (reused; another model was pushed since: `latest` is /real/out/published/1)"
    )
    assert where_published({**other, "rolled_back": "rolled back on 2026-03-14 10:15 UTC (blind at night)"}) == (
        "/out/published/2 (reused; rolled back on 2026-03-14 10:15 UTC (blind at night): "
        "`latest` is /real/out/published/1)"
    )
    refused = {"published": None, "latest": None, "blessed": True, "push_reason": "too little maps"}
    assert where_published(refused) == "no: too little maps"
    reasons = {
        **refused,
        "blessed": False,
        "push_reason": "the model is not blessed: AP50 0.1 is below the required 0.3",
    }
    assert where_published(reasons) == "no: the model is not blessed", "the verdict names the reasons already"
