"""What is refused before Flink is fetched or started."""

import shutil

import pytest

from coralline.foundation.errors import UserError
from deployment.engines import flink_files, jvm


def on_path(monkeypatch, folder, **programs):
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_without_maven_it_says_what_to_install(tmp_path, monkeypatch):
    on_path(monkeypatch, tmp_path)
    with pytest.raises(UserError, match="can't be fetched") as told:
        flink_files.fetch_flink(tmp_path)
    assert "maven" in told.value.fix


def test_a_file_that_isnt_the_pinned_one_is_refused(tmp_path):
    jar = tmp_path / "gson-2.11.0.jar"
    jar.write_bytes(b"another")
    with pytest.raises(UserError, match="isn't the one that was pinned"):
        flink_files._require_pinned(jar, {"gson-2.11.0.jar": "0" * 64})
    with pytest.raises(UserError, match="isn't the one that was pinned"):
        flink_files._require_pinned(jar, {})


def test_every_jar_is_pinned_once():
    pins = flink_files._pins()
    assert len(pins) == 162
    assert f"beam-runners-flink-1.19-{flink_files.BEAM_RUNNER_VERSION}.jar" in pins
    assert f"apache-flink-libraries-{flink_files.FLINK_VERSION}.tar.gz" in pins


def test_what_is_there_isnt_fetched_again(tmp_path, monkeypatch):
    on_path(monkeypatch, tmp_path)
    home = tmp_path / f"flink-{flink_files.FLINK_VERSION}-beam-{flink_files.BEAM_RUNNER_VERSION}"
    home.mkdir()
    (home / "complete").touch()
    assert flink_files.fetch_flink(tmp_path).folder == home


@pytest.mark.parametrize("version", ["21.0.1", "1.8.0_362"])
def test_a_java_that_flink_doesnt_run_on_is_refused(tmp_path, monkeypatch, version):
    on_path(monkeypatch, tmp_path, java=f"echo 'openjdk version \"{version}\" 2023-10-17' >&2")
    with pytest.raises(UserError, match="Flink can't be started here") as told:
        jvm.require_java()
    assert told.value.found in ("Java 21", "Java 8")


def test_no_java_is_refused(tmp_path, monkeypatch):
    on_path(monkeypatch, tmp_path)
    assert shutil.which("java") is None
    with pytest.raises(UserError, match="Flink can't be started here"):
        jvm.require_java()
