"""The `evaluate` section of the configuration."""

from __future__ import annotations

from pydantic import Field

from coralline.foundation.settings_section import SettingsSection

THRESHOLDS = ("min_ap50", "min_ap", "max_loss_to_float", "max_loss_to_baseline")


class EvaluateSettings(SettingsSection):
    """Thresholds of a blessing, AP from 0 to 1 (None switches one off), and what the report shows."""

    min_ap50: float | None = Field(0.3, ge=0, le=1, description="Lowest AP at IoU 0.5 of the int8 file.")
    min_ap: float | None = Field(None, ge=0, le=1, description="Lowest AP (COCO, IoU .50:.95) of the int8 file.")
    max_loss_to_float: float | None = Field(
        0.05, ge=0, le=1, description="How much AP the int8 file may lose against the float model."
    )
    max_loss_to_baseline: float | None = Field(
        0.01,
        ge=0,
        le=1,
        description="How much AP it may lose against the served model: a model is refused if all of the 95 % interval "
        "of the difference, on the same images, lies beyond.",
    )
    explain_loss_above: float = Field(
        0.005,
        ge=0,
        le=1,
        description="Loss of AP against the float or the quantization-aware model from which the report names layers.",
    )
    slice_by: list[str] = Field(
        [],
        description="Features of the examples by whose values TFMA's result is sliced, beside class and size: "
        "`folder`, `image/format` or any other that holds one text or whole number.",
    )
    pictures: int = Field(24, ge=0, description="Pictures with boxes in the report.")

    def thresholds(self) -> dict[str, float | None]:
        """The thresholds by name."""
        return {name: getattr(self, name) for name in THRESHOLDS}
