"""The `data` section of the configuration: which data set, how it is read and split, what is done about problems."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import pydantic
from pydantic import Field

from coralline.data.judging.policies import FAULTS, Policy
from coralline.data.judging.problems import Problem
from coralline.foundation.settings_section import SettingsSection

ReaderName = Literal["auto", "voc", "coco", "yolo", "csv", "tfrecord"]


class _DataSet(SettingsSection):
    path: str = Field("", description="Folder of annotated images.")
    reader: ReaderName = Field("auto", description="Layout of the annotations; auto recognises it.")
    label_map: str | None = Field(
        None, description="A label_map.pbtxt; else derived: the sorted class names of the data."
    )
    eval_fraction: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of images for evaluation if nothing else decides; by hash of the name.",
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

    def policy(self, kind: str) -> Policy:
        """What is done about a kind of fault."""
        policy: Policy = getattr(self, f"on_{kind}", FAULTS[kind].default)
        return policy

    def decide(self, problem: Problem) -> Problem:
        """The problem with what is done about it."""
        return dataclasses.replace(problem, policy=self.policy(problem.kind))
