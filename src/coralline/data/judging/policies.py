"""Every fault that a data set can have, what a run may do about it, and what it does by default.

The settings `data.on_<kind>`, `coralline check` and the report all come from this one table.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

Policy = Literal["fail", "drop", "fix", "keep"]
"""fail: the run stops. drop: the image or box is left out. fix: it's fixed. keep: it's used unchanged, and counted."""

IN_WORDS: dict[str, str] = {
    "fail": "would stop a run",
    "drop": "left out",
    "fix": "fixed while reading",
    "keep": "used as they are",
}
"""What becomes of it, for people; the gravest first."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
      kind: its name, as reports count it.
      what: what it is, and what `fix` does where that is allowed.
      allowed: what may be done, the default first. With one policy only there is nothing to choose.
      costs: what is lost when it's dropped; "nothing" for what isn't a loss, such as a copy.
    """

    kind: str
    what: str
    allowed: tuple[Policy, ...] = ("fail",)
    costs: Literal["image", "box", "nothing"] = "nothing"

    @property
    def default(self) -> Policy:
        """What is done by default."""
        return self.allowed[0]


def _table(*faults: Fault) -> dict[str, Fault]:
    return {fault.kind: fault for fault in faults}


FAULTS = _table(
    # An annotation that can't be used
    Fault("unreadable_annotation", "An annotation that can't be opened.", ("fail", "drop"), "image"),
    Fault("unparsable_xml", "An annotation that isn't well-formed XML.", ("fail", "drop"), "image"),
    Fault(
        "unparsable_json", "An annotation that isn't well-formed JSON, or not of labelme.", ("fail", "drop"), "image"
    ),
    Fault("not_voc", "An XML file that isn't a Pascal VOC annotation.", ("fail", "drop"), "image"),
    Fault("entity", "An annotation that declares XML entities, which are never resolved.", ("fail", "drop"), "image"),
    Fault(
        "unparsable_line",
        "A line or an item of an annotation that doesn't say what it should.",
        ("fail", "drop"),
        "box",
    ),
    Fault("unparsable_record", "A record that isn't an annotated image.", ("fail", "drop"), "image"),
    Fault("unknown_image", "An annotation of an image that its own file doesn't list.", ("fail", "drop"), "box"),
    # An image that can't be used or found
    Fault("missing_image", "An annotation whose image isn't in the folder.", ("fail", "drop"), "image"),
    Fault("ambiguous_image", "An annotation that fits several images.", ("fail", "drop"), "image"),
    Fault(
        "image_spelling",
        "An image whose name an annotation spells with other capitals, another ending or Unicode form, or %20; fix: "
        "the only image that it can mean is used.",
        ("fix", "fail"),
    ),
    Fault("annotated_twice", "A second annotation of the same image; drop: the first one counts.", ("fail", "drop")),
    Fault(
        "unreadable_image",
        "An image that is cut off, damaged, too large to decode, or in a format that isn't read; fix: a JPEG or PNG of "
        "which a tenth is missing at most is used as decoders recover it, and any other stops a run.",
        ("fix", "fail", "drop"),
        "image",
    ),
    Fault(
        "other_image_format",
        "Files in the folder that are images, but in a format that isn't read: HEIC, AVIF, RAW, SVG, PDF and others.",
        ("drop", "fail"),
    ),
    Fault(
        "image_without_annotation",
        "An image without an annotation; fix: it is kept as a background image.",
        ("drop", "fix", "fail"),
    ),
    Fault(
        "renamed_image",
        "An annotation that names another file than the one it lies beside; fix: the one beside it counts.",
        ("fix", "drop", "fail"),
        "image",
    ),
    Fault("foreign_path", "An absolute Windows path in an annotation; it is never followed.", ("keep", "fail")),
    Fault(
        "link_outside", "A symbolic link out of the data set, or to nothing; it is never followed.", ("drop", "fail")
    ),
    # A size that isn't the image's
    Fault(
        "size_differs",
        "A size in the annotation that the image had before it was turned or resized; fix: boxes are turned and "
        "scaled with it.",
        ("fix", "drop", "fail"),
        "image",
    ),
    Fault("size_contradicts", "A size in the annotation that can't have been the image's.", ("fail", "drop"), "image"),
    # An object that can't be read
    Fault("no_class_name", "An object without a class, or with several.", ("fail", "drop"), "box"),
    Fault("incomplete_box", "An object without exactly four corners.", ("fail", "drop"), "box"),
    Fault("bad_number", "A corner or an angle that isn't a number.", ("fail", "drop"), "box"),
    Fault("unread_content", "What an annotation says beyond what is read of it.", ("keep", "fail")),
    Fault(
        "misread_boxes",
        "Boxes of which most look wrong in the same way, so that their numbers most likely mean something else "
        "(`data.box_format`, `data.box_units`).",
        ("fail", "keep"),
    ),
    # An object that isn't one upright box
    Fault("deleted_object", "An object marked deleted.", ("drop", "keep", "fail")),
    Fault("several_boxes", "An object with several boxes; keep: each is an object.", ("keep", "drop", "fail"), "box"),
    Fault("turned_box", "A box that is turned; fix: the upright box around it.", ("fix", "drop", "fail"), "box"),
    Fault(
        "outlined_object",
        "An object that has an outline and no box; fix: the upright box around it.",
        ("fix", "drop", "fail"),
        "box",
    ),
    Fault(
        "outline_differs",
        "A box that isn't the one around the object's outline; keep: the box counts.",
        ("keep", "drop", "fail"),
        "box",
    ),
    # A box that is wrong
    Fault("zero_area_box", "A box without area.", ("drop", "fail"), "box"),
    Fault(
        "inverted_box", "A box whose corners are swapped; fix: they are swapped back.", ("fix", "drop", "fail"), "box"
    ),
    Fault(
        "box_outside_image", "A box that reaches beyond the image; fix: it is clipped.", ("fix", "drop", "fail"), "box"
    ),
    Fault(
        "box_off_image", "A box that lies outside of the image by more than half of its area.", ("drop", "fail"), "box"
    ),
    Fault("duplicate_box", "The same box of the same class a second time.", ("drop", "keep", "fail")),
    Fault(
        "fractional_corners",
        "Corners that aren't whole pixels; fix: they are rounded.",
        ("keep", "fix", "fail"),
    ),
    Fault(
        "one_based_corners",
        "Corners that count pixels from 1, as the VOC devkit does; fix: xmin and ymin are lowered by 1.",
        ("keep", "fix", "fail"),
    ),
    Fault(
        "difficult_box", "A box marked difficult: it trains, and is neither a hit nor a miss.", ("keep", "drop", "fail")
    ),
    Fault("truncated_box", "A box marked truncated.", ("keep", "drop", "fail")),
    # A class that is wrong
    Fault(
        "unknown_class",
        "A class that isn't in the given label map, or the number of a class that has no name.",
        ("fail", "drop"),
        "box",
    ),
    Fault(
        "class_spelling",
        "A class name with stray spaces, different capitals or in another Unicode form; fix: the most frequent "
        "spelling is used.",
        ("fix", "drop", "fail"),
        "box",
    ),
    # The set as a whole
    Fault("duplicate_image", "The same image, byte for byte, under a second name.", ("keep", "drop", "fail")),
    Fault(
        "leaked_image",
        "The same image in training and in evaluation; fix: copies go where the first of them, by name, goes.",
        ("fix", "drop", "fail"),
    ),
    Fault(
        "related_images",
        "Copies of a picture, frames of a video or pictures that are nearly the same, on several sides where these are "
        "ours to choose; fix: all go where the first of them, by name, goes.",
        ("fix", "keep", "fail"),
    ),
    Fault(
        "related_across_sides",
        "The same on several sides that a person or the data set chose, or too many of them for one side.",
        ("keep", "fail"),
    ),
    Fault(
        "class_missing_in_split",
        "A class without a box in training, or without one that isn't marked difficult in evaluation.",
        ("keep", "fail"),
    ),
    Fault(
        "unmatched_box",
        "A box that no anchor of the detector matches, too small at its input most often; it hardly trains.",
        ("keep",),
    ),
    Fault("listed_image_missing", "A line in a list of images that names none.", ("fail", "drop")),
    Fault("listed_twice", "An image in both lists; drop: the first list counts.", ("fail", "drop")),
    Fault("unlisted_image", "An annotated image that no list in use names.", ("drop", "fail")),
    Fault("too_much_left_out", "More images or boxes left out than `data.max_left_out` allows."),
    Fault(
        "nothing_to_score",
        "Images for evaluation whose boxes are all marked difficult: no model can be scored on them.",
        ("fail", "keep"),
    ),
    Fault("no_box", "A data set without a single box."),
    Fault("unwritable_output", "Examples that can't be written."),
)
"""By kind, in the order in which a data set is read."""
