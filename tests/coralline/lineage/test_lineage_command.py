"""`coralline lineage` on a store of three runs: one made everything, one reused it, one failed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from coralline.foundation.errors import UserError
from coralline.publishing import published
from pipeline.commands.lineage.command import command

_FIRST, _SECOND, _FAILED = "20260101-000000-aaaa", "20260102-000000-bbbb", "20260103-000000-cccc"


def _call(*arguments: Any) -> str:
    result = CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def _json(*arguments: Any) -> Any:
    return json.loads(_call(*arguments, "--json"))


def test_lists_runs_newest_first_with_state_and_code(out: Path) -> None:
    runs = _json("list", "--store", out)["runs"]
    assert [(r["run_id"], r["state"]) for r in runs] == [
        (_FAILED, "FAILED"),
        (_SECOND, "COMPLETE"),
        (_FIRST, "COMPLETE"),
    ]
    assert runs[0]["properties"]["git_commit"] == "c0ffee"
    text = _call("list", "--store", out)
    assert "3 of 3" in text
    assert "failed" in text


def test_lists_no_more_than_asked_for(out: Path) -> None:
    assert [r["run_id"] for r in _json("list", "--store", out, "--limit", 1)["runs"]] == [_FAILED]


def test_shows_a_run_by_how_its_id_begins(out: Path) -> None:
    run = _json("show", "20260102", "--store", out)
    assert run["run_id"] == _SECOND
    assert [step["node"] for step in run["steps"]] == ["VocExampleGen", "QatTrainer", "EdgeTpuPusher"]
    assert {step["state"] for step in run["steps"]} == {"CACHED"}


def test_shows_the_latest_run_with_its_error(out: Path) -> None:
    assert "there are no annotations" in _call("show", "latest", "--store", out)


def test_a_beginning_that_several_runs_share_is_not_one_run(out: Path) -> None:
    with pytest.raises(UserError, match="3 runs begin with `202601`"):
        _call("show", "202601", "--store", out)


def test_shows_what_an_artifact_came_from_and_what_came_of_it(out: Path) -> None:
    (model,) = [
        a["id"]
        for step in _json("show", _FIRST, "--store", out)["steps"]
        for a in step["outputs"].get("model", [])
    ]  # fmt: skip
    shown = _json("show", f"artifact:{model}", "--store", out)
    assert [s["node"] for s in shown["came_from"]] == ["VocExampleGen", "QatTrainer"]
    assert [(s["node"], s["run"]) for s in shown["came_of_it"]] == [("EdgeTpuPusher", _FIRST)]
    text = _call("show", f"artifact:{model}", "--store", out)
    assert "made from" in text
    assert "components.LabelMap" in text


def test_shows_an_execution_with_its_settings(out: Path) -> None:
    shown = _json("show", "execution:2", "--store", out)
    assert (shown["node"], shown["settings"]) == ("QatTrainer", {"train": {"seed": 3}})
    assert "train.seed 3" in _call("show", "execution:2", "--store", out)


@pytest.mark.parametrize("what", ["artifact:99", "execution:99", "nosuchrun", "artifact:x"])
def test_unknown_things_are_told_with_what_there_could_be(out: Path, what: str) -> None:
    with pytest.raises(UserError, match="the store has no"):
        _call("show", what, "--store", out)


@pytest.mark.parametrize("place", ["published/v1/model.tflite", "published/v1", "published/latest/model.tflite"])
def test_why_leads_from_a_published_file_to_data_settings_and_code(out: Path, place: str) -> None:
    why = _json("why", out / place)
    assert why["run"] == _FIRST
    assert why["code"] == {"coralline_version": "0.1.0", "git_commit": "c0ffee", "lock_sha256": "ab12"}
    assert why["data"]["VocExampleGen"]["data"] == {"path": "/data/raccoon"}
    assert why["data"]["VocExampleGen"]["input_fingerprint"] == "f1"
    assert why["settings"]["QatTrainer"] == {"train": {"seed": 3}}
    assert [s["node"] for s in why["steps"]] == ["VocExampleGen", "QatTrainer", "EdgeTpuPusher"]


def test_why_in_words(out: Path) -> None:
    text = _call("why", out / "published/v1")
    for expected in ("/data/raccoon", "c0ffee", "train.seed 3", _FIRST):
        assert expected in text


def test_why_says_whether_a_published_version_is_served_and_why_not(out: Path) -> None:
    place = out / "published"
    assert _json("why", place / "v1")["served"] == {"now": True, "latest": str(place / "v1"), "moves": []}
    assert "served       yes" in _call("why", place / "v1")
    earlier = published.publish(str(place), {"model.tflite": b"earlier"}, {})
    (place / "latest").unlink()
    (place / "latest").symlink_to("v1")
    assert published.roll_back(str(place), to=earlier, reason="blind at night").before == "v1"
    served = _json("why", place / "v1")["served"]
    assert (served["now"], served["moves"][-1]["reason"]) == (False, "blind at night")
    text = _call("why", place / "v1")
    assert "served       no, rolled back on " in text and f"(blind at night); `latest` is {place / earlier}" in text


def test_why_knows_a_copied_bundle_by_its_manifest(out: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    device = tmp_path_factory.mktemp("device") / "models"
    shutil.copytree(out / "published/v1", device)
    assert _json("why", device / "model.tflite", "--store", out)["run"] == _FIRST


def test_why_says_when_the_store_does_not_know_a_file(out: Path) -> None:
    (out / "stranger.tflite").touch()
    with pytest.raises(UserError, match="not recorded in the store"):
        _call("why", out / "stranger.tflite")


def test_why_says_when_there_is_no_such_file(out: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        _call("why", out / "nothing", "--store", out)
    with pytest.raises(UserError, match="no such file"):
        _call("why", out / "published/v1/nothing", "--store", out)


def test_needs_no_tensorflow_and_no_tfx(out: Path, loaded_by_lineage: Any) -> None:
    assert loaded_by_lineage("why", out / "published/v1") == []
