"""The `data` section of the configuration: which data set, how it is read and split, what is done about problems."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pydantic
from pydantic import Field

from coralline.data.judging.box_form import BoxFormat, BoxUnits
from coralline.data.judging.policies import FAULTS, Policy
from coralline.data.judging.problems import Problem
from coralline.foundation.settings_section import SettingsSection

ReaderName = Literal[
    "auto", "voc", "cvat", "coco", "labelme", "labelstudio", "via", "createml", "yolo", "csv", "tfrecord"
]


class _DataSet(SettingsSection):
    path: str = Field("", description="Folder of annotated images.")
    reader: ReaderName = Field("auto", description="Layout of the annotations; auto recognises it.")
    label_map: str | None = Field(
        None, description="A label_map.pbtxt; else derived: the sorted class names of the data."
    )
    box_format: Literal["auto", "xyxy", "xywh", "cxcywh", "yxyx", "yxhw", "xxyy"] = Field(
        "auto",
        description="What the four numbers of a box are, where they aren't what the annotations' format says: two "
        "corners, a corner with width and height, the centre with width and height, and the same with y first.",
    )
    box_units: Literal["auto", "pixels", "normalized", "percent", "per_mille", "normalized_twice"] = Field(
        "auto",
        description="Their units, where they aren't what the annotations' format says; normalized: shares of the "
        "image, 0 to 1.",
    )
    eval_fraction: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of images for evaluation if nothing else decides; by hash of the name.",
    )
    test_fraction: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="Share of images for testing if nothing else decides: they neither train nor choose a checkpoint.",
    )
    group_pattern: str | None = Field(
        None,
        description="Regular expression on an image's path whose first group names images that stay in one split, such "
        "as the frames of a video: `^(.*)_frame`.",
    )
    train_list: str | None = Field(None, description="A text file with the images that train, one name a line.")
    eval_list: str | None = Field(
        None,
        description="A text file with the images that evaluate; with only one of the two lists, the other split gets "
        "the rest.",
    )
    test_list: str | None = Field(
        None,
        description="A text file with the images that test; alone, it leaves the other splits as they would be "
        "without them.",
    )
    compare_pictures: Literal["auto", "all", "none"] = Field(
        "auto",
        description="Which pictures are compared, so that those which are nearly the same stay in one split, or are "
        "told. auto: up to 1,000 images of 128 MiB, and beyond that those whose names say that they are copies.",
    )
    max_left_out: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Share of images or boxes that may be left out (beyond 20 of them) before the run stops.",
    )


def _policy_fields() -> dict[str, Any]:
    """A setting `on_<kind>` for each fault that leaves a choice."""
    return {
        f"on_{fault.kind}": (Literal[fault.allowed], Field(fault.default, description=fault.what))
        for fault in FAULTS.values()
        if len(fault.allowed) > 1
    }


if TYPE_CHECKING:
    _WithPolicies = _DataSet
else:
    _WithPolicies = pydantic.create_model("_WithPolicies", __base__=_DataSet, __module__=__name__, **_policy_fields())


class DataSettings(_WithPolicies):
    """Which data set, how it is read and split; and a policy `on_<kind>` for each fault that leaves a choice."""

    VERSION: ClassVar[int] = 2
    """The second: sides that a data set declares, images that belong together, and more of what annotations say."""

    @property
    def boxes_are(self) -> tuple[BoxFormat | None, BoxUnits | None]:
        """What the numbers of boxes are; None: what the annotations' format says."""
        return (
            None if self.box_format == "auto" else self.box_format,
            None if self.box_units == "auto" else self.box_units,
        )

    def policy(self, kind: str) -> Policy:
        """What is done about a kind of fault."""
        policy: Policy = getattr(self, f"on_{kind}", FAULTS[kind].default)
        return policy

    def decide(self, problem: Problem) -> Problem:
        """The problem with what is done about it."""
        policy = self.policy(problem.kind)
        return dataclasses.replace(problem, policy=policy if problem.fixable or policy != "fix" else "fail")
