"""Where relative addresses are looked for, and the folder that records have in common."""

import pytest

from coralline.od_api.addresses import Address, common_folder
from coralline.od_api.ledger import Leaf


@pytest.mark.parametrize("folder", [".", "config"])
def test_addresses_are_found_beside_the_configuration_and_above_it(project, tmp_path_factory, monkeypatch, folder):
    project.translate(name=f"{folder}/pipeline.config")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    from coralline.od_api.translation import translate

    translation = translate(str(project.root / folder / "pipeline.config"))
    carried = {setting.key: setting.value for setting in translation.carried}
    assert carried["data.path"] == str(project.root / "data")
    assert carried["data.label_map"] == str(project.root / "data" / "label_map.pbtxt") and translation.ok


def test_the_working_directory_comes_first(project):
    project.write("config/data/train.record", "")
    translation = project.translate(name="config/pipeline.config")
    [check] = [check for check in translation.checks if check.name == "train records"]
    assert check.message == "data/train.record"


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["a.record"], "."),
        (["data/a.record", "data/b.record"], "data"),
        (["data/train/a.record", "data/val/b.record"], "data"),
        (["data/a-?????-of-00010", "data/*/b"], "data"),
        (["/x/a", "/y/b"], None),
        (["/x/a", "/x/y/b"], "/x"),
        (["gs://b/x/a", "gs://b/x/y/c"], "gs://b/x"),
        (["gs://b/a", "gs://b/c"], "gs://b"),
        (["gs://b/a", "gs://c/a"], None),
        (["gs://b/a", "s3://b/a"], None),
        (["gs://b/a", "data/a"], None),
        (["gs:///b/a", "gs://b/a"], None),
        (["gs://b"], "gs://b"),
    ],
)
def test_records_have_a_folder_in_common(paths, folder):
    assert common_folder([Address(Leaf("f", None, 1), path, "missing", path) for path in paths]) == folder


def test_a_way_upwards_is_made_absolute(project, monkeypatch):
    (project.root / "below").mkdir()
    monkeypatch.chdir(project.root / "below")
    addresses = [Address(Leaf("f", None, 1), path, "missing", path) for path in ("../data/a", "b")]
    assert common_folder(addresses) == str(project.root)


def test_several_records_stand_in_one_text_or_in_a_list(project):
    project.write("data/more.record", "")
    for new in ('"data/train.record,data/more.record"', '["data/train.record", "data/more.record"]'):
        translation = project.translate(replace={'"data/train.record"': new})
        assert translation.ok and [check.name for check in translation.checks].count("train records") == 2
