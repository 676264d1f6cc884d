"""A published file is known wherever it was copied, by its content."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.answers.recorded_file import recorded_artifact
from coralline.lineage.run_history import open_lineage

_RUN = "20260104-000000-dddd"


def test_a_bare_model_that_was_copied_and_renamed_is_known(
    differing: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("camera") / "detector.bin"
    shutil.copy(differing / "published/v01/model.tflite", copy)
    found = recorded_artifact(open_lineage(differing), str(copy))
    assert (found.type, found.properties["pushed_version"]) == ("PushedModel", "v01")
    shutil.rmtree(differing / "published")
    assert recorded_artifact(open_lineage(differing), str(copy)) == found


def test_a_model_that_was_never_published_is_known_by_its_content(
    differing: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "model.tflite"
    copy.write_bytes(b"model of 20260303-080000-3333")
    assert recorded_artifact(open_lineage(differing), str(copy)).type == "components.TFLiteModel"


def test_an_exported_model_of_an_older_version_is_known_by_its_file(
    store_writer: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(b"exported")
    model = store_writer.artifact("components.TFLiteModel", str(folder))
    store_writer.execute(_RUN, "TFLiteExporter", pb.Execution.COMPLETE, {}, {"model": model})
    copy = tmp_path_factory.mktemp("copy") / "x"
    copy.write_bytes(b"exported")
    assert recorded_artifact(open_lineage(tmp_path), str(copy)).id == model.id


def test_another_model_beside_a_manifest_is_not_the_published_one(
    differing: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("device") / "v01"
    shutil.copytree(differing / "published/v01", copy)
    assert recorded_artifact(open_lineage(differing), str(copy)).properties["pushed_version"] == "v01"
    (copy / "model.tflite").write_bytes(b"model of 20260302-080000-2222")
    found = recorded_artifact(open_lineage(differing), str(copy / "model.tflite"))
    assert found.properties["pushed_version"] == "v02"
    (copy / "model.tflite").write_bytes(b"of somebody else")
    with pytest.raises(UserError, match="not recorded"):
        recorded_artifact(open_lineage(differing), str(copy / "model.tflite"))


def test_a_compiled_model_is_known_by_its_content(
    store_writer: Any, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = {"model.tflite": "00", "model_edgetpu.tflite": hashlib.sha256(b"compiled").hexdigest()}
    known = {"pushed": 1, "pushed_destination": "s3://yard", "pushed_version": "v9"}
    pushed = store_writer.artifact("PushedModel", "s3://x", published_files=json.dumps(files), **known)
    store_writer.execute(_RUN, "EdgeTpuPusher", pb.Execution.COMPLETE, {}, {"pushed": pushed})
    copy = tmp_path_factory.mktemp("tpu") / "m"
    copy.write_bytes(b"compiled")
    assert recorded_artifact(open_lineage(tmp_path), str(copy)).id == pushed.id
