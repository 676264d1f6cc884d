"""Which image belongs to which annotation, however the folder is laid out."""

import contextlib
import os
import shutil
import socket
import subprocess

import pytest

from coralline.data.reading.folder import UnreadableFolderError
from coralline.data.reading.reader_choice import find_layout
from coralline.foundation.errors import UserError


def pairs(layout):
    return {entry.image: entry.annotation for entry in layout.entries}


def test_images_and_annotations_together(voc):
    voc.pair("a")
    voc.pair("b", folder="deep/er/")
    layout = find_layout(str(voc.root))
    assert layout.reader == "LabelImg"
    assert pairs(layout) == {"a.jpg": "a.xml", "deep/er/b.jpg": "deep/er/b.xml"}


def test_two_folders_and_upper_case_endings(voc):
    voc.image("images/a.JPG", format="JPEG")
    voc.annotation("annotations/a.XML")
    assert pairs(find_layout(str(voc.root))) == {"images/a.JPG": "annotations/a.XML"}


def test_same_names_in_parallel_folders_stay_apart(voc):
    for day in ("monday", "tuesday"):
        voc.image(f"images/{day}/1.jpg")
        voc.annotation(f"annotations/{day}/1.xml")
    assert pairs(find_layout(str(voc.root))) == {
        "images/monday/1.jpg": "annotations/monday/1.xml",
        "images/tuesday/1.jpg": "annotations/tuesday/1.xml",
    }


def test_devkit_leaves_masks_alone_and_takes_every_year(voc):
    for year in ("VOC2007", "VOC2012"):
        voc.image(f"{year}/JPEGImages/{year}_1.jpg")
        voc.annotation(f"{year}/Annotations/{year}_1.xml")
        voc.image(f"{year}/SegmentationClass/{year}_1.png")
        voc.text(f"{year}/ImageSets/Main/train.txt", f"{year}_1\n")
    layout = find_layout(str(voc.root))
    assert layout.reader == "VOCdevkit" and layout.unannotated == ()
    assert pairs(layout)["VOC2012/JPEGImages/VOC2012_1.jpg"] == "VOC2012/Annotations/VOC2012_1.xml"
    [declared] = layout.declared
    assert declared.lists == tuple(("train", f"{year}/ImageSets/Main/train.txt") for year in ("VOC2007", "VOC2012"))


def test_renamed_annotation_is_found_by_its_filename(voc):
    voc.image("photo.png")
    voc.annotation("label_17.xml", filename="C:\\pictures\\photo.png")
    assert pairs(find_layout(str(voc.root))) == {"photo.png": "label_17.xml"}


def test_two_images_of_a_name_are_told_apart_by_filename(voc):
    voc.image("a.jpg")
    voc.image("a.png")
    voc.annotation("a.xml", filename="a.png")
    layout = find_layout(str(voc.root))
    assert pairs(layout) == {"a.png": "a.xml"} and [entry.image for entry in layout.unannotated] == ["a.jpg"]


def test_missing_ambiguous_and_doubly_annotated_images_are_problems(voc):
    voc.pair("good")
    voc.annotation("gone.xml", filename="gone.jpg")
    voc.image("twin.jpg")
    voc.image("twin.png")
    voc.annotation("twin.xml")
    voc.annotation("copy/good.xml")
    problems = {problem.kind: problem for problem in find_layout(str(voc.root)).problems}
    assert set(problems) == {"missing_image", "ambiguous_image", "annotated_twice"}
    assert problems["missing_image"].file.endswith("gone.xml") and problems["missing_image"].line == 2
    assert all(problem.policy == "fail" for problem in problems.values())


def test_filename_cannot_reach_outside_of_the_folder(voc):
    outside = voc.image("outside.jpg")
    voc.pair("data/good")
    voc.annotation("data/evil.xml", filename="../outside.jpg")
    (voc.root / "data" / "link.jpg").symlink_to(outside)
    voc.annotation("data/link.xml")
    layout = find_layout(str(voc.root / "data"))
    assert pairs(layout) == {"good.jpg": "good.xml"}
    assert [problem.kind for problem in layout.problems] == ["link_outside", "missing_image", "missing_image"]


def test_links_within_the_folder_are_followed_for_files(voc):
    voc.pair("a")
    (voc.root / "b.jpg").symlink_to(voc.root / "a.jpg")
    voc.annotation("b.xml")
    assert "b.jpg" in pairs(find_layout(str(voc.root)))


def test_hidden_folders_and_mac_leftovers_are_passed_over(voc):
    voc.pair("a")
    voc.text("__MACOSX/._a.xml", "\0")
    voc.text(".idea/workspace.xml", "<project/>")
    assert find_layout(str(voc.root)).problems == ()


def test_refuses_a_folder_without_annotations_or_images(voc):
    voc.image("a.jpg")
    with pytest.raises(UserError, match="no annotations"):
        find_layout(str(voc.root))
    voc.annotation("only/a.xml")
    with pytest.raises(UserError, match="no images"):
        find_layout(str(voc.root / "only"))


def test_refuses_what_is_not_a_folder(voc):
    for path in (str(voc.root / "nothing"), str(voc.text("file", "")), ""):
        with pytest.raises(UnreadableFolderError):
            find_layout(path)


def test_refuses_a_folder_that_may_not_be_read(voc):
    voc.pair("a")
    voc.root.chmod(0)
    try:
        if os.access(voc.root, os.R_OK):
            pytest.skip("this user may read every folder")
        with pytest.raises(UnreadableFolderError, match="can't read"):
            find_layout(str(voc.root))
    finally:
        voc.root.chmod(0o700)


@pytest.mark.timeout(60)
def test_what_is_no_file_is_neither_opened_nor_followed(voc):
    voc.pair("a")
    for name in ("pipe.jpg", "pipe.xml"):
        os.mkfifo(voc.root / name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(voc.root / "socket.jpg"))
    (voc.root / "folder.jpg").mkdir()
    for name, target in {
        "circle.jpg": "circle.jpg",
        "nothing.jpg": "gone.jpg",
        "up": "..",
        "device.jpg": "/dev/zero",
    }.items():
        (voc.root / name).symlink_to(target)
    layout = find_layout(str(voc.root))
    assert pairs(layout) == {"a.jpg": "a.xml"}
    links = {os.path.basename(problem.file) for problem in layout.problems}
    assert links == {"circle.jpg", "nothing.jpg", "up", "device.jpg"}


def test_folders_may_lie_in_one_another_deeper_than_python_calls(voc):
    voc.pair("a")
    os.makedirs(voc.root / "/".join("d" * 500))
    deep = voc.root / "/".join("d" * 500)
    with changed_folder(deep):
        os.makedirs("/".join("d" * 700))
        shutil.copy(voc.root / "a.jpg", "/".join("d" * 700) + "/b.jpg")
    try:
        assert len(find_layout(str(voc.root)).unannotated) == 1
    finally:
        subprocess.run(["rm", "-r", str(voc.root / "d")], check=True)  # Python's own ways fail at the depth.


@contextlib.contextmanager
def changed_folder(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../a.jpg", "..\\..\\a.jpg", "\\\\server\\share\\a.jpg", "file:///a.jpg"]
)
def test_name_in_an_annotation_is_only_compared_with_those_in_the_folder(voc, path):
    voc.image("a.jpg")
    voc.image("data/b.jpg")
    voc.annotation("data/c.xml", filename=path)
    layout = find_layout(str(voc.root / "data"))
    assert layout.entries == () and [problem.kind for problem in layout.problems] == ["missing_image"]
