"""Models scored on the same images: figures of each, how far they are chance, and differences on the same draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from coralline.scoring import coco, intervals
from coralline.scoring.coco import Figures, GroundTruth
from coralline.scoring.coco_matches import CocoMatches
from coralline.scoring.intervals import FigureIntervals, Interval, ResampledFigures
from coralline.tflite.detections import Detections

FIGURES = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar100")
"""What a page compares: fields of `Figures` and of `FigureIntervals`."""


@dataclasses.dataclass(frozen=True)
class ScoredModels:
    """What models found in the same images, and what that is worth.

    Attributes:
      ground_truths: one an image.
      class_names: of class ids 0, 1, ...
      detections: {model's name: one an image, in the same order}; boxes normalized to the upright image.
      matches: {model's name: its matches}.
      known: {model's name: the classes that it knows}, of models that don't know all.
      figures: {model's name: its figures, of the classes that it knows}.
      resampled: the figures of some of the models on images drawn again and again.
    """

    ground_truths: Sequence[GroundTruth]
    class_names: Sequence[str]
    detections: Mapping[str, Sequence[Detections]]
    matches: Mapping[str, CocoMatches]
    known: Mapping[str, Sequence[str]]
    figures: Mapping[str, Figures]
    resampled: Mapping[str, ResampledFigures]

    @classmethod
    def of(
        cls,
        ground_truths: Sequence[GroundTruth],
        detections: Mapping[str, Sequence[Detections]],
        class_names: Sequence[str],
        with_intervals: Collection[str],
        known: Mapping[str, Sequence[str]] | None = None,
    ) -> ScoredModels:
        """Scores models.

        Args:
          ground_truths: one an image.
          detections: {model's name: one an image, in the same order}.
          class_names: of class ids 0, 1, ...
          with_intervals: names of the models that get intervals, as far as they are among `detections`.
          known: {model's name: the classes that it knows}, of models that may not know all.
        """
        matches = {name: coco.match_by_coco(ground_truths, found, class_names) for name, found in detections.items()}
        known = {name: of for name, of in (known or {}).items() if name in matches and set(of) < set(class_names)}
        scored = {name: of.of_classes(known[name]) if name in known else of for name, of in matches.items()}
        return cls(
            ground_truths,
            class_names,
            detections,
            matches,
            known,
            {name: coco.figures_of(of) for name, of in scored.items()},
            {name: intervals.resample(scored[name]) for name in with_intervals if name in scored},
        )

    def intervals_of(self, name: str) -> FigureIntervals | None:
        """Of a model's figures; None if it wasn't resampled."""
        resampled = self.resampled.get(name)
        return None if resampled is None else resampled.intervals()

    def on_shared_classes(self, name: str, other: str) -> Figures | None:
        """A model's figures on the classes that another one knows too; None if it knows all of them, or isn't there."""
        shared = self._shared(name, other)
        return None if shared is None or other not in self.matches else coco.figures_of(shared[0])

    def differences(self, name: str, other: str) -> dict[str, Interval | None]:
        """By how much a model is better than another on the same images, of each of `FIGURES`; empty if one is missing.

        If one of them doesn't know every class, on the classes that both know.
        """
        first, second = self.resampled.get(name), self.resampled.get(other)
        if first is None or second is None:
            return {}
        if (shared := self._shared(name, other)) is not None:
            first, second = (intervals.resample(of) for of in shared)
        return {figure: intervals.paired_difference(first, second, figure) for figure in FIGURES}

    def class_differences(self, name: str, other: str) -> dict[str, Interval | None]:
        """The same of the AP of each class that both know."""
        first, second = self.resampled.get(name), self.resampled.get(other)
        if first is None or second is None:
            return {}
        both = [of for of in self.class_names if of in first.per_class and of in second.per_class]
        return {of: intervals.paired_class_difference(first, second, of) for of in both}

    def _shared(self, name: str, other: str) -> tuple[CocoMatches, CocoMatches] | None:
        """The matches of the classes that both know; None if these are all."""
        if name not in self.known and other not in self.known:
            return None
        both = [
            of for of in self.class_names if of in self.known.get(name, (of,)) and of in self.known.get(other, (of,))
        ]
        return self.matches[name].of_classes(both), self.matches[other].of_classes(both)
