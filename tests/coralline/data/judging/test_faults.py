"""Each fault of the table: told with its file and line, and treated by its policy."""

import shutil

import pytest
from PIL import Image, TiffImagePlugin

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset, read_dataset, summary
from coralline.data.judging.policies import FAULTS
from coralline.data.records.label_map import LabelMap
from coralline.foundation.errors import UserError


def read(voc, **options):
    return check_dataset(str(voc.root), DataSettings(**options))


def problems(dataset, kind):
    return [problem for problem in dataset.problems if problem.kind == kind]


def only(dataset, kind):
    [problem] = problems(dataset, kind)
    return problem


def image(dataset, name):
    return next((image for image in dataset.images if image.name == name), None)


@pytest.fixture
def good(voc):
    voc.pair("good")
    voc.pair("fine")
    return voc


def test_every_policy_is_told_in_the_table():
    for fault in FAULTS.values():
        assert ("fix" in fault.allowed) == ("fix:" in fault.what), fault.kind
        assert len(set(fault.allowed)) == len(fault.allowed)


def test_image_without_annotation_is_left_out_or_kept_as_background(good):
    good.image("new.jpg")
    assert image(read(good), "new.jpg") is None
    kept = read(good, on_image_without_annotation="fix")
    assert image(kept, "new.jpg").objects == () and only(kept, "image_without_annotation").policy == "fix"


def test_renamed_image_is_the_one_beside_its_annotation(good):
    good.image("new_name.jpg")
    good.annotation("new_name.xml", filename="old_name.jpg")
    problem = only(read(good), "renamed_image")
    assert (problem.line, problem.expected, problem.found) == (2, "new_name.jpg", "old_name.jpg")
    assert image(read(good), "new_name.jpg") and image(read(good, on_renamed_image="drop"), "new_name.jpg") is None


def test_windows_paths_are_noted_and_never_followed(good):
    good.image("a.jpg")
    path = good.annotation("a.xml", filename="a.jpg")
    path.write_text(path.read_text().replace("<size>", "<path>C:\\Users\\me\\a.jpg</path>\n<size>"))
    dataset = read(good)
    assert only(dataset, "foreign_path").line == 3 and image(dataset, "a.jpg")


def test_same_box_twice_counts_once(good):
    good.pair("a", boxes=[(1, 2, 3, 4), (10, 20, 30, 40), (1, 2, 3, 4)])
    dataset = read(good)
    assert only(dataset, "duplicate_box").line == 14 and len(image(dataset, "a.jpg").objects) == 2
    assert len(image(read(good, on_duplicate_box="keep"), "a.jpg").objects) == 3


@pytest.mark.parametrize("mark", ["difficult", "truncated"])
def test_marked_boxes_are_kept_or_left_out(good, mark):
    good.pair("a", extra=f"<{mark}>1</{mark}>")
    assert only(read(good), f"{mark}_box").policy == "keep" and len(image(read(good), "a.jpg").objects) == 1
    assert image(read(good, **{f"on_{mark}_box": "drop"}), "a.jpg").objects == ()


def test_fractions_of_pixels_are_kept_or_rounded(good):
    good.pair("a", boxes=[(10.4, 20.6, 30.5, 40)])
    assert image(read(good), "a.jpg").objects[0].xmin == 10.4
    rounded = read(good, on_fractional_corners="fix")
    assert image(rounded, "a.jpg").boxes_xmin_ymin_xmax_ymax.tolist() == [[10, 21, 30, 40]]


def test_corners_from_1_are_noted_or_lowered(good):
    good.pair("a", boxes=[(1, 1, 100, 80)])
    assert only(read(good), "one_based_corners").policy == "keep"
    lowered = read(good, on_one_based_corners="fix")
    assert image(lowered, "a.jpg").boxes_xmin_ymin_xmax_ymax.tolist() == [[0, 0, 100, 80]]
    good.pair("b", boxes=[(0, 5, 20, 80)])
    assert problems(read(good), "one_based_corners") == []


def test_odd_spelling_of_a_class_is_the_usual_one(good):
    good.pair("a", label=" Cat ")
    dataset = read(good)
    assert dataset.label_map.names == ("cat",) and only(dataset, "class_spelling").line == 5
    assert image(dataset, "a.jpg").class_names == ("cat",)
    assert image(read(good, on_class_spelling="drop"), "a.jpg").objects == ()


def test_spaces_around_every_name_of_a_class_are_trimmed(voc):
    for stem in ("a", "b", "c"):
        voc.pair(stem, label=" cat")
    assert read(voc).label_map.names == ("cat",)


def test_spelling_of_the_label_map_counts(good):
    LabelMap(("CAT",)).write(str(good.root / "m.pbtxt"))
    dataset = read(good, label_map=str(good.root / "m.pbtxt"))
    assert image(dataset, "good.jpg").class_names == ("CAT",) and len(problems(dataset, "class_spelling")) == 2


def copies_of(voc, name, count):
    for i in range(count):
        shutil.copy(voc.root / f"{name}.jpg", voc.root / f"{name}_copy{i}.jpg")
        voc.annotation(f"{name}_copy{i}.xml")


def test_copies_of_an_image_all_go_where_the_first_of_them_goes(good):
    copies_of(good, "good", 20)
    dataset = read(good)
    copies = [image for image in dataset.images if image.name.startswith("good")]
    assert len(copies) == 21 and {image.split for image in copies} == {image.split for image in copies[:1]}
    assert len(problems(dataset, "duplicate_image")) == 20 and problems(dataset, "leaked_image")


def test_copies_can_be_left_out(good):
    copies_of(good, "good", 20)
    assert len([1 for image in read(good, on_duplicate_image="drop").images if "good" in image.name]) == 1
    sides = {image.split for image in read(good, on_leaked_image="drop").images if "good" in image.name}
    assert len(sides) == 1


def test_copies_with_other_boxes_are_told(good):
    shutil.copy(good.root / "good.jpg", good.root / "z.jpg")
    good.annotation("z.xml", boxes=[(5, 6, 7, 8)])
    assert "with other boxes" in only(read(good), "duplicate_image").message


def test_class_without_a_box_in_a_split_is_noted_or_stops(good):
    good.pair("a", label="dog")  # "cat" is in training alone, "dog" in evaluation alone
    found = problems(read(good), "class_missing_in_split")
    assert {problem.message for problem in found} == {
        "no box of class dog is in the train split",
        "no box of class cat is in the eval split",
    }
    assert {problem.policy for problem in found} == {"keep"}
    assert {problem.policy for problem in problems(read(good, on_class_missing_in_split="fail"), found[0].kind)} == {
        "fail"
    }


def test_a_fault_that_is_everywhere_stops_the_run(good):
    for i in range(21):
        good.pair(f"bad{i}", boxes=[(10, 20, 10, 40)])
    dataset = read(good)
    problem = only(dataset, "too_much_left_out")
    assert problem.policy == "fail" and problem.message == "21 boxes of 23 would be left out"
    assert problem.found == "zero_area_box 21"
    assert problems(read(good, max_left_out=0.95), "too_much_left_out") == []


def test_message_names_the_setting_that_leaves_it_out(good):
    good.text("broken.xml", "<annotation>")
    good.image("broken.jpg")
    with pytest.raises(UserError) as caught:
        read_dataset(str(good.root))
    assert "or set data.on_unparsable_xml to drop" in caught.value.fix
    assert len(read(good, on_unparsable_xml="drop").images) == 2


def test_links_out_of_the_folder_are_counted(voc, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.jpg"
    outside.write_bytes(b"secret")
    voc.pair("a")
    voc.pair("b")
    (voc.root / "c.jpg").symlink_to(outside)
    problem = only(read(voc), "link_outside")
    assert (problem.file, problem.found, problem.policy) == (str(voc.root / "c.jpg"), str(outside), "drop")


def test_summary_tells_why_images_are_encoded_again(good):
    good.image("a.bmp")
    good.annotation("a.xml")
    assert summary(read(good))["reencoded"] == dict.fromkeys(("orientation", "transparency", "cut_off"), 0) | {
        "format": 1
    }


def test_a_class_in_two_unicode_forms_is_one(good):
    good.pair("a", label="caf\u00e9")
    good.pair("b", label="cafe\u0301")
    good.pair("c", label="CAFE\u0301")
    dataset = read(good)
    assert dataset.label_map.names == ("caf\u00e9", "cat")
    first, _ = problems(dataset, "class_spelling")
    assert (first.expected, first.found) == ("'caf\\xe9'", "'cafe\\u0301'")


def cut(path, missing):
    path.write_bytes(path.read_bytes()[:-missing])


def test_image_that_is_cut_off_near_its_end_is_used_left_out_or_stops_a_run(good):
    good.pair("a")
    cut(good.root / "a.jpg", 2)
    dataset = read(good)
    problem = only(dataset, "unreadable_image")
    assert (problem.policy, problem.found) == ("fix", "80 of 80 lines") and dataset.ok
    assert image(dataset, "a.jpg").reencoded == "cut_off" and image(dataset, "a.jpg").pixels().shape == (80, 100, 3)
    assert summary(dataset)["reencoded"]["cut_off"] == 1
    for policy in ("drop", "fail"):
        dataset = read(good, on_unreadable_image=policy)
        assert image(dataset, "a.jpg") is None and only(dataset, "unreadable_image").policy == policy


def test_image_of_which_little_is_there_cannot_be_fixed(good):
    good.pair("a")
    cut(good.root / "a.jpg", 60)
    problem = only(read(good), "unreadable_image")
    assert problem.policy == "fail" and "lines are there" in problem.found
    assert only(read(good, on_unreadable_image="drop"), "unreadable_image").policy == "drop"


def test_image_in_another_format_is_named_for_what_it_is(good):
    for stem, ending in (("a", "heic"), ("b", "CR2"), ("c", "svg"), ("d", "pdf")):
        (good.root / f"{stem}.{ending}").write_bytes(b"anything")
    good.annotation("a.xml", filename="a.HEIC")
    good.annotation("b.xml")
    (good.root / "good.NEF").write_bytes(b"the camera's own of good.jpg")
    dataset = read(good)
    lying_there = [(problem.message, problem.policy) for problem in problems(dataset, "other_image_format")]
    assert lying_there == [
        ("a HEIC image, which isn't read", "drop"),
        ("a camera's RAW image, which isn't read", "drop"),
        ("an SVG drawing, which isn't read", "drop"),
        ("a PDF document, which isn't read", "drop"),
    ]
    heic, raw = sorted(problems(dataset, "missing_image"), key=lambda problem: problem.file)
    assert heic.message == "the image of this annotation is a HEIC image, which isn't read: a.heic"
    assert raw.message == "the image of this annotation is a camera's RAW image, which isn't read: b.CR2"
    assert "heif-convert" in heic.fix and "darktable" in raw.fix


OTHERS = {
    "a HEIC image": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "an AVIF image": b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf",
    "a camera's RAW image": b"II*\0\x10\0\0\0CR\x02\0" + bytes(20),
    "a video": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "an SVG drawing": b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a PDF document": b"%PDF-1.7",
    "a web page": b"<!DOCTYPE html><html><svg/></html>",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\n",
}


@pytest.mark.parametrize("what", OTHERS)
def test_disguised_image_is_named_for_what_it_is(good, what):
    good.pair("a")
    (good.root / "a.jpg").write_bytes(OTHERS[what])
    problem = only(read(good), "unreadable_image")
    assert (problem.found, problem.policy) == (f"{what}, which isn't read", "fail")
    assert "replace the image" not in problem.fix


def test_preview_in_a_raw_file_is_not_taken_for_the_image(good):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    Image.new("RGB", (60, 40)).save(good.root / "a.tif", tiffinfo=tags)
    good.annotation("a.xml", size=(60, 40))
    assert only(read(good), "unreadable_image").found == "a camera's RAW image, which isn't read"


def test_folder_of_nothing_but_other_formats_says_so(voc):
    (voc.root / "a.heic").write_bytes(b"")
    voc.annotation("a.xml")
    with pytest.raises(UserError, match="no images") as caught:
        check_dataset(str(voc.root))
    assert "a HEIC image, which isn't read (1 such file)" in caught.value.found and "heif-convert" in caught.value.fix


def test_evaluation_boxes_that_are_all_difficult_stop_a_run(voc):
    mark = "<difficult>1</difficult>\n"
    for i in range(8):
        voc.pair(f"{i}", extra=mark)
    dataset = read(voc)
    problem = only(dataset, "nothing_to_score")
    assert problem.policy == "fail" and "every box of the eval split is marked difficult" in problem.message
    assert not problems(dataset, "no_box")
    missing = only(dataset, "class_missing_in_split")
    assert missing.message == "no box of class cat that isn't marked difficult is in the eval split"
    assert read(voc, on_nothing_to_score="keep").ok
    for i in range(8):
        voc.annotation(f"{i}.xml")
    assert read(voc).problems == ()
