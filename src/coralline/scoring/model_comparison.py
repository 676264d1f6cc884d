"""Two models on the same images: by how much one is better, and which differences can be told from chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from coralline.scoring.coco import Figures
from coralline.scoring.intervals import Interval
from coralline.scoring.scored_models import FIGURES, ScoredModels

FIGURE_NAMES = {
    "ap": "AP",
    "ap50": "AP50",
    "ap75": "AP75",
    "ap_small": "AP_small",
    "ap_medium": "AP_medium",
    "ap_large": "AP_large",
    "ar100": "AR100",
}
"""What is compared: field of `Figures` -> its key in JSON."""
FIGURE_WORDS = {name: key.replace("_", " ").replace("AR100", "AR") for name, key in FIGURE_NAMES.items()}
"""The same for people; AR is that of 100 detections an image."""


@dataclasses.dataclass(frozen=True)
class FigureDifference:
    """By how much a figure of one model is above that of another.

    Attributes:
      change: on the images as they are; None if either model has no such figure.
      interval: its 95 % interval on images drawn again and again, the same for both; None where fewer than two images
        hold boxes that count.
    """

    change: float | None
    interval: Interval | None

    @property
    def beyond_chance(self) -> bool:
        """Whether all of the interval lies on one side of zero."""
        return self.interval is not None and (self.interval.low > 0 or self.interval.high < 0)

    @property
    def verdict(self) -> str:
        """In a word or two."""
        if self.change is None:
            return ""
        if self.interval is None:
            return "too few images to tell"
        if not self.beyond_chance:
            return "the same" if self.interval.low == self.interval.high == 0 else "may be chance"
        return "better" if self.interval.low > 0 else "worse"

    def as_json(self) -> dict[str, Any]:
        """`{"change", "low", "high", "beyond_chance"}`; null where it isn't known."""
        ends = {"low": None, "high": None} if self.interval is None else self.interval.as_json()
        return {"change": self.change, **ends, "beyond_chance": self.beyond_chance}


@dataclasses.dataclass(frozen=True)
class ModelComparison:
    """A model beside another one, on the same images and the classes that both know.

    Attributes:
      model: path of the other one.
      class_names: the classes that both know.
      figures: of the other one; own: of the model itself, on these classes.
      differences: {field of `Figures`: the model less the other one}.
      per_class: {class's name: that of its AP}.
      all_classes: whether these are all classes of the data.
    """

    model: str
    class_names: tuple[str, ...]
    figures: Figures
    own: Figures
    differences: dict[str, FigureDifference]
    per_class: dict[str, FigureDifference]
    all_classes: bool

    @classmethod
    def of(cls, scored: ScoredModels, name: str, other: str, path: str) -> ModelComparison:
        """Of two of the scored models, both resampled; `path` is the other one's."""
        classes = scored.class_differences(name, other)
        own = scored.on_shared_classes(name, other) or scored.figures[name]
        theirs = scored.on_shared_classes(other, name) or scored.figures[other]
        intervals = scored.differences(name, other)
        return cls(
            path,
            tuple(classes),
            theirs,
            own,
            {of: _difference(getattr(own, of), getattr(theirs, of), intervals[of]) for of in FIGURES},
            {of: _difference(own.per_class[of], theirs.per_class[of], interval) for of, interval in classes.items()},
            len(classes) == len(scored.class_names),
        )

    @property
    def sentence(self) -> str:
        """Which differences can be told from chance."""
        better = self._named(lambda of: of.beyond_chance and of.verdict == "better")
        worse = self._named(lambda of: of.beyond_chance and of.verdict == "worse")
        if not better and not worse:
            told = any(of.interval is not None for of in self.differences.values())
            return (
                "No difference can be told from chance on these images."
                if told
                else "Too few images to tell a difference from chance (two with a box that counts are needed)."
            )
        parts = [f"better in {_listed(better)}"] * bool(better) + [f"worse in {_listed(worse)}"] * bool(worse)
        return f"Beyond chance: {', '.join(parts)}. Every other difference may be chance."

    def as_json(self) -> dict[str, Any]:
        """As `coralline evaluate --json` has it."""
        return {
            "model": self.model,
            "class_names": list(self.class_names),
            "figures": self.figures.as_json(),
            "own_figures": self.own.as_json(),
            "differences": {FIGURE_NAMES[name]: of.as_json() for name, of in self.differences.items()},
            "per_class": {name: of.as_json() for name, of in self.per_class.items()},
            "sentence": self.sentence,
        }

    def _named(self, wanted: Any) -> list[str]:
        figures = [FIGURE_WORDS[name] for name, of in self.differences.items() if wanted(of)]
        classes = [f"'{name}'" for name, of in self.per_class.items() if wanted(of)]
        return figures + (classes if len(self.per_class) > 1 else [])


def _difference(own: float | None, theirs: float | None, interval: Interval | None) -> FigureDifference:
    return FigureDifference(None if own is None or theirs is None else own - theirs, interval)


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 40 else f"{name[:40]}...'" for name in names[:12]]
    return ", ".join(shown) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
