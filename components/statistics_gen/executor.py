"""What StatisticsGen does: TFX's work, then a look at what is there."""

from __future__ import annotations

import os
from typing import Any

from tfx import types
from tfx.components.statistics_gen import executor as tfx_executor
from tfx.types import artifact_utils

from components.beam_engine import EngineExecutor
from components.record_counts import written_records
from coralline.foundation import storage
from coralline.foundation.errors import UserError

_LEFTOVER = "beam-temp-"


class Executor(EngineExecutor, tfx_executor.Executor):
    """TFX's, whose pipeline may run on an engine."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See StatisticsGen.

        Raises:
          UserError: the engine has failed, or the statistics aren't whole.
        """
        super().Do(input_dict, output_dict, exec_properties)
        written = written_records(artifact_utils.get_single_instance(input_dict["examples"]))
        statistics = artifact_utils.get_single_instance(output_dict["statistics"])
        for split in artifact_utils.decode_split_names(statistics.split_names):
            folder = artifact_utils.get_split_uri([statistics], split)
            require_whole(split, os.path.join(folder, tfx_executor.DEFAULT_FILE_NAME), written.get(split))
            _remove_leftovers(folder)


def require_whole(split: str, path: str, records: int | None) -> None:
    """Looks at the statistics of a split.

    Args:
      split: its name.
      path: the file.
      records: how many examples it describes; None: unknown.

    Raises:
      UserError: it isn't there, can't be parsed, or is of another number of examples.
    """
    from google.protobuf.message import DecodeError
    from tensorflow_metadata.proto.v0 import statistics_pb2

    expected = "statistics of every example" if records is None else f"statistics of {records} examples"
    found = ""
    try:
        datasets = statistics_pb2.DatasetFeatureStatisticsList.FromString(storage.read_bytes(path)).datasets
        counted = sum(dataset.num_examples for dataset in datasets)
        if counted == records or (records is None and counted):
            return
        found = f"those of {counted}"
    except FileNotFoundError:
        found = "no file: the runner returned without having run"
    except (OSError, DecodeError) as e:
        found = f"a file that can't be read: {e}"
    raise UserError(
        f"the Beam runner did not make the statistics of split {split}",
        file=path,
        expected=expected,
        found=found,
        fix="use another Beam runner (the direct runner is known to work), or look into its log",
    )


def _remove_leftovers(folder: str) -> None:
    """Attempts that an engine has given up leave files that Beam would have moved here."""
    for name in storage.list_folder(folder):
        if name.startswith(_LEFTOVER):
            storage.remove_tree(f"{folder}/{name}")
