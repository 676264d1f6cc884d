"""What a person is told about a configuration that isn't right."""

import pytest

from coralline.foundation.errors import UserError
from coralline.foundation.settings_errors import valid_keys
from pipeline.config import Config, load_config


@pytest.fixture
def file(tmp_path):
    def write(text):
        (tmp_path / "c.yaml").write_text(text)
        return tmp_path / "c.yaml"

    return write


def refused(path, overrides=None):
    with pytest.raises(UserError) as caught:
        load_config(path, overrides)
    return caught.value


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_key(file):
    error = refused(file("model:\n  preset: demo_160\ntrain:\n  flot_steps: 3\n"))
    assert (error.line, error.fix) == (4, "did you mean `train.float_steps`?")


@pytest.mark.parametrize(
    ("key", "meant"),
    [("trian", "train"), ("batch_size", "train.batch_size"), ("evaluate.min_AP50", "evaluate.min_ap50"),
     ("model.float_steps", "train.float_steps"), ("evaluate.picture", "evaluate.pictures")],
)  # fmt: skip
def test_the_key_that_was_meant_is_found(key, meant):
    assert refused(None, {key: 1}).fix == f"did you mean `{meant}`?"


@pytest.mark.parametrize(("key", "expected"), [("zzz", "one of augment, "), ("push.zzz", "one of push.to")])
def test_a_key_like_no_other_is_told_with_the_keys_of_its_place(key, expected):
    error = refused(None, {key: 1})
    assert error.expected.startswith(expected) and (key.count(".") or "." not in error.expected)


def test_a_wrong_value_is_told_with_its_line(file):
    error = refused(file("train:\n  seed: 1\n  float_steps: many\n"))
    assert (error.line, error.found) == (3, "'many'") and "float_steps" in error.what


def test_a_wrong_value_in_a_list_is_told_with_the_line_of_its_key(file):
    error = refused(file("model:\n  aspect_ratios: [1.0, -2.0]\n"))
    assert (error.line, error.found, error.fix) == (2, "-2.0", "correct `model.aspect_ratios`")


@pytest.mark.parametrize("value", ["3", "[]", "[1, x]", "[.nan]", "[.inf]", "[0]", "1.0, 3.0"])
def test_aspect_ratios_are_a_list_of_positive_numbers(file, value):
    assert "model.aspect_ratios" in refused(file(f"model:\n  aspect_ratios: {value}\n")).what


@pytest.mark.parametrize("override", [{"train.float_steps": "x"}, {"train.zzz": 1}, {"train": 3}])
def test_what_an_override_got_wrong_is_not_blamed_on_the_file(file, override):
    error = refused(file("train:\n  float_steps: 3\n"), override)
    assert (error.file, error.line) == (None, None)


def test_what_the_file_got_wrong_is_blamed_on_it_whatever_is_overridden(file):
    path = file("train:\n  float_steps: x\n")
    error = refused(path, {"data.path": "here", "train.seed": 3})
    assert (error.file, error.line) == (str(path), 2)


def test_a_section_that_is_no_section_is_told_with_what_belongs_there(file):
    assert refused(file("push: here\n")).what == "`push` must be a section with keys such as push.to"


def test_a_section_with_all_of_its_lines_commented_out_has_the_defaults(file):
    assert load_config(file("train:\n  # seed: 3\nout: there\n")).train == load_config().train


def test_yaml_that_does_not_parse_is_told_with_its_line(file):
    assert refused(file("train:\n  seed: 3\n bad: [\n")).line == 3


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        ("scale: [1.5, 0.5]", "scale", "two numbers from 0.2 to 4, the lesser first"),
        ("scale: 1.5", "scale", "two numbers"),
        ("contrast: [.nan, 1.0]", "contrast", "two numbers"),
        ("contrast: [0.5, 1.0, 1.5]", "contrast", "two numbers"),
        ("jpeg_quality: [0, 90]", "jpeg_quality", "two whole numbers from 1 to 100"),
        ("jpeg_quality: [40, 101]", "jpeg_quality", "two whole numbers from 1 to 100"),
        ("policy: v9", "policy", "one of `randaugment`, `detection_v0`"),
        ("magnitude: 3", "magnitude", "left out unless augment.policy is randaugment"),
        ("horizontal_flip: true", "horizontal_flip", "a number, at least 0, at most 1"),
        ("hue: 0.6", "hue", "a number, at least 0, at most 0.5"),
    ],
)
def test_an_augmentation_that_cannot_be_is_told_with_what_can(file, value, key, expected):
    error = refused(file(f"augment:\n  {value}\n"))
    assert error.what.startswith(f"`augment.{key}` must be {expected}") and error.line == 2


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("train.seed", "x", "a whole number, at least 0, below 4294967296"),
        ("train.seed", 1.5, "a whole number, at least 0, below 4294967296"),
        ("train.seed", -1, "a whole number, at least 0, below 4294967296"),
        ("train.float_steps", 0, "a whole number, at least 1"),
        ("train.float_steps", True, "a whole number, at least 1"),
        ("train.learning_rate", float("inf"), "a number, above 0"),
        ("data.label_map", "classes\0", "text"),
        ("train.xla", "perhaps", "true or false"),
        ("train.mixed_precision", "int4", "one of `bfloat16`, `float16`"),
        ("train.ema_decay", 1, "a number, above 0, below 1"),
        ("evaluate.min_ap50", 50, "a number, at least 0, at most 1"),
        (
            "data.reader",
            "excel",
            "one of `auto`, `voc`, `cvat`, `coco`, `labelme`, `labelstudio`, `via`, `createml`, `yolo`, `csv`, "
            "`tfrecord`",
        ),
        ("data.on_zero_area_box", "ignore", "one of `drop`, `fail`"),
        ("data.path", 3, "text"),
        ("deployment.image", "", "text, not empty"),
        ("model.aspect_ratios", [], "a list, each a number, at least 0.05, at most 20, not empty"),
        ("model.warm_start_sha256", "abc", "text, matching ^[0-9a-f]{64}$"),
    ],
)
def test_a_wrong_value_is_answered_with_what_the_setting_may_be(key, value, allowed):
    error = refused(None, {key: value})
    assert (error.what, error.found) == (f"`{key}` must be {allowed}", repr(value))


def test_a_key_of_a_mapping_that_is_no_text_is_told_with_its_line(file):
    error = refused(file("deployment:\n  volumes: {/mnt: claim}\n  node_selector:\n    1: yard\n"))
    assert error.what == "a key isn't text in `deployment.node_selector`"
    assert (error.line, error.found) == (3, "1, as YAML reads it")


def test_no_message_is_the_librarys_own():
    values = ("text", "", -1.5, 10**9, None, [], {}, [None], True)
    for key in valid_keys(Config):
        for value in values if "." in key else ():
            try:
                load_config(None, {key: value})
            except UserError as error:
                assert "nput should" not in str(error) and "alid" not in error.what


def test_a_configuration_for_a_newer_version_is_refused_with_both_versions(file):
    error = refused(file("version: 2\ntrain:\n  from_the_future: 1\n"))
    assert (error.expected, error.found) == ("version: 1", "version: 2")


@pytest.mark.parametrize("version", ['"2"', "2.0", "true", "0"])
def test_the_version_of_a_configuration_is_a_whole_number(file, version):
    error = refused(file(f"version: {version}\ntrain:\n  from_the_future: 1\n"))
    assert (error.what, error.line) == ("`version` must be a whole number, at least 1", 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_are_read(tmp_path, encoding):
    (tmp_path / "c.yaml").write_bytes("data:\n  path: Kätzchen\n".encode(encoding))
    assert load_config(tmp_path / "c.yaml").data.path == "Kätzchen"
