"""A component that its spec describes completely."""

from __future__ import annotations

from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component


class SpecComponent(base_component.BaseComponent):
    """Takes the inputs and parameters of its `SPEC_CLASS` by name, and makes a channel for each output."""

    def __init__(self, **inputs_and_parameters: Any):
        outputs = {name: types.Channel(type=output.type) for name, output in self.SPEC_CLASS.OUTPUTS.items()}
        super().__init__(self.SPEC_CLASS(**inputs_and_parameters, **outputs))
