"""How a run is named, and what is said if it isn't one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coralline.foundation.errors import UserError
from coralline.lineage.answers.impact import impact
from coralline.lineage.answers.run_choice import find_run
from coralline.lineage.answers.staleness import staleness
from coralline.lineage.run_history import open_lineage
from tests.coralline.lineage.answers.conftest import FIRST, REFUSED, SECOND


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("latest", REFUSED),
        ("previous", SECOND),
        ("latest~2", FIRST),
        ("served", SECOND),
        ("20260301", FIRST),
        (FIRST, FIRST),
    ],
)
def test_a_run_has_several_names(differing: Path, wanted: str, found: str) -> None:
    assert find_run(open_lineage(differing), wanted).run_id == found


def test_a_beginning_that_several_share_tells_which(differing: Path) -> None:
    with pytest.raises(UserError, match="3 runs begin with `2026`") as error:
        find_run(open_lineage(differing), "2026")
    assert FIRST in str(error.value.found)


@pytest.mark.parametrize("wanted", ["", "nothing", "latest~9", "latest~", "100%", "a'b", "x\x1b[31m", "y" * 10_000])
def test_what_is_no_run_is_told(differing: Path, wanted: str) -> None:
    with pytest.raises(UserError, match="the store has no run") as error:
        find_run(open_lineage(differing), wanted)
    assert "\x1b" not in str(error.value) and len(str(error.value)) < 1000


def test_no_run_is_served_where_no_folder_is(differing: Path) -> None:
    (differing / "published/latest").unlink()
    with pytest.raises(UserError, match="no run's model is known to be served"):
        find_run(open_lineage(differing), "served")


def test_a_version_that_several_runs_published_is_the_first_ones(tmp_path: Path, store_writer: Any) -> None:
    place = tmp_path / "published"
    (place / "v1").mkdir(parents=True)
    (place / "latest").symlink_to("v1")
    models = []
    for number, run in enumerate(("20260101-000000-aaaa", "20260104-000000-dddd")):
        model = store_writer.artifact("Model", f"{tmp_path}/model/{number}")
        pushed = store_writer.artifact(
            "PushedModel", f"{tmp_path}/p/{number}", pushed=1, pushed_destination=str(place), pushed_version="v1"
        )
        store_writer.execute(run, "QatTrainer", 3, {}, {"model": model})
        store_writer.execute(run, "EdgeTpuPusher", 3, {"model": model}, {"pushed_model": pushed})
        models.append(model.id)
    history = open_lineage(tmp_path)
    assert find_run(history, "served").run_id == "20260101-000000-aaaa"
    (published,) = impact(history, history.artifacts(models))["published"]
    assert published["run"] == "20260101-000000-aaaa"
    (known,) = staleness(history)["places"]
    assert known["run"]["run_id"] == "20260101-000000-aaaa"
