"""What is done at random to training images: the steps of `data_augmentation_options` that have a setting here.

Defaults are those of object_detection/protos/preprocessor.proto, and what a step does is said in
object_detection/core/preprocessor.py. There, steps run in the order of the file; here in a fixed order.
"""

from __future__ import annotations

from typing import Any

from coralline.od_api.ledger import Leaf, Ledger

_STEPS = "train_config.data_augmentation_options."
# What ssd_random_crop does without operations: the share of images that stay whole.
_SSD_WHOLE = 0.15
_CROPS = {
    "ssd_random_crop": "",
    "random_crop_image": "",
    "ssd_random_crop_fixed_aspect_ratio": "; of any aspect ratio from .5 to 2",
    "ssd_random_crop_pad": "; without padding, which augment.scale below 1 gives",
    "ssd_random_crop_pad_fixed_aspect_ratio": "; of any aspect ratio from .5 to 2, and without padding, which "
    "augment.scale below 1 gives",
    "random_crop_pad_image": "; without padding, which augment.scale below 1 gives",
}
# preprocessor.random_distort_color; its brightness is 32 / 255.
_DISTORTED: dict[str, Any] = {"brightness": 0.1255, "contrast": [0.5, 1.5], "saturation": [0.5, 1.5], "hue": 0.2}
# In the order in which they are done here.
_COLOURS = (
    "random_adjust_brightness", "random_adjust_contrast", "random_adjust_saturation", "random_adjust_hue"
)  # fmt: skip
# The least area of a window: a share of the image here (augmented_image.py), and the one above which windows there are
# so unlike these that turning augment.random_crop on would be another augmentation.
_LEAST_AREA, _LARGE_AREA = 0.1, 0.5
_NEAREST_POLICY = "detection_v0"
_LARGER_POLICIES = ("v1", "v2", "v3")


def carry(ledger: Ledger) -> None:
    """Carries over the steps; a training without a step that flips has no flips here."""
    if not ledger.under("train_config"):
        return
    steps = _Steps(ledger)
    steps.carry_number("random_horizontal_flip", "horizontal_flip", "probability", 0.5)
    if not ledger.under(f"{_STEPS}random_horizontal_flip"):
        ledger.carry("augment.horizontal_flip", 0.0, note="no step of the file flips images")
    steps.carry_number("random_vertical_flip", "vertical_flip", "probability", 0.5)
    steps.carry_range(
        "random_image_scale",
        "scale",
        ("min_scale_ratio", 0.5),
        ("max_scale_ratio", 2.0),
        note="there, what follows scales every image back to one size; here objects come nearer and go farther away",
    )
    _carry_crop(steps)
    _carry_colours(steps)
    _carry_distortion(steps)
    _carry_quality(steps)
    _carry_policy(steps)


class _Steps:
    """The steps of a file, and the settings made of them so far."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self.lines: dict[str, int] = {}

    def leaves(self, step: str) -> list[Leaf]:
        """The fields of a step, or the step itself if it's empty; none if it isn't in the file."""
        return self.ledger.under(f"{_STEPS}{step}")

    def set(self, name: str, value: Any, leaves: list[Leaf], note: str = "") -> None:
        """Gives a setting of `augment` its value, unless another step has."""
        if name in self.lines:
            for leaf in leaves:
                self.ledger.leave(leaf, f"augment.{name} can be set once; line {self.lines[name]} holds")
            return
        self.lines[name] = leaves[0].line
        self.ledger.carry(f"augment.{name}", value, *leaves, note=note)

    def numbers(self, step: str, *fields: tuple[str, float]) -> tuple[list[Leaf], list[float]] | None:
        """Fields of a step, each with its default; the step's first stands for those that aren't in the file.

        None if the step isn't in the file or one of them is not a number.
        """
        leaves, values = [], []
        for field, default in fields:
            path = f"{_STEPS}{step}.{field}"
            number = self.ledger.number(path)
            if number is None and self.ledger.first(path) is not None:
                return None
            leaves += [number[0]] if number else []
            values.append(number[1] if number else default)
        leaves = leaves or self.leaves(step)[:1]
        return (leaves, values) if leaves else None

    def carry_number(self, step: str, name: str, field: str, default: float, note: str = "") -> None:
        found = self.numbers(step, (field, default))
        if found:
            self.set(name, found[1][0], found[0], note)

    def carry_range(
        self, step: str, name: str, least: tuple[str, float], greatest: tuple[str, float], note: str = ""
    ) -> None:
        found = self.numbers(step, least, greatest)
        if found:
            self.set(name, found[1], found[0], note)


def _carry_colours(steps: _Steps) -> None:
    brightness, contrast, saturation, hue = (_order_note(steps, step) for step in _COLOURS)
    steps.carry_number("random_adjust_brightness", "brightness", "max_delta", 0.2, brightness)
    steps.carry_range("random_adjust_contrast", "contrast", ("min_delta", 0.8), ("max_delta", 1.25), contrast)
    steps.carry_range("random_adjust_saturation", "saturation", ("min_delta", 0.8), ("max_delta", 1.25), saturation)
    steps.carry_number("random_adjust_hue", "hue", "max_delta", 0.02, hue)


def _order_note(steps: _Steps, step: str) -> str:
    """A note on steps that come before this one in the file but after it here."""
    position = {other: steps.ledger.leaves.index(steps.leaves(other)[0]) for other in _COLOURS if steps.leaves(other)}
    before = [other for other in _COLOURS[_COLOURS.index(step) + 1 :] if step in position and other in position]
    names = [other.removeprefix("random_adjust_") for other in before if position[other] < position[step]]
    return f"there after {' and '.join(names)}, here before" if names else ""


def _carry_crop(steps: _Steps) -> None:
    for step, differs in _CROPS.items():
        leaves = steps.leaves(step)
        if not leaves:
            continue
        areas = [number for leaf in leaves if leaf.path.endswith(".min_area") and (number := _number(leaf)) is not None]
        if areas and min(areas) > _LARGE_AREA:
            why = (
                f"windows there hold {min(areas):g} of the image or more, those of augment.random_crop a tenth or "
                "more: images are left whole; set augment.random_crop if objects may get much larger"
            )
            for leaf in leaves:
                steps.ledger.leave(leaf, why, f"{_STEPS}{step}")
            continue
        whole = [leaf for leaf in leaves if leaf.path.endswith(".random_coef")]
        shares = [number for leaf in whole if (number := _number(leaf)) is not None]
        given = len(leaves) > 1 or leaves[0].value is not None
        default = 0.0 if given or not step.startswith("ssd") else _SSD_WHOLE
        share = 1 - (sum(shares) / len(shares) if shares else default)
        note = f"the window holds .3 or more of an object, and keeps boxes of which a quarter is inside{differs}"
        if areas and min(areas) != _LEAST_AREA:
            note += f"; it's a tenth of the image or more, there {min(areas):g} or more"
        steps.set("random_crop", round(share, 4), whole or leaves[:1], note)


def _number(leaf: Leaf) -> float | None:
    number = leaf.value.number() if leaf.value else None
    return None if number is None else float(f"{number:.7g}")


def _carry_distortion(steps: _Steps) -> None:
    leaves = steps.leaves("random_distort_color")
    if not leaves:
        return
    ordering = steps.ledger.whole(f"{_STEPS}random_distort_color.color_ordering")
    taken = [name for name in _DISTORTED if name in steps.lines]
    free = [name for name in _DISTORTED if name not in steps.lines]
    if not free:
        steps.ledger.leave(leaves[0], "other steps set brightness, contrast, saturation and hue")
    for name in free:
        notes = [f"{', '.join(taken)} of this step gave way to another step's"] if taken and name == free[0] else []
        if name == "contrast" and not (ordering and ordering[1] == 1):
            notes.append("there after saturation and hue, here before")
        steps.set(name, _DISTORTED[name], leaves[:1], "; ".join(notes))


def _carry_quality(steps: _Steps) -> None:
    found = steps.numbers("random_jpeg_quality", ("random_coef", 0), ("min_jpeg_quality", 0), ("max_jpeg_quality", 100))
    if not found:
        return
    leaves, (whole, low, high) = found
    notes = ["the least quality is 1"] if low < 1 else []
    if whole:
        notes.append(f"there, {whole:g} of the images stay as they are; here each is compressed")
    steps.set("jpeg_quality", [max(1, int(low)), int(high)], leaves, "; ".join(notes))


def _carry_policy(steps: _Steps) -> None:
    leaves = steps.leaves("autoaugment_image")
    if not leaves:
        return
    named = steps.ledger.text(f"{_STEPS}autoaugment_image.policy_name") if leaves[0].value else (leaves[0], "v0")
    if named and named[1] == "v0":
        steps.set("policy", _NEAREST_POLICY, [named[0]])
    elif named and named[1] in _LARGER_POLICIES:
        note = f"Model Garden has only v0; {named[1]} adds operations that it lacks"
        steps.set("policy", _NEAREST_POLICY, [named[0]], note)
    elif named:
        steps.ledger.leave(named[0], "there is no such policy; augment.policy names those that are here")
