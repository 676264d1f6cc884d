"""The `export` section of the configuration."""

from __future__ import annotations

from pydantic import Field

from coralline.foundation.settings_section import SettingsSection


class ExportSettings(SettingsSection):
    """The post-processing of the exported file."""

    max_detections: int | None = Field(
        None, ge=1, le=1000, description="Detections in the output; None: chosen from the data's fullest image."
    )
    score_threshold: float = Field(
        0.01, ge=0, lt=1, description="Detections with lower scores are dropped in the model (AP needs the low ones)."
    )
    iou_threshold: float = Field(
        0.5, gt=0, le=1, description="Overlap from which non-maximum suppression drops the weaker box."
    )
