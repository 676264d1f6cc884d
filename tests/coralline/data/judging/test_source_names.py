"""Which source an image's name tells."""

import pytest

from coralline.data.judging.source_names import Source, by_source, source_of

HASH = "0326324dfb695ffb3a1890c78092b4d4"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (f"train/yard-14_jpg.rf.{HASH}.jpg", Source("copies", "yard-14_jpg")),
        ("valid/yard-14_jpg.rf.Zk3bQ0aHcPq1.png", Source("copies", "yard-14_jpg")),
        (f"walk_mp4-12_jpg.rf.{HASH}.jpg", Source("frames", "walk_mp4")),
        ("images/walk.mp4_000012.png", Source("frames", "walk.mp4")),
        ("walk_frame_0012.jpg", Source("frames", "walk")),
        ("walk-Frame12.jpg", Source("frames", "walk")),
        ("gate/images/frame_000012.PNG", Source("frames", "gate")),
        ("train/gate/frame_000012.PNG", Source("frames", "gate")),
        ("images/frame_000012.PNG", Source("frames", "")),
        ("IMG_0012.jpg", None),
        ("raccoon-12.jpg", None),
        ("framed_picture.jpg", None),
        ("a.rf.jpg", None),
        ("2007_000027.jpg", None),
    ],
)
def test_source_that_a_name_tells(name, source):
    assert source_of(name) == source


def test_source_of_one_image_alone_relates_nothing():
    names = ["a_frame1.jpg", "a_frame2.jpg", "b_frame1.jpg", "c.jpg"]
    assert by_source(names) == {Source("frames", "a"): ["a_frame1.jpg", "a_frame2.jpg"]}
