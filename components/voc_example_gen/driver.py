"""The driver of local runs: it puts the content of the data set into the cache key, before the cache is asked."""

from __future__ import annotations

import copy
from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as portable_base_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2

from coralline.data.data_fingerprint import FINGERPRINT_PROPERTY, fingerprint
from coralline.data.data_settings import DataSettings

_SPAN_PROPERTY = "span"


def describe_examples(mlmd_artifact: Any, content: str) -> None:
    """Notes the content on the examples, and the span that TFX's resolvers order by (0: there are no spans)."""
    mlmd_artifact.custom_properties[FINGERPRINT_PROPERTY].string_value = content
    mlmd_artifact.custom_properties[_SPAN_PROPERTY].int_value = 0


class Driver(base_driver.BaseDriver, portable_base_driver.BaseDriver):
    """Adds the fingerprint to the execution's properties, which are hashed into the cache key."""

    def __init__(self, metadata_handle: metadata.Metadata):
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> Any:
        """Overrides the portable driver's; gives a `DriverOutput`."""
        properties = dict(execution_info.exec_properties)
        properties[FINGERPRINT_PROPERTY] = fingerprint(DataSettings.from_property(properties["data"]))
        result = driver_output_pb2.DriverOutput()  # type: ignore[attr-defined]
        for name, value in properties.items():
            data_types_utils.set_metadata_value(result.exec_properties[name], value)
        [examples] = execution_info.output_dict["examples"]
        artifact = copy.deepcopy(examples.mlmd_artifact)
        describe_examples(artifact, properties[FINGERPRINT_PROPERTY])
        result.output_artifacts["examples"].artifacts.append(artifact)
        return result
