"""What a person can choose about the data; the configuration's section `data`, as the domain sees it."""

from __future__ import annotations

import dataclasses
import json
from typing import Literal


@dataclasses.dataclass(frozen=True)
class DatasetOptions:
    """How a data set is read. The configuration says what each means and why it has its default."""

    path: str = ""
    label_map: str | None = None
    eval_fraction: float = 0.2
    on_zero_area_box: Literal["fail", "drop"] = "fail"

    @classmethod
    def from_json(cls, text: str) -> DatasetOptions:
        """From the JSON of the configuration's section, as it reaches the component."""
        return cls(**json.loads(text))
