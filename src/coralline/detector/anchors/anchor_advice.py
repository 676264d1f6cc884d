"""What helps if a preset's anchors fit the boxes badly: other anchors, a larger input, or both."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator
from typing import Any

from coralline.detector.anchors import anchor_choice, search
from coralline.detector.anchors.anchor_fit import PresetFit
from coralline.detector.presets import PRESETS, Preset

_LARGER = (1.25, 1.5, 2, 3, 4)
_LARGEST_INPUT = 1280
_WORTHWHILE = 0.1
"""Share of the unmatched boxes that may remain for the cheapest remedy to be enough, unless few remain anyway."""
_LOOKED_AT = 5000
"""Boxes that remedies are compared on."""
_NEITHER = "neither a larger input nor other anchors would help much"
_SETTINGS = ("input_size", "anchor_size", "num_scales", "aspect_ratios")


@dataclasses.dataclass(frozen=True)
class Advice:
    """What would help.

    Attributes:
      now: how the boxes fit.
      then: how they would fit; None if nothing would help much.
    """

    now: PresetFit
    then: PresetFit | None

    def settings(self) -> dict[str, Any]:
        """What to set in addition: dotted keys and values."""
        if self.then is None:
            return {}
        now, then, found = self.now.preset, self.then.preset, dict[str, Any]()
        if now.name != then.name:
            found["model.preset"] = then.name
            now = dataclasses.replace(PRESETS[then.name], **_set_beside_the_preset(now))
        changed = {name: getattr(then, name) for name in _SETTINGS if getattr(then, name) != getattr(now, name)}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in changed.items()}
        return found | {f"model.{name}": value for name, value in plain.items()}

    def arguments(self) -> str:
        """The settings for a command line."""
        return " ".join(f"--set {shlex.quote(f'{key}={value}')}" for key, value in self.settings().items())

    def described(self) -> str:
        """The settings in words: `anchor_size 2.2, aspect_ratios 0.8, 1.0, 1.25`."""
        shown = {
            key: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            for key, value in self.settings().items()
        }
        return ", ".join(f"{key.removeprefix('model.')} {value}" for key, value in shown.items())

    def sentence(self) -> str:
        """What to set, what comes of it, and what it costs."""
        if self.then is None:
            remedies = "a larger input would hardly help" if anchor_choice.is_good(self.now.fit) else _NEITHER
            return f"{remedies}; look at these boxes: they are tiny, or long and thin"
        *others, last = (f"{key}: {value}" for key, value in self.settings().items())
        settings = f"{', '.join(others)} and {last}" if others else last
        return f"{settings} {self._outcome(self.then)} ({'; '.join(self._costs(self.then.preset))})"

    def _outcome(self, then: PresetFit) -> str:
        if then.unmatched < self.now.unmatched:
            return f"would leave {then.unmatched}" if then.unmatched else "would match them all"
        return f"would raise the mean best IoU from {self.now.fit.mean_iou:.2f} to {then.fit.mean_iou:.2f}"

    def _costs(self, then: Preset) -> Iterator[str]:
        now = self.now.preset
        if then.name != now.name:
            yield f"its input is of {then.input_size} pixels"
        elif then.input_size != now.input_size:
            yield "its cost grows with the square"
        if then.name == now.name and _anchors(then) != _anchors(now):
            yield _cost_of_anchors(then.anchors_per_cell(), now.anchors_per_cell())

    def as_json(self) -> dict[str, Any]:
        """For `check --json` and report.json."""
        return {
            "sentence": self.sentence(),
            "settings": self.settings(),
            "described": self.described(),
            "arguments": self.arguments(),
            "now": _figures(self.now),
            "then": _figures(self.then) if self.then else None,
        }


def _cost_of_anchors(then: int, now: int) -> str:
    if then == now:
        return f"{then} anchors a cell, as now"
    work = "more work" if then > now else "less work"
    return f"{then} anchors a cell, now {now}: {work} for the head and for post-processing"


def advise(of: PresetFit) -> Advice | None:
    """The cheapest remedy that is enough, else the one that leaves least unmatched.

    Other anchors come first, which cost next to nothing, then larger inputs, each alone and with other anchors. One or
    two outliers are no reason for other anchors. None if boxes fit, or fit loosely and nothing helps.
    """
    fits = anchor_choice.is_good(of.fit)
    if fits and not of.unmatched:
        return None
    # A sample would miss the few unmatched boxes.
    boxes = of.boxes.some(_LOOKED_AT, of.fit.unmatched if fits else None)
    found = _remedy(PresetFit.of(boxes, of.preset), try_anchors=not fits)
    then = PresetFit.of(of.boxes, found) if found else None
    if then and then.unmatched >= of.unmatched and not anchor_choice.is_closer(then.fit, of.fit):
        then = None
    return Advice(of, then) if then or of.unmatched else None


def _remedy(of: PresetFit, try_anchors: bool) -> Preset | None:
    least = None
    for then in _remedies(of, try_anchors):
        if _is_enough(then, of):
            return then.preset
        if least is None or then.unmatched < least.unmatched:
            least = then
    return least.preset if least and least.unmatched <= of.unmatched / 2 else None


def _remedies(of: PresetFit, try_anchors: bool) -> Iterator[PresetFit]:
    """Cheap ones first; other anchors only if they gain something."""
    if try_anchors:
        yield from _with_other_anchors(of, of)
    if not of.unmatched:
        return
    for preset in sorted(_larger(of.preset), key=lambda larger: (larger.input_size, larger.name != of.preset.name)):
        then = PresetFit.of(of.boxes, preset)
        yield then
        if try_anchors and preset.name == of.preset.name:
            yield from _with_other_anchors(of, then)


def _with_other_anchors(of: PresetFit, at_input: PresetFit) -> Iterator[PresetFit]:
    then = PresetFit.of(of.boxes, search.fitting(at_input.preset, at_input.at_input()))
    if anchor_choice.gains(then.fit, of.fit):
        yield then


def _is_enough(then: PresetFit, now: PresetFit) -> bool:
    few = anchor_choice.has_few_unmatched(then.fit) and not anchor_choice.has_few_unmatched(now.fit)
    return few or then.unmatched <= _WORTHWHILE * now.unmatched or anchor_choice.is_closer(then.fit, now.fit)


def _larger(preset: Preset) -> list[Preset]:
    stride = preset.coarsest_stride
    sizes = {-(-int(preset.input_size * factor) // stride) * stride for factor in _LARGER}
    larger = [dataclasses.replace(preset, input_size=size) for size in sizes if size <= _LARGEST_INPUT]
    return larger + [other for other in PRESETS.values() if other.input_size > preset.input_size]


def _anchors(preset: Preset) -> tuple[float, int, tuple[float, ...]]:
    return preset.anchor_size, preset.num_scales, preset.aspect_ratios


def _set_beside_the_preset(preset: Preset) -> dict[str, Any]:
    """What the configuration must have set; a change of the preset doesn't affect it."""
    usual = PRESETS[preset.name]
    return {name: getattr(preset, name) for name in _SETTINGS if getattr(preset, name) != getattr(usual, name)}


def _figures(of: PresetFit) -> dict[str, Any]:
    return {
        "preset": of.preset.name,
        "input_size": of.preset.input_size,
        "anchors_per_cell": of.preset.anchors_per_cell(),
        "unmatched": of.unmatched,
        "mean_best_iou": round(of.fit.mean_iou, 4),
    }
