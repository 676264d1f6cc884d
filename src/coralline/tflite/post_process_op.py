"""The settings of the custom op `TFLite_Detection_PostProcess`, as its kernel reads them.

Source: tensorflow/lite/kernels/detection_postprocess.cc, `Init` (keys and defaults) and `Prepare` (inputs and outputs).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from flatbuffers import flexbuffers

CUSTOM_CODE = "TFLite_Detection_PostProcess"


@dataclasses.dataclass(frozen=True)
class PostProcessing:
    """What the op does with box encodings [1,A,4], class scores [1,A,C or C+1] and anchors [A,4].

    Attributes:
      max_detections: rows of the output.
      score_threshold: rows below it are left out.
      iou_threshold: overlap above which the weaker box is dropped, in (0, 1].
      num_classes: real classes C; if the scores are one wider, their column 0 is background and is ignored.
      box_coder_scales: (y, x, h, w), what the encodings are divided by.
      use_regular_nms: suppression class by class; else each anchor counts with its best class only ("fast").
      max_classes_per_detection: classes reported for one box by the fast way.
      detections_per_class: the most of one class that the regular way keeps.
    """

    max_detections: int
    score_threshold: float
    iou_threshold: float
    num_classes: int
    box_coder_scales: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    use_regular_nms: bool = False
    max_classes_per_detection: int = 1
    detections_per_class: int = 100

    def encode(self) -> bytes:
        """The op's custom options (a FlexBuffer map)."""
        y, x, h, w = (float(scale) for scale in self.box_coder_scales)
        builder = flexbuffers.Builder()
        builder.MapFromElements(
            {
                "max_detections": int(self.max_detections),
                "max_classes_per_detection": int(self.max_classes_per_detection),
                "detections_per_class": int(self.detections_per_class),
                "nms_score_threshold": float(self.score_threshold),
                "nms_iou_threshold": float(self.iou_threshold),
                "num_classes": int(self.num_classes),
                "y_scale": y,
                "x_scale": x,
                "h_scale": h,
                "w_scale": w,
                "use_regular_nms": bool(self.use_regular_nms),
            }
        )
        return bytes(builder.Finish())

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PostProcessing:
        """The settings in `export.json`, which `dataclasses.asdict` wrote."""
        y, x, h, w = values["box_coder_scales"]
        return cls(**{**values, "box_coder_scales": (y, x, h, w)})

    @classmethod
    def decode(cls, custom_options: bytes) -> PostProcessing:
        """The settings in an op's custom options.

        Raises:
          ValueError: it isn't a FlexBuffer map with the keys that the kernel needs.
        """
        try:
            values = flexbuffers.Loads(custom_options)
            return cls(
                max_detections=int(values["max_detections"]),
                score_threshold=float(values["nms_score_threshold"]),
                iou_threshold=float(values["nms_iou_threshold"]),
                num_classes=int(values["num_classes"]),
                box_coder_scales=(
                    float(values["y_scale"]),
                    float(values["x_scale"]),
                    float(values["h_scale"]),
                    float(values["w_scale"]),
                ),
                use_regular_nms=bool(values.get("use_regular_nms", False)),
                max_classes_per_detection=int(values["max_classes_per_detection"]),
                detections_per_class=int(values.get("detections_per_class", 100)),
            )
        except Exception as e:  # the reader trusts offsets: damaged bytes can raise anything
            raise ValueError(f"damaged {CUSTOM_CODE} options: {e}") from e
