"""Which image trains and which one judges."""

import dataclasses

import pytest

from coralline.data.data_settings import DataSettings
from coralline.data.judging.problems import Problem
from coralline.data.judging.split import assign as assign_by
from coralline.data.reading.image_place import ImagePlace
from coralline.data.reading.raw_annotation import Entry, Layout
from coralline.data.reading.reader_choice import find_layout
from coralline.foundation.errors import UserError


def layout_of(names):
    entries = (Entry(f"{n}.jpg", f"{n}.xml", ImagePlace(f"/data/{n}.jpg")) for n in names)
    return Layout("LabelImg", "/data", tuple(entries))


def assign(layout, eval_fraction=0.2, **options):
    return assign_by(layout, DataSettings(eval_fraction=eval_fraction, **options))


def devkit(voc, images, **lists):
    for name in images:
        voc.image(f"JPEGImages/{name}.jpg")
        voc.annotation(f"Annotations/{name}.xml")
    for name, lines in lists.items():
        voc.text(f"ImageSets/Main/{name}.txt", "\n".join(lines) + "\n")
    return assign(find_layout(str(voc.root)), 0.2)


def sides(assignment):
    return {name.rpartition("/")[2].removesuffix(".jpg"): split for name, split in assignment.split_of.items()}


def test_added_images_move_no_old_one():
    few, many = ([f"image-{i}" for i in range(n)] for n in (200, 400))
    before, after = assign(layout_of(few), 0.2).split_of, assign(layout_of(many), 0.2).split_of
    assert all(after[name] == split for name, split in before.items())


def test_side_depends_on_the_file_name_alone():
    here, there = assign(layout_of(["a/1", "a/2", "a/3"]), 0.5), assign(layout_of(["b/c/1", "b/c/2", "b/c/3"]), 0.5)
    assert sides(here) == sides(there)


def test_fraction_is_kept_roughly():
    splits = list(assign(layout_of([f"image-{i}" for i in range(2000)]), 0.2).split_of.values())
    assert 0.17 < splits.count("eval") / len(splits) < 0.23


def test_no_side_is_empty_in_a_handful_of_images():
    for n in range(2, 12):
        for fraction in (0.01, 0.99):
            assert set(assign(layout_of(map(str, range(n))), fraction).split_of.values()) == {"train", "eval"}


def test_refuses_a_single_image():
    with pytest.raises(UserError, match="no image is left"):
        assign(layout_of(["only"]), 0.2)


def test_says_why_no_image_is_left(voc):
    layout = dataclasses.replace(layout_of([]), problems=(Problem("missing_image", "a.xml", "the image is missing"),))
    with pytest.raises(UserError, match="the image is missing"):
        assign(layout, 0.2)


def test_train_and_val_lists_decide(voc):
    assignment = devkit(voc, "abc", train=["a"], val=["b"], test=["c"], trainval=["a", "b"])
    assert sides(assignment) == {"a": "train", "b": "eval", "c": "test"} and not assignment.unlisted
    assert assignment.rule == "by ImageSets/Main: train.txt trains, val.txt evaluates, test.txt tests"


def test_trainval_and_test_lists_decide_where_there_is_no_val(voc):
    assert sides(devkit(voc, "abc", trainval=["a", "b"], test=["c"])) == {"a": "train", "b": "train", "c": "eval"}


def test_flags_of_class_lists_and_blank_lines_are_passed_over(voc):
    assignment = devkit(voc, ["two words", "b"], train=["two words  1", ""], val=["b -1"])
    assert sides(assignment) == {"two words": "train", "b": "eval"} and assignment.problems == ()


def test_one_list_alone_does_not_decide(voc):
    assert set(sides(devkit(voc, "abcdefgh", train=["a"]))) == set("abcdefgh")


def test_lines_without_an_image_and_leaks_are_problems(voc):
    assignment = devkit(voc, "ab", train=["a", "gone"], val=["b", "a"])
    missing, leak = assignment.problems
    assert (missing.kind, missing.line, missing.policy) == ("listed_image_missing", 2, "fail")
    assert (leak.kind, leak.line) == ("listed_twice", 2) and leak.file.endswith("val.txt")


def test_same_name_in_two_years_goes_by_its_own_lists(voc):
    for year, (train, val) in {"VOC2007": ("1", "2"), "VOC2012": ("2", "1")}.items():
        for name in "12":
            voc.image(f"{year}/JPEGImages/{name}.jpg")
            voc.annotation(f"{year}/Annotations/{name}.xml")
        voc.text(f"{year}/ImageSets/Main/train.txt", train)
        voc.text(f"{year}/ImageSets/Main/val.txt", val)
    split_of = assign(find_layout(str(voc.root)), 0.2).split_of
    assert split_of["VOC2007/JPEGImages/1.jpg"] == "train" and split_of["VOC2012/JPEGImages/1.jpg"] == "eval"


def test_parts_by_folder_name_decide(voc):
    for part, stem in (("train", "a"), ("valid", "b"), ("test", "c")):
        voc.pair(stem, folder=f"{part}/")
    assignment = assign(find_layout(str(voc.root)))
    assert sides(assignment) == {"a": "train", "b": "eval", "c": "test"} and assignment.unlisted == ()
    assert "train trains, val evaluates, test tests" in assignment.rule


def test_groups_stay_together_and_where_they_are_when_images_are_added():
    def frames(videos, count):
        return layout_of([f"v{video}_frame{i}" for video in range(videos) for i in range(count)])

    few, many = (assign(frames(*size), 0.3, group_pattern=r"^(v\d+)_").split_of for size in ((30, 2), (60, 5)))
    by_video = {}
    for name, side in many.items():
        by_video.setdefault(name.split("_")[0], set()).add(side)
    assert all(len(found) == 1 for found in by_video.values()) and len(by_video) == 60
    assert all(many[name] == side for name, side in few.items()) and set(few.values()) == {"train", "eval"}


def test_refuses_a_pattern_that_is_none():
    with pytest.raises(UserError, match="isn't a regular expression"):
        assign(layout_of("ab"), group_pattern="(")


def test_given_lists_decide_over_everything_else(voc):
    devkit(voc, "abcd", train=["a", "b"], val=["c", "d"])
    train, evaluate = voc.text("t.lst", "d\nJPEGImages/c.jpg\n"), voc.text("e.lst", "b.jpg\n")
    layout = find_layout(str(voc.root))
    both = assign(layout, train_list=str(train), eval_list=str(evaluate))
    assert sides(both) == {"d": "train", "c": "train", "b": "eval"} and both.unlisted == ("JPEGImages/a.jpg",)
    one = assign(layout, eval_list=str(evaluate))
    assert sides(one) == {"a": "train", "b": "eval", "c": "train", "d": "train"}
    assert one.rule == "by the lists given: e.lst evaluates, the rest trains"


def test_a_line_that_fits_two_images_is_a_problem(voc):
    for folder in ("x/", "y/"):
        voc.pair("a", folder=folder)
    assignment = assign(find_layout(str(voc.root)), eval_list=str(voc.text("e.lst", "x/a.jpg\na.jpg\n")))
    [problem] = assignment.problems
    assert (problem.kind, problem.line) == ("listed_image_missing", 2) and sides(assignment)["a"]


def test_refuses_a_list_that_cannot_be_read(voc):
    voc.pair("a")
    with pytest.raises(UserError, match="can't read the list of images"):
        assign(find_layout(str(voc.root)), eval_list=str(voc.root / "gone.txt"))
