"""The driver of local runs: it puts what is served into the cache key, before the cache is asked."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as portable_base_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import artifact_utils

from components.served_model_importer.executor import VERSION_PROPERTY, replaced_by

_CONTENT_PROPERTY = "served_content"


class ServedContentDriver(base_driver.BaseDriver, portable_base_driver.BaseDriver):
    """Adds version and content to the execution's properties, which are hashed into the cache key."""

    def __init__(self, metadata_handle: metadata.Metadata):
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> Any:
        """Overrides the portable driver's; gives a `DriverOutput`."""
        from coralline.publishing.served_model import content_of

        candidate = artifact_utils.get_single_uri(execution_info.input_dict["tflite_model"])
        properties = dict(execution_info.exec_properties)
        model = replaced_by(candidate, properties["published_at"])
        properties[VERSION_PROPERTY] = "" if model is None else model.version
        properties[_CONTENT_PROPERTY] = content_of(model)
        result = driver_output_pb2.DriverOutput()  # type: ignore[attr-defined]
        for name, value in properties.items():
            data_types_utils.set_metadata_value(result.exec_properties[name], value)
        return result
