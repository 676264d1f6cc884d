"""Whether a published model is served, as `why` says it."""

from pathlib import Path
from typing import Any

import pytest

from coralline.lineage.answers.trace import explain_artifact
from coralline.lineage.run_history import open_lineage


def served(tmp_path: Path, writer: Any, destination: str, version: str) -> Any:
    pushed = writer.artifact(
        "PushedModel", f"{tmp_path}/p/9", pushed=1, pushed_destination=destination, pushed_version=version
    )
    writer.execute("20260104-000000-dddd", "Pusher", 3, {}, {"pushed_model": pushed})
    history = open_lineage(tmp_path)
    return explain_artifact(history, history.artifacts([pushed.id])[0])["served"]


def test_what_latest_names_is_served(tmp_path: Path, store_writer: Any) -> None:
    (tmp_path / "published" / "v1").mkdir(parents=True)
    (tmp_path / "published" / "v1" / "manifest.json").write_text('{"files": {}}')
    (tmp_path / "published" / "latest").symlink_to("v1")
    found = served(tmp_path, store_writer, f"{tmp_path}/published", "v1")
    assert found["now"] and found["latest"].endswith("/published/v1")


@pytest.mark.parametrize("whole", [True, False])
def test_of_a_folder_without_latest_it_isnt_known(tmp_path: Path, store_writer: Any, whole: bool) -> None:
    place = tmp_path / "serving_model"
    (place / "1583").mkdir(parents=True)
    # TFX's own Pusher writes the whole address of the version.
    assert served(tmp_path, store_writer, str(place / "1583") if whole else str(place), "1583") is None
