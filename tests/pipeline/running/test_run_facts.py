"""How a run was called, as it is recorded."""

import hashlib
import json
import shlex

from pipeline.config import load_config
from pipeline.running.run_facts import RunCall, given_settings, surroundings


def _call(monkeypatch, tmp_path, words, config, file=None):
    monkeypatch.setattr("sys.argv", ["coralline", *words])
    monkeypatch.chdir(tmp_path)
    return RunCall.of(config, file)


def test_the_command_line_can_be_typed_again(monkeypatch, tmp_path):
    words = ["run", "--data", "my pictures", "--set", "train.seed=3", "--json"]
    call = _call(monkeypatch, tmp_path, words, load_config(None, {"train.seed": 3}))
    assert shlex.split(call.command_line) == ["coralline", *words]
    assert (call.working_folder, call.config_file, call.given) == (str(tmp_path), None, {"train.seed": 3})
    assert set(call.as_properties()) == {"command_line", "working_folder", "given_settings"}


def test_the_configuration_file_is_told_with_its_content(monkeypatch, tmp_path):
    file = tmp_path / "yard.yaml"
    file.write_text("train: {seed: 3}\nout: yard\n")
    properties = _call(monkeypatch, tmp_path, ["run"], load_config(file), "yard.yaml").as_properties()
    assert properties["config_file"] == str(file)
    assert properties["config_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert json.loads(properties["given_settings"]) == {"train.seed": 3, "out": "yard"}


def test_no_secret_is_in_it_and_quotes_stay_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("CORALLINE_WITHHELD", "{}")
    address = "https://me:s3cr3t@host/w.tflite?X-Amz-Credential=AKIA1234&X-Amz-Signature=s3cr3t"
    words = ["run", "--set", f"model.warm_start={address}", "--out", "an out"]
    properties = _call(monkeypatch, tmp_path, words, load_config(None, {"model.warm_start": address})).as_properties()
    assert not any(secret in str(properties) for secret in ("s3cr3t", "AKIA1234"))
    assert shlex.split(str(properties["command_line"]))[-2:] == ["--out", "an out"]
    assert "host/w.tflite" in str(properties["given_settings"])


def test_only_what_is_not_the_default_is_given():
    assert given_settings(load_config(None)) == {}
    given = {"name": "yard", "data.path": "x", "augment.scale": [0.5, 2.0], "evaluate.min_ap50": None}
    assert given_settings(load_config(None, given)) == given


def test_what_surrounds_a_run_can_be_recorded():
    facts = surroundings()
    assert {type(value) for value in facts.values()} == {str, int}
    assert json.loads(str(facts["library_versions"]))["tensorflow"] and facts["record_format"] == 2
