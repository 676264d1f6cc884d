"""What several documents hold."""

from __future__ import annotations

from typing import Literal

import pydantic


class JsonObject(pydantic.BaseModel):
    """An object with these keys and no other; one without a default is always there."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


class ErrorEntry(JsonObject):
    """An error."""

    type: Literal["user_error", "usage", "interrupted", "bug"]
    """`user_error`: something that you can fix; `usage`: wrong arguments; `interrupted`: Ctrl-C or SIGTERM; `bug`:
    anything else, whose traceback is on standard error."""
    message: str
    """One sentence."""
    file: str | None
    """The file, folder or address that it is about."""
    line: int | None
    """The line in that file, from 1."""
    expected: str | None
    """What would have been right."""
    found: str | None
    """What was there instead."""
    fix: str | None
    """What to do about it."""


class ClassCountsEntry(JsonObject):
    """How much ground truth a class has, difficult boxes aside."""

    images: int
    """With at least one box."""
    boxes: int
    """In all images."""


class FiguresEntry(JsonObject):
    """Average precision by COCO's rules, 0 to 1; null without ground truth. Older reports have fewer keys."""

    AP: float | None
    """Mean over IoU .50:.05:.95."""
    AP50: float | None
    """At IoU .50."""
    AP75: float | None
    """At IoU .75."""
    per_class: dict[str, float | None]
    """AP of each class."""
    AP_small: float | None = None
    """AP of boxes of up to 32 x 32 pixels of the upright image."""
    AP_medium: float | None = None
    """AP of boxes of up to 96 x 96 pixels."""
    AP_large: float | None = None
    """AP of larger boxes."""
    AR1: float | None = None
    """Average recall, when only the strongest detection of an image and class counts."""
    AR10: float | None = None
    """Average recall with 10 detections."""
    AR100: float | None = None
    """Average recall with 100 detections."""
    per_class_AP50: dict[str, float | None] = {}
    """AP at IoU .50 of each class."""
    class_counts: dict[str, ClassCountsEntry] = {}
    """Images and boxes of each class."""


class CodeEntry(JsonObject):
    """The code that did it; a key is absent if nothing was recorded."""

    coralline_version: str = ""
    """The version of the package."""
    git_commit: str = ""
    """The commit; with `+changes` for a modified checkout."""
    git_dirty: str = ""
    """`yes` for a modified checkout, `no`, or `unknown` without one."""
    code_from: str = ""
    """`checkout`, `image` or `wheel`."""
    code_sha256: str = ""
    """SHA-256 over the code's own files."""
    lock_sha256: str = ""
    """SHA-256 of requirements.lock."""


class ErrorDocument(JsonObject):
    """A command failed. It is printed on standard output in place of the command's own document."""

    exit_code: int
    """The process's exit code."""
    error: ErrorEntry
    """What went wrong."""


class RecordedEntry(JsonObject):
    """What ML Metadata knows of a run; a key is absent if it wasn't recorded."""

    AP: float = 0.0
    """Of the file that ships: mean over IoU .50:.05:.95."""
    AP50: float = 0.0
    """At IoU .50."""
    AP75: float = 0.0
    """At IoU .75."""
    images: int = 0
    """How many images it was judged on."""
    split: str = ""
    """The side of the data that they are of."""
    blessed: bool = False
    """Whether it passed every threshold."""
    reasons: list[str] = []
    """What each threshold said."""
    published: str = ""
    """Where its model was published."""
