"""What became of a run's model, as ML Metadata has it: its figures, the verdict, where it was published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from coralline.lineage.lineage_steps import LineageStep
from coralline.lineage.recorded_names import BLESSING, EVALUATION_REPORT, PUSHED_MODEL
from coralline.lineage.recorded_run import Artifact

FIGURES = ("AP", "AP50", "AP75")
"""Names of the figures of a model, as ML Metadata and pages have them."""

_OF_THE_REPORT = (*FIGURES, "images", "split")


def recorded_outcome(made: Sequence[LineageStep]) -> dict[str, Any]:
    """What these steps say of the model: AP, AP50, AP75, images, split, blessed, reasons, published.

    A key is absent if it wasn't recorded.
    """
    known: dict[str, Any] = {}
    for artifact in artifacts_made(made, EVALUATION_REPORT):
        known |= {
            name: value
            for name, value in artifact.properties.items()
            if name in _OF_THE_REPORT and (name not in FIGURES or isinstance(value, int | float))
        }
    for artifact in artifacts_made(made, BLESSING):
        if "blessed" in artifact.properties:
            known["blessed"] = bool(artifact.properties["blessed"])
            known["reasons"] = [line for line in str(artifact.properties.get("reasons", "")).split("\n") if line]
    for artifact in artifacts_made(made, PUSHED_MODEL):
        place = published_place(artifact.properties)
        if artifact.properties.get("pushed") and place:
            known["published"] = place
    return known


def published_place(properties: Mapping[str, Any]) -> str | None:
    """The folder or address of the version that a PushedModel is; None if nothing was published.

    TFX's own Pusher (components/pusher/executor.py, 1.16) writes the version's whole address as the destination.
    """
    folder, version = (str(properties.get(f"pushed_{name}") or "") for name in ("destination", "version"))
    if not folder or not version:
        return None
    return folder if folder.rstrip("/").endswith(f"/{version}") else f"{folder.rstrip('/')}/{version}"


def artifacts_made(made: Iterable[LineageStep], artifact_type: str) -> Iterator[Artifact]:
    """The artifacts of a type that came out of these steps."""
    for step in made:
        for artifacts in step.outputs.values():
            yield from (artifact for artifact in artifacts if artifact.type == artifact_type)


def recorded_in_words(recorded: dict[str, Any]) -> str:
    """ "AP 0.412, AP50 0.801 on 40 test images; blessed; published as /yard/published/2026..."; reasons if refused."""
    parts = []
    if figures := [f"{name} {recorded[name]:.3f}" for name in FIGURES if name in recorded]:
        where = f" on {recorded['images']} {recorded['split']} images" if "images" in recorded else ""
        parts.append(", ".join(figures) + where)
    if "blessed" in recorded:
        why = f" ({'; '.join(recorded['reasons'])})" if recorded["reasons"] else ""  # TFX's Evaluator gives none
        parts.append("blessed" if recorded["blessed"] else f"not blessed{why}")
    if "published" in recorded:
        parts.append(f"published as {recorded['published']}")
    return "; ".join(parts) or "no figures"
