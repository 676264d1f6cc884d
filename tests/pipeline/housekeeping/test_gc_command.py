"""`coralline gc` as its user sees it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from coralline.foundation.errors import UserError
from pipeline.commands.gc import command


def call(*arguments: Any, code: int = 0) -> str:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def two_runs(yard: Any) -> Any:
    """An output folder with a run that may go and one that is served."""
    _, old = yard.run(blessed=False)
    yard.run()
    return yard, old


def test_without_delete_it_only_says_what_would_go(two_runs: Any) -> None:
    yard, old = two_runs
    said = call("--out", yard.out.path, "--keep-last", 1)
    assert "artifacts/QatTrainer/trained_model/3" in said and "KiB" in said
    assert "Would delete 11 things" in said and "--delete does it" in said
    assert os.path.exists(old["trained_model"].uri) and yard.state(old["trained_model"]) == "LIVE"


def test_delete_does_it_and_says_so(two_runs: Any, valid_document: Any) -> None:
    yard, old = two_runs
    planned = valid_document(call("--store", yard.out.store, "--keep-last", 1, "--json"))
    done = valid_document(call("--out", yard.out.path, "--keep-last", 1, "--delete", "--json"))
    assert (planned["deleted"], done["deleted"]) == (False, True)
    assert planned["removals"] == done["removals"] and done["bytes"] >= 9 * 8192
    assert not os.path.exists(old["trained_model"].uri)
    assert "Nothing would be deleted" in call("--out", yard.out.path, "--keep-last", 1)


def test_by_default_five_runs_stay(two_runs: Any) -> None:
    yard, _ = two_runs
    assert "Nothing would be deleted" in call("--out", yard.out.path)


def test_the_folder_that_is_here(two_runs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    yard, _ = two_runs
    monkeypatch.chdir(yard.out.path)
    assert "Would delete" in call("--keep-last", 1)


@pytest.mark.parametrize("address", ["gs://bucket/root", "grpc://localhost:8080", "mysql://user:secret@host/metadata"])
def test_files_in_buckets_are_left_to_the_bucket(address: str) -> None:
    with pytest.raises(UserError, match="only in output folders of local runs") as error:
        call("--store", address)
    assert "lifecycle" in str(error.value) and "secret" not in str(error.value)


def test_a_folder_without_a_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not the output folder of a run"):
        call("--out", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y"])
def test_an_age_has_a_unit(two_runs: Any, age: str) -> None:
    yard, _ = two_runs
    assert "such as 12h, 30d or 8w" in call("--out", yard.out.path, f"--older-than={age}", code=2)
