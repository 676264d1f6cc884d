"""A whole data set: the boxes that come out, and what is said of the faults in it."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from coralline.data.data_settings import DataSettings
from coralline.data.dataset import check_dataset, read_dataset, summary
from coralline.data.images import seen_images
from coralline.data.images.image_file import encode_for_training
from coralline.data.judging import entry_checks
from coralline.data.judging.policies import FAULTS
from coralline.data.reading.image_place import ImagePlace
from coralline.data.records import tfrecord
from coralline.data.records.label_map import LabelMap
from coralline.data.records.tf_example import decode_example
from coralline.foundation import forked_workers, progress
from coralline.foundation.errors import UserError


def read(voc, **options):
    return check_dataset(str(voc.root), DataSettings(**options))


def only_image(dataset, name="a.jpg"):
    return next(image for image in dataset.images if image.name == name)


def kinds(dataset):
    """What was found, but for what is merely noted."""
    return [(problem.kind, problem.policy) for problem in dataset.problems if problem.policy != "keep"]


@pytest.fixture
def good(voc):
    voc.pair("good")
    return voc


def test_boxes_are_normalized_by_the_image(good):
    good.pair("a", boxes=[(10, 20, 50, 80), (0.5, 0, 100, 40)], extra="<difficult>1</difficult>")
    image = only_image(read(good))
    np.testing.assert_allclose(image.boxes_ymin_xmin_ymax_xmax, [[0.25, 0.1, 1, 0.5], [0, 0.005, 0.5, 1]])
    np.testing.assert_allclose(image.boxes_xmin_ymin_xmax_ymax[0], [10, 20, 50, 80])
    assert image.class_names == ("cat", "cat") and image.difficult == (True, True)


def test_workers_find_what_one_process_finds_and_hand_over_what_they_saw(voc, monkeypatch):
    for number in range(8):
        voc.pair(f"image-{number}", boxes=[(10, 20, 50, 80 + number % 2)])
    voc.text("image-8.xml", "<annotation>")
    (voc.root / "image-9.jpg").write_bytes(b"no image")
    voc.annotation("image-9.xml")
    monkeypatch.setattr(seen_images, "SETTLED_S", 0.0)
    alone = read(voc)
    monkeypatch.setattr(seen_images, "_seen", {})
    monkeypatch.setattr(entry_checks, "_MANY_ENTRIES", 1)
    monkeypatch.setattr(entry_checks, "_SHARE", 3)
    monkeypatch.setattr(forked_workers, "_can_fork", lambda: True)
    assert read(voc) == alone and len(alone.problems) > 2
    monkeypatch.setattr(ImagePlace, "read", None)
    assert all(seen_images.look(image.place).sha256 == image.sha256 for image in alone.images)


def test_long_reading_tells_how_far_it_has_come(voc, monkeypatch, capsys):
    for number in range(5):
        voc.pair(f"image-{number}")
    monkeypatch.setattr(entry_checks, "_MANY_ENTRIES", 1)
    monkeypatch.setattr(entry_checks, "_SHARE", 2)
    monkeypatch.setattr(entry_checks, "_TOLD_EVERY_S", 0.0)
    progress.set_sink(progress.LineSink())
    try:
        read(voc)
    finally:
        progress.set_sink(progress.LogSink())
    assert capsys.readouterr().err.splitlines() == [f"{done} of 5 images looked at" for done in (2, 4, 5)]


def test_annotation_without_objects_is_kept_as_background(good):
    good.pair("a", boxes=[])
    dataset = read(good)
    assert only_image(dataset).boxes_ymin_xmin_ymax_xmax.shape == (0, 4) and kinds(dataset) == []


def test_image_without_annotation_is_left_out_and_counted(good):
    good.pair("a")
    good.image("new.jpg")
    dataset = read(good)
    assert len(dataset.images) == 2 and kinds(dataset) == [("image_without_annotation", "drop")]


def test_box_slightly_outside_is_clipped_and_counted(good):
    good.pair("a", boxes=[(-1, 20, 102, 40)])
    dataset = read(good)
    assert kinds(dataset) == [("box_outside_image", "fix")]
    assert only_image(dataset).boxes_xmin_ymin_xmax_ymax.tolist() == [[0, 20, 100, 40]]


@pytest.mark.parametrize("box", [(10, 20, 250, 40), (100, 20, 101, 40), (-2, 0, 0, 10)])
def test_box_with_little_or_nothing_inside_is_left_out(good, box):
    good.pair("a", boxes=[box])
    assert kinds(read(good)) == [("box_off_image", "drop")]


def test_box_without_area_is_left_out_or_stops(good):
    good.pair("a", boxes=[(10, 20, 10, 40), (1, 2, 3, 4)])
    dropped = read(good)
    assert kinds(dropped) == [("zero_area_box", "drop")] and len(only_image(dropped).objects) == 1
    assert kinds(read(good, on_zero_area_box="fail")) == [("zero_area_box", "fail")]


def test_box_too_thin_to_be_told_from_a_line_is_left_out(good):
    good.pair("a", boxes=[(10, 20, 10.000001, 40), (1, 2, 3, 4)])
    assert kinds(read(good)) == [("zero_area_box", "drop")]


def test_huge_corners_are_numbers_too(good):
    good.pair("a", boxes=[(-1e308, -1e308, 1e308, 1.5)])
    assert kinds(read(good, on_fractional_corners="fix")) == [("fractional_corners", "fix"), ("box_off_image", "drop")]


def test_swapped_corners_are_swapped_back_left_out_or_stop(good):
    good.pair("a", boxes=[(30, 40, 10, 20), (1, 2, 3, 4)])
    fixed = read(good)
    assert kinds(fixed) == [("inverted_box", "fix")]
    assert only_image(fixed).boxes_xmin_ymin_xmax_ymax.tolist() == [[10, 20, 30, 40], [1, 2, 3, 4]]
    for policy in ("drop", "fail"):
        read_otherwise = read(good, on_inverted_box=policy)
        assert kinds(read_otherwise) == [("inverted_box", policy)] and len(only_image(read_otherwise).objects) == 1


def test_rejects_class_that_is_not_in_the_label_map(good):
    good.pair("a", label="cta")
    LabelMap(("cat", "dog")).write(str(good.root / "label_map.pbtxt"))
    options = DataSettings(label_map=str(good.root / "label_map.pbtxt"))
    with pytest.raises(UserError, match="isn't in the label map: cta") as caught:
        read_dataset(str(good.root), options)
    assert caught.value.line == 5 and "did you mean cat?" in caught.value.fix


def test_given_label_map_keeps_its_order_and_unused_classes(good):
    good.pair("a")
    LabelMap(("dog", "cat")).write(str(good.root / "m.pbtxt"))
    dataset = read(good, label_map=str(good.root / "m.pbtxt"))
    assert dataset.label_map.names == ("dog", "cat") and summary(dataset)["classes"] == {"dog": 0, "cat": 2}


def test_rejects_unreadable_image_and_xml(good):
    path = good.pair("a").with_suffix(".jpg")
    path.write_bytes(path.read_bytes()[:-20])
    good.image("b.jpg")
    good.text("b.xml", "<annotation><object>")
    assert kinds(read(good)) == [("unreadable_image", "fix"), ("unparsable_xml", "fail")]
    path.write_bytes(path.read_bytes()[:400])
    assert kinds(read(good)) == [("unreadable_image", "fail"), ("unparsable_xml", "fail")]


def test_size_zero_in_the_annotation_is_passed_over(good):
    good.pair("a", size=(0, 0))
    assert kinds(read(good)) == []


def test_boxes_of_a_resized_image_are_scaled_along(good):
    good.pair("a", size=(200, 160), boxes=[(100, 80, 200, 160)])
    dataset = read(good)
    assert kinds(dataset) == [("size_differs", "fix")]
    assert only_image(dataset).boxes_xmin_ymin_xmax_ymax.tolist() == [[50, 40, 100, 80]]


def test_rejects_annotation_of_another_image(good):
    good.pair("a", size=(100, 200))
    assert kinds(read(good)) == [("size_contradicts", "fail")]


@pytest.mark.parametrize("orientation", range(5, 9))
@pytest.mark.parametrize("drawn_on", ["upright", "stored"])
def test_boxes_match_the_upright_pixels_whichever_view_they_were_drawn_on(good, orientation, drawn_on):
    stored = Image.new("RGB", (100, 80))
    stored.paste((255, 255, 255), (10, 20, 40, 30))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(good.root / "a.jpg", exif=exif, quality=100)
    turn = {5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}[orientation]
    upright = stored.transpose(Image.Transpose[turn])
    white = upright.getbbox()
    view, box = (upright, white) if drawn_on == "upright" else (stored, stored.getbbox())
    good.annotation("a.xml", size=view.size, boxes=[box])
    image = only_image(read(good))
    assert (image.width, image.height, image.reencoded) == (80, 100, "orientation")
    assert image.boxes_xmin_ymin_xmax_ymax.tolist() == [list(white)]


@pytest.mark.parametrize("orientation", [2, 3, 4])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_boxes_of_a_mirrored_or_upside_down_image_are_on_the_upright_view(good, format_, orientation):
    """The size doesn't tell which view was seen; labelling tools that know of orientations show the upright one."""
    stored = Image.new("RGB", (100, 80))
    stored.paste((255, 255, 255), (10, 20, 40, 30))
    exif = Image.Exif()
    exif[0x0112] = orientation
    name = f"a.{format_.lower()}"
    stored.save(good.root / name, format_, exif=exif)
    turn = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM"}[orientation]
    white = stored.transpose(Image.Transpose[turn]).getbbox()
    good.annotation("a.xml", boxes=[white])
    image = only_image(read(good), name)
    with Image.open(io.BytesIO(encode_for_training(image.place.read(), image.facts))) as seen:
        assert seen.convert("L").point(lambda value: 255 * (value > 127)).getbbox() == white
    assert image.boxes_xmin_ymin_xmax_ymax.tolist() == [list(white)]


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "TIFF"])
def test_boxes_on_the_stored_view_are_turned_in_every_format(good, format_):
    stored = Image.new("RGB", (100, 80))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(good.root / f"a.{format_.lower()}", format_, exif=exif)
    good.annotation("a.xml", size=(100, 80), boxes=[(10, 20, 40, 30)])
    image = only_image(read(good), f"a.{format_.lower()}")
    assert image.boxes_xmin_ymin_xmax_ymax.tolist() == [[50, 10, 60, 40]]


def test_data_set_without_any_box_is_a_problem(voc):
    voc.pair("a", boxes=[])
    voc.pair("b", boxes=[])
    assert kinds(read(voc)) == [("no_box", "fail")]


def test_one_message_shows_the_first_problems_and_counts_the_rest(good):
    for i in range(9):
        good.pair(f"bad{i}", boxes=[(10, 20, 10, 40)])
    with pytest.raises(UserError) as caught:
        read_dataset(str(good.root), DataSettings(on_zero_area_box="fail", on_misread_boxes="keep"))
    message = str(caught.value)
    assert "bad0.xml:6: a box (cat) has no area" in message and "found: xmin 10, ymin 20, xmax 10, ymax 40" in message
    assert (
        "and 8 more" in message and "bad4.xml" in message and "bad5.xml" not in message and "... and 4 more" in message
    )


def test_policies_are_those_of_the_table_unless_set():
    settings = DataSettings(on_zero_area_box="fail")
    assert settings.policy("zero_area_box") == "fail"
    assert all(DataSettings().policy(kind) == fault.default for kind, fault in FAULTS.items())


def test_summary_counts(good):
    good.pair("a", boxes=[(1, 2, 3, i) for i in (4, 5, 6)], label="dog")
    content = summary(read(good))
    assert (content["images"], content["boxes"], content["max_boxes_per_image"]) == (2, 4, 3)
    assert content["classes"] == {"cat": 1, "dog": 3} and content["splits"] == {"train": 1, "eval": 1}


def test_reading_needs_no_tensorflow(good):
    good.pair("a")
    code = "import sys; from coralline.data.dataset import read_dataset; read_dataset(sys.argv[1]);"
    code += "assert not {'tensorflow', 'tfx', 'apache_beam'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(good.root)], check=True)


def test_raccoon_has_the_boxes_of_the_reference_record(real_data):
    dataset = read_dataset(str(real_data / "raccoon"))
    assert (dataset.reader, len(dataset.images), kinds(dataset)) == ("LabelImg", 200, [("related_images", "fix")])
    images = {image.name.rpartition("/")[2]: image for image in dataset.images}
    for record in tfrecord.read_record_file(str(real_data / "raccoon" / "test.record")):
        reference = decode_example(record)
        image = images[reference.filename]
        np.testing.assert_array_equal(image.boxes_ymin_xmin_ymax_xmax, reference.boxes_ymin_xmin_ymax_xmax)
        assert image.class_names == reference.class_names
        assert (image.width, image.height) == (reference.width, reference.height)


def test_bccd_has_two_boxes_without_area(real_data):
    dataset = check_dataset(str(real_data / "bccd"), DataSettings())
    assert dataset.reader == "VOCdevkit" and kinds(dataset).count(("zero_area_box", "drop")) == 2
    assert not [problem for problem in dataset.problems if problem.policy == "fail"]
    assert summary(dataset)["splits"] == {"train": 205, "eval": 87, "test": 72}
