"""The driver of local runs: a push is reused only while its published version is still there."""

from __future__ import annotations

from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.components.base import base_driver
from tfx.orchestration import metadata
from tfx.orchestration.portable import base_driver as portable_base_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types import standard_artifacts

from components.edgetpu_pusher.publication_report import PAGE
from coralline.foundation import storage
from coralline.foundation.errors import UserError
from coralline.publishing import published

_REFUSED_FOR_NOW = ("rollback", "baseline")


class Driver(base_driver.BaseDriver, portable_base_driver.BaseDriver):
    """Marks outdated pushes as deleted in ML Metadata before the cache is looked up.

    A push is outdated if its version or its report has been deleted, or if it was refused because of a rollback, which
    may have been taken back, or because another model was served than the one that it was judged against, which may be
    served again. TFX doesn't reuse executions with an output that isn't live.
    """

    def __init__(self, metadata_handle: metadata.Metadata):
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_base_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> Any:
        """Overrides the portable driver's; gives an empty `DriverOutput`."""
        push_to = execution_info.exec_properties["push_to"]
        with self._mlmd_connection as handle:
            gone = [
                artifact
                for artifact in handle.store.get_artifacts_by_type(standard_artifacts.PushedModel.TYPE_NAME)
                if artifact.state == metadata_store_pb2.Artifact.LIVE and _is_gone(artifact, push_to)
            ]
            for artifact in gone:
                artifact.state = metadata_store_pb2.Artifact.DELETED
            handle.store.put_artifacts(gone)
        return driver_output_pb2.DriverOutput()  # type: ignore[attr-defined]


def _is_gone(artifact: Any, push_to: str) -> bool:
    """Raises UserError if it can't be known: that an address can't be read for a moment makes no push outdated."""
    properties = artifact.custom_properties
    if properties["pushed_destination"].string_value != push_to:
        return False
    page = f"{artifact.uri}/report/{PAGE}"
    try:
        has_report = storage.exists(page)
    except OSError as e:
        fix = "the same command goes on from here once it can be read"
        raise UserError("the report of an earlier run can't be looked for", file=page, found=e, fix=fix) from e
    if not has_report or properties["refused_by"].string_value in _REFUSED_FOR_NOW:
        return True
    if not properties["pushed"].int_value:
        return False
    version = properties["pushed_version"].string_value
    return published.latest_bundle(push_to) is None or not published.is_whole(push_to, version)
