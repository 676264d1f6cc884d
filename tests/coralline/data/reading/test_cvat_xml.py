"""CVAT's own XML: images with their shapes, and tracks through the frames of a video."""

import pytest

from coralline.data.reading import cvat_shapes, cvat_tracks, cvat_xml
from coralline.foundation.errors import UserError

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
BOX = '<box label="cat" source="manual" occluded="0" xtl="10.00" ytl="20.00" xbr="30.50" ybr="40.00" z_order="0"></box>'
CUBOID = " ".join(f'{a}{c}{f}="{v}"' for f, d in ((1, 0), (2, 5)) for c, (x, y) in
                  {"tl": (10, 20), "bl": (10, 40), "tr": (30, 20), "br": (30, 40)}.items()
                  for a, v in (("x", x + d), ("y", y + d)))  # fmt: skip


def image(*shapes, name="a.jpg", size='width="100" height="80"', more=""):
    return f'<image id="0" name="{name}" {size} {more}>\n' + "\n".join(shapes) + "\n</image>\n"


@pytest.fixture
def write(voc):
    def write(*parts, name="annotations.xml"):
        # In a data set of one image nothing is left for evaluation.
        return voc.text(name, HEAD + "".join(parts) + image(name="z.jpg") + "</annotations>\n")

    voc.image("images/a.jpg")
    voc.image("images/z.jpg")
    return write


def test_boxes_of_the_documented_example(voc, write, look, boxes, faults):
    """docs.cvat.ai/docs/dataset_management/formats/xml_format, with attributes and everything beside them."""
    voc.image("images/b.jpg")
    meta = "<meta><task><id>4</id><labels><label><name>cat</name></label></labels></task><dumped>now</dumped></meta>\n"
    with_attribute = BOX.replace("></box>", '><attribute name="parked">true</attribute></box>')
    write(meta, image(with_attribute), image(name="b.jpg"))
    dataset = look()
    assert dataset.reader == "CVAT" and faults(dataset) == []
    assert boxes(dataset) == {"images/a.jpg": [("cat", 10, 20, 30.5, 40)], "images/b.jpg": [], "images/z.jpg": []}


@pytest.mark.parametrize(
    ("shape", "box", "odd"),
    [
        (BOX.replace("z_order", 'rotation="90.00" z_order'), (10.25, 19.75, 30.25, 40.25), "turned_box"),
        ('<polygon label="cat" points="10.0,20.0;30.0,25;15,40" z_order="0"/>', (10, 20, 30, 40), "outlined_object"),
        (
            '<mask label="cat" rle="0, 3, 1" left="10" top="20" width="20" height="20" occluded="0"/>',
            (10, 20, 30, 40),
            "outlined_object",
        ),
        ('<ellipse label="cat" cx="20" cy="30" rx="10" ry="5"/>', (10, 25, 30, 35), "outlined_object"),
        ('<ellipse label="cat" cx="20" cy="30" rx="10" ry="5" rotation="90"/>', (15, 20, 25, 40), "outlined_object"),
        (f'<cuboid label="cat" {CUBOID}/>', (10, 20, 35, 45), "outlined_object"),
    ],
)
def test_every_shape_with_an_extent_gives_its_box(write, look, boxes, faults, shape, box, odd):
    write(image(shape))
    dataset = look()
    ((_, *found),) = boxes(dataset)["images/a.jpg"]
    assert found == pytest.approx(box) and [kind for kind, _, _ in faults(dataset)] == [odd]


def test_what_has_no_extent_or_is_unknown_is_told_once_with_a_count(write, look, boxes):
    lines = [f'<{kind} label="cat" points="1,2;3,4"/>' for kind in ("polyline", "points", "tag", "skeleton")]
    write(image(BOX, *lines, lines[0], BOX.replace("z_order", 'odd="1" z_order')), "<odd/>")
    dataset = look(on_duplicate_box="keep")
    told = {problem.message: problem.found for problem in dataset.problems if problem.kind == "unread_content"}
    assert told == {
        "<polyline> isn't read": "2 times",
        **{f"<{kind}> isn't read": "1 time" for kind in ("points", "tag", "skeleton", "odd")},
        "`odd` of <box> isn't read": "1 time",
    }
    assert len(boxes(dataset)["images/a.jpg"]) == 2


def test_knows_the_elements_of_cvat():
    assert set(cvat_shapes.KNOWN_ATTRIBUTES) == {"box", "polygon", "mask", "ellipse", "cuboid"}
    assert cvat_tracks.KNOWN_ATTRIBUTES and set(cvat_xml.KNOWN) == {"annotations", "image"}


def test_subsets_of_a_project_are_the_sides(voc, write, look):
    for name in "bc":
        voc.image(f"images/{name}.jpg")
    parts = {"a": "Train", "b": "Train", "c": "Validation"}
    write(*(image(BOX, name=f"{name}.jpg", more=f'subset="{part}" task_id="1"') for name, part in parts.items()))
    sides = {i.name[7]: i.split for i in look(on_unlisted_image="drop").images}
    assert sides == {"a": "train", "b": "train", "c": "eval"}


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (BOX.replace('label="cat"', ""), "no_class_name"),
        (BOX.replace('"cat"', '" "'), "no_class_name"),
        (BOX.replace('xtl="10.00"', ""), "incomplete_box"),
        (BOX.replace("10.00", "ten"), "bad_number"),
        (BOX.replace("10.00", "nan"), "bad_number"),
        (BOX.replace("10.00", "1e300"), "bad_number"),
        (BOX.replace("z_order", 'rotation="x" z_order'), "bad_number"),
        (BOX.replace("10.00", "30.50"), "zero_area_box"),
        (BOX.replace("10.00", "35"), "inverted_box"),
        (BOX.replace("30.50", "330"), "box_off_image"),
        ('<polygon label="cat" points=""/>', "incomplete_box"),
        ('<polygon label="cat" points="1,2;3"/>', "bad_number"),
        ('<mask label="cat" rle="1"/>', "incomplete_box"),
        ('<cuboid label="cat" xtl1="1"/>', "incomplete_box"),
    ],
)
def test_wrong_shape_is_told_with_its_line_and_costs_no_other(write, look, faults, shape, kind):
    other = BOX.replace("10.00", "11.00")
    write(image(shape, other))
    dataset = look()
    assert faults(dataset) == [(kind, "annotations.xml", 5)]
    assert any(o.xmin == 11 for image in dataset.images for o in image.objects)


def test_image_without_a_name_and_missing_image_are_told(write, look, faults):
    write(image(BOX), image(BOX, name=""), image(BOX, name="C:\\x\\gone.jpg"))
    assert {(kind, line) for kind, _, line in faults(look())} == {("unparsable_line", 7), ("missing_image", 10)}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<annotations><image", "ends too early"),
        ("<annotations>" + "<a>" * 2000, "too deep"),
        ('<!DOCTYPE annotations [<!ENTITY a "b">]><annotations>&a;</annotations>', "declarations"),
    ],
)
def test_file_that_cannot_be_used_is_one_message(write, voc, look, text, told):
    voc.text("annotations.xml", text)
    with pytest.raises(UserError, match=told) as error:
        look()
    assert error.value.file.endswith("annotations.xml") and "CVAT for images 1.1" in error.value.fix


def test_encodings(write, look, boxes):
    path = write(image(BOX.replace("cat", "Käse")))
    path.write_bytes(path.read_text("utf-8").replace("utf-8", "utf-16").encode("utf-16"))
    assert boxes(look())["images/a.jpg"][0][0] == "Käse"


def track(*shapes, more=""):
    return f'<track id="0" label="cat" source="manual"{more}>\n' + "\n".join(shapes) + "\n</track>\n"


def tracked(frame, outside=0, keyframe=1, x=10):
    return (
        f'<box frame="{frame}" outside="{outside}" occluded="0" keyframe="{keyframe}" xtl="{x}" ytl="20" xbr="40" '
        'ybr="50" z_order="0"/>'
    )


@pytest.fixture
def frames(voc):
    for number in range(4):
        voc.image(f"images/frame_{number:06d}.PNG")
    return voc


def test_tracks_of_a_video_are_boxes_of_its_frames(write, frames, look, boxes, faults):
    meta = "<meta><task><size>4</size><original_size><width>100</width><height>80</height></original_size>"
    meta += "<segments><segment><start>0</start><stop>3</stop></segment></segments></task></meta>"
    write(meta, track(tracked(0), tracked(1, keyframe=0, x=11), tracked(2, outside=1)))
    dataset = look()
    assert faults(dataset) == [("image_without_annotation", "a.jpg", None)]
    assert boxes(dataset) == {
        "images/frame_000000.PNG": [("cat", 10, 20, 40, 50)],
        "images/frame_000001.PNG": [("cat", 11, 20, 40, 50)],
        "images/frame_000002.PNG": [],
        "images/frame_000003.PNG": [],
        "images/z.jpg": [],
    }


def test_tracks_without_images_of_frames_are_named_for_what_they_are(write, look):
    write(track(tracked(0)))
    with pytest.raises(UserError, match="CVAT for video") as error:
        look()
    assert "CVAT for images 1.1" in error.value.fix


@pytest.mark.parametrize(
    ("tracks", "told"),
    [
        ([track(tracked(0), tracked(3))], "key frames only"),
        ([track(tracked(0).replace('frame="0" ', "", 1))], "doesn't say its frame"),
        ([track(tracked("9" * 5000))], "doesn't say its frame"),
        ([track(tracked(0), more=' task_id="1"'), track(tracked(0), more=' task_id="2"')], "several tasks"),
    ],
)
def test_tracks_that_would_be_misread_stop(write, frames, look, tracks, told):
    write(*tracks)
    with pytest.raises(UserError, match=told):
        look()


def test_voc_beside_it_is_told_apart(voc, write, look):
    """One file names images; the other lies beside its image."""
    write(image(BOX))
    voc.pair("b", "images/")
    voc.pair("c", "images/")
    dataset = look()
    assert dataset.reader == "LabelImg" and "CVAT" in dataset.not_read
    assert [problem.kind for problem in dataset.problems if "annotations.xml" in problem.file] == []
    assert look(reader="cvat").reader == "CVAT"


def test_a_file_an_image_is_cvat_too(voc, write, look, boxes):
    write(image(BOX), name="images/a.xml")
    dataset = look()
    assert dataset.reader == "CVAT" and len(boxes(dataset)["images/a.jpg"]) == 1
