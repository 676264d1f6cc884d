"""Writing into a local run's store that the files of artifacts are about to be deleted, and that they are.

TFX reuses what an execution made only while all of it is LIVE (`tfx/orchestration/portable/cache_utils.py`,
`_get_outputs_of_execution`), so an artifact that is marked is never reused, whatever is left of its files.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ml_metadata import MetadataStore, errors
from ml_metadata.proto import metadata_store_pb2 as pb

from coralline.foundation.errors import UserError
from coralline.lineage.deleted_files import DELETED_BY, DELETED_MS, GC


class ArtifactStates:
    """A store that has been opened for reading before: it is one, of the schema version that this ML Metadata has."""

    def __init__(self, store: Path):
        config = pb.ConnectionConfig()
        config.sqlite.filename_uri = str(store)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE
        config.retry_options.max_num_retries = 10
        self._file = store
        try:
            self._store = MetadataStore(config)
        except (errors.StatusError, RuntimeError) as error:
            raise self._refused(error) from error

    def mark(self, artifacts: Sequence[int]) -> None:
        """Says, in one transaction, that their files may be incomplete from now on. Raises UserError."""
        found = self._store.get_artifacts_by_id(list(artifacts))
        for artifact in found:
            artifact.state = pb.Artifact.MARKED_FOR_DELETION
            artifact.custom_properties[DELETED_BY].string_value = GC
        self._write(found)

    def say_deleted(self, artifacts: Sequence[int]) -> None:
        """Says, in one transaction, that their files are gone, and since when. Raises UserError."""
        found = self._store.get_artifacts_by_id(list(artifacts))
        for artifact in found:
            artifact.state = pb.Artifact.DELETED
            artifact.custom_properties[DELETED_MS].int_value = int(time.time() * 1000)
        self._write(found)

    def _write(self, artifacts: Sequence[pb.Artifact]) -> None:
        try:
            self._store.put_artifacts(artifacts)
        except errors.StatusError as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> UserError:
        return UserError(
            "the store of ML Metadata can't be written: no further artifact is deleted",
            file=self._file,
            expected="a file that this user may write, on a disk with a little room",
            found=(str(error).splitlines() or [type(error).__name__])[0],
            fix="mend that and start this again: it goes on where it ended",
        )
