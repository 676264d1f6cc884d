"""`coralline rollback` as its user sees it."""

import json

import pytest
from click.testing import CliRunner

from coralline.foundation.errors import UserError
from coralline.publishing import published
from pipeline.commands.rollback import command


def call(*arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture
def place(tmp_path):
    """`published` in an output folder, with three versions; AP .4, .45 and .5."""
    for i in range(3):
        metrics = {"int8": {"AP": 0.4 + i / 20, "AP50": 0.9}}
        edgetpu = {"compiled": i == 1, "mapped": 264, "total": 267}
        files = {"model.tflite": f"{i}".encode(), "labels.txt": b"cat\n"}
        published.publish(str(tmp_path / "yard/published"), files, {"metrics": metrics, "edgetpu": edgetpu})
    return tmp_path / "yard/published"


@pytest.mark.parametrize("where", ["yard", "yard/published"])
def test_it_says_what_is_served_now_and_how_to_take_it_back(place, tmp_path, where):
    before = place.joinpath("latest").resolve().name
    said = call(tmp_path / where, "--reason", "blind [at] night")
    after = place.joinpath("latest").resolve().name
    assert f"`latest` is now {after}: AP 0.450, operations on the Edge TPU 264 of 267, compiled." in said
    assert f"It was {before}; to serve that again: coralline rollback {place} --to {before}" in said
    listed = call(tmp_path / where, "--list")
    assert "(blind [at] night)" in listed and "served since" in listed
    assert sum(line.startswith("*") for line in listed.splitlines()) == 1


def test_what_it_did_as_json(place):
    before = place.joinpath("latest").resolve().name
    done = json.loads(call(place, "--json"))
    after = place.joinpath("latest").resolve().name
    assert done == {
        "schema": "coralline.rollback/1",
        "place": str(place),
        "moved": True,
        "before": before,
        "after": after,
        "skipped": {},
    }
    assert json.loads(call(place, "--to", after, "--json"))["moved"] is False
    listed = json.loads(call(place, "--list", "--json"))
    assert listed["latest"] == after and [version["served"] for version in listed["versions"]].count(True) == 1
    by_name = {version["version"]: version for version in listed["versions"]}
    assert by_name[before]["rolled_back"]["after"] == after and by_name[after]["rolled_back"] is None
    assert by_name[after]["metrics"]["AP"] == 0.45 and by_name[after]["edgetpu"]["compiled"] is True
    assert [move["by"] for move in listed["moves"]] == ["push", "push", "push", "rollback"]


def test_damaged_versions_are_named_in_the_list_and_when_passed_over(place):
    second = published.record(str(place)).trail[1]
    (place / second / "model.tflite").write_bytes(b"damaged")
    assert "damaged: model.tflite isn't as it was published" in call(place, "--list")
    assert f"skipped {second}: it is damaged (model.tflite isn't as it was published)" in call(place)


def test_where_nothing_is_published_it_says_so(tmp_path):
    assert "Nothing is published in" in call(tmp_path, "--list")
    with pytest.raises(UserError, match="nothing is published here"):
        call(tmp_path)


def test_a_list_moves_nothing(place):
    result = CliRunner().invoke(command, [str(place), "--list", "--to", "2"])
    assert result.exit_code == 2 and "--list changes nothing" in result.output


def test_an_address_that_cannot_be_read_is_one_message():
    pytest.importorskip("tensorflow")
    with pytest.raises(UserError, match="can't be read"):
        call("nosuch://bucket/models", "--list")
